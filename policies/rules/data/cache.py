"""ElastiCache: a site's cache and sessions are encrypted, private, and survive the loss of a node."""

from __future__ import annotations

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.private_subnets import in_subnet_group
from policies.generated.aws_types import elasticache
from policies.model.expectations import accepted, at_least, is_, is_not, is_set, require
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

# A cache is stale within hours, so the one day that FSBP asks is enough.
_BACKUP_DAYS = 1
_REPLICATED = frozenset({"redis", "valkey"})


def _check_in_transit(cache: Resource, _: Config) -> Findings:
    yield from is_(cache, "transitEncryptionEnabled", True)
    yield from accepted(
        cache,
        "transitEncryptionMode",
        cache.properties.read("transitEncryptionMode"),
        lambda mode: mode == "required",
        "required",
        # AWS's default; "preferred" also accepts connections without TLS.
        absent_is_accepted=True,
    )


def _check_auth(cache: Resource, _: Config) -> Findings:
    yield from is_set(cache, "authToken", "authTokenWo", "userGroupIds")


def _check_failover(cache: Resource, _: Config) -> Findings:
    yield from is_(cache, "automaticFailoverEnabled", True)
    yield from is_(cache, "multiAzEnabled", True)
    if cache.properties.read("numNodeGroups") != Absent() or cache.properties.read("replicasPerNodeGroup") != Absent():
        yield from at_least(cache, "replicasPerNodeGroup", 1)
    else:
        yield from at_least(cache, "numCacheClusters", 2)


def _check_subnets(cache: Resource, stack: Stack, _: Config) -> Findings:
    yield from in_subnet_group(stack, cache, "subnetGroupName", elasticache.SubnetGroup)


def _check_backup(cache: Resource, config: Config) -> Findings:
    yield from at_least(cache, "snapshotRetentionLimit", int(config.get("days", _BACKUP_DAYS)))


def _check_minor(cache: Resource, _: Config) -> Findings:
    yield from is_not(cache, "autoMinorVersionUpgrade", False)


def _check_single(cluster: Resource, _: Config) -> Findings:
    match cluster.properties.read("engine"):
        case Known(engine) if engine in _REPLICATED:
            # A member of a replication group has the group's id, and no engine.
            yield Violation(
                resource=cluster,
                got=f"engine={engine}, a single node without TLS, token or replica",
                expected="an elasticache.ReplicationGroup",
            )
        case Unknown():
            yield Undecided(resource=cluster, path="engine")


CACHE_AT_REST = ResourceRule(
    id="cache-at-rest",
    severity=Severity.HIGH,
    why="The cache's snapshots and swap space hold sessions and customers' data.",
    fix="set at_rest_encryption_enabled=True; the change replaces the cache.",
    sources=Sources(fsbp=("ElastiCache.4",), pci=("3.5.1",)),
    applies_to=(elasticache.ReplicationGroup,),
    check=require("atRestEncryptionEnabled", True),
)

CACHE_IN_TRANSIT = ResourceRule(
    id="cache-in-transit",
    severity=Severity.HIGH,
    why="An attacker who reads a session on the network is logged in as that shopper or administrator.",
    fix='set transit_encryption_enabled=True, and leave transit_encryption_mode out or "required".',
    sources=Sources(fsbp=("ElastiCache.5",), pci=("4.2.1",)),
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_in_transit,
)

CACHE_AUTH = ResourceRule(
    id="cache-auth",
    severity=Severity.MEDIUM,
    why="Without a token every server that can connect to the cache can read and empty it.",
    fix="set auth_token to a secret, such as a RandomPassword's result, or user_group_ids.",
    sources=Sources(fsbp=("ElastiCache.6",)),
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_auth,
)

CACHE_FAILOVER = ResourceRule(
    id="cache-failover",
    severity=Severity.MEDIUM,
    why="When the cache fails, all users are logged out and the database gets ten times the queries.",
    fix="set automatic_failover_enabled=True, multi_az_enabled=True and num_cache_clusters of 2 or more.",
    sources=Sources(fsbp=("ElastiCache.3",)),
    production_only=True,
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_failover,
)

CACHE_PRIVATE_SUBNETS = StackRule(
    id="cache-private-subnets",
    severity=Severity.HIGH,
    why="A cache in the default subnet group is in the account's default network, which may be public.",
    fix="set subnet_group_name to an elasticache.SubnetGroup of private subnets.",
    sources=Sources(fsbp=("ElastiCache.7",), pci=("1.3.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(elasticache.ReplicationGroup, elasticache.Cluster),
    check=_check_subnets,
)

CACHE_BACKUP = ResourceRule(
    id="cache-backup",
    severity=Severity.MEDIUM,
    why="Only the cache holds the sessions, so without a snapshot the loss of the cluster empties every cart.",
    fix="set snapshot_retention_limit to the days in the policy's config or more.",
    sources=Sources(fsbp=("ElastiCache.1",), pci=("10.3.3",)),
    production_only=True,
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_backup,
    config_schema=PolicyConfigSchema(
        properties={"days": {"type": "integer", "default": _BACKUP_DAYS, "minimum": 1, "maximum": 35}}
    ),
)

CACHE_MINOR_UPGRADE = ResourceRule(
    id="cache-minor-upgrade",
    severity=Severity.MEDIUM,
    why="Minor versions fix known vulnerabilities, and installing each by hand is forgotten.",
    fix="leave auto_minor_version_upgrade out or set it to True; upgrades run in the maintenance window.",
    sources=Sources(fsbp=("ElastiCache.2",), pci=("6.3.3",)),
    applies_to=(elasticache.ReplicationGroup, elasticache.Cluster),
    check=_check_minor,
)

CACHE_NO_SINGLE_NODE = ResourceRule(
    id="cache-no-single-node",
    severity=Severity.HIGH,
    why="An elasticache.Cluster of Redis or Valkey cannot have encryption at rest, a token or a replica.",
    fix="use an elasticache.ReplicationGroup, which can have one node too.",
    sources=Sources(fsbp=("ElastiCache.3", "ElastiCache.4", "ElastiCache.6")),
    applies_to=(elasticache.Cluster,),
    check=_check_single,
)

RULES = (
    CACHE_AT_REST,
    CACHE_IN_TRANSIT,
    CACHE_AUTH,
    CACHE_FAILOVER,
    CACHE_PRIVATE_SUBNETS,
    CACHE_BACKUP,
    CACHE_MINOR_UPGRADE,
    CACHE_NO_SINGLE_NODE,
)
