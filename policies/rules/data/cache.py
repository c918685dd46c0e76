"""ElastiCache: a site's cache and sessions, read by nobody else and there when a node is not."""

from __future__ import annotations

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.private_subnets import in_subnet_group
from policies.generated.aws_types import elasticache
from policies.model.expectations import accepted, at_least, is_, is_not, is_set, require
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

# What a cache holds is stale within hours, so FSBP's own one day is enough, where the catalogue of a database asks 7.
_BACKUP_DAYS = 1
_REPLICATED = frozenset({"redis", "valkey"})


def _check_in_transit(cache: Resource, _: Config) -> Findings:
    yield from is_(cache, "transitEncryptionEnabled", True)
    yield from accepted(
        cache,
        "transitEncryptionMode",
        cache.properties.read("transitEncryptionMode"),
        lambda mode: mode == "required",
        "transitEncryptionMode required",
        # AWS's default; "preferred" takes connections without TLS too.
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
            # A replication group's own members carry its id, and no engine.
            yield Violation(
                resource=cluster,
                has=f"a single {engine} node, without TLS, token or replica",
                must="a replication group in its place",
            )
        case Unknown():
            yield Undecided(resource=cluster, path="engine")


CACHE_AT_REST = ResourceRule(
    id="cache-at-rest",
    severity=Severity.HIGH,
    why="Sessions and customers' data are in the cache's snapshots and on its disks when it swaps.",
    fix="set at_rest_encryption_enabled=True; changing it replaces the cache.",
    sources=Sources(fsbp=("ElastiCache.4",), pci=("3.5.1",)),
    applies_to=(elasticache.ReplicationGroup,),
    check=require("atRestEncryptionEnabled", True),
)

CACHE_IN_TRANSIT = ResourceRule(
    id="cache-in-transit",
    severity=Severity.HIGH,
    why="A session that is read on its way is a shopper's or an administrator's login.",
    fix='set transit_encryption_enabled=True, and leave transit_encryption_mode out or "required".',
    sources=Sources(fsbp=("ElastiCache.5",), pci=("4.2.1",)),
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_in_transit,
)

CACHE_AUTH = ResourceRule(
    id="cache-auth",
    severity=Severity.MEDIUM,
    why="Without a token every server that the network lets through may read and empty the cache.",
    fix="set auth_token to a secret, such as a RandomPassword's result, or user_group_ids.",
    sources=Sources(fsbp=("ElastiCache.6",)),
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_auth,
)

CACHE_FAILOVER = ResourceRule(
    id="cache-failover",
    severity=Severity.MEDIUM,
    why="A shop whose cache is gone logs everybody out, and its database takes ten times the queries.",
    fix="set automatic_failover_enabled=True, multi_az_enabled=True and num_cache_clusters of 2 or more.",
    sources=Sources(fsbp=("ElastiCache.3",)),
    production_only=True,
    applies_to=(elasticache.ReplicationGroup,),
    check=_check_failover,
)

CACHE_PRIVATE_SUBNETS = StackRule(
    id="cache-private-subnets",
    severity=Severity.HIGH,
    why="A cache in the default subnet group is wherever the account's default network is, which may be public.",
    fix="name an elasticache.SubnetGroup of private subnets in subnet_group_name.",
    sources=Sources(fsbp=("ElastiCache.7",), pci=("1.3.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(elasticache.ReplicationGroup, elasticache.Cluster),
    check=_check_subnets,
)

CACHE_BACKUP = ResourceRule(
    id="cache-backup",
    severity=Severity.MEDIUM,
    why="Sessions are in the cache alone: without a snapshot a lost cluster empties every cart.",
    fix="set snapshot_retention_limit to the days of the policy's config or more.",
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
    why="Minor versions mend what attackers already know, and nobody plans a window for each.",
    fix="leave auto_minor_version_upgrade out, or set it to True: it happens in the maintenance window.",
    sources=Sources(fsbp=("ElastiCache.2",), pci=("6.3.3",)),
    applies_to=(elasticache.ReplicationGroup, elasticache.Cluster),
    check=_check_minor,
)

CACHE_NO_SINGLE_NODE = ResourceRule(
    id="cache-no-single-node",
    severity=Severity.HIGH,
    why="An elasticache.Cluster of Redis or Valkey has neither encryption at rest nor a token, and never a replica.",
    fix="make it an elasticache.ReplicationGroup, which may have one node too.",
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
