"""Which tier may reach which: each tier is reached only by the one before it, of the same site."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.data_stores import groups_of, path_of_groups
from policies.aws.ingress import Ingress, ingress_of
from policies.aws.ip_ranges import IpRange, holds
from policies.generated.aws_types import ec2, elasticache, elasticbeanstalk, opensearch, rds
from policies.model.expectations import spelled
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, Sources, StackRule, Undecided, Violation
from policies.rules.systems import (
    FILE_SERVER,
    GATEWAY,
    LOAD_BALANCER,
    PHP_MY_ADMIN,
    RUNDECK,
    SITE,
    SITE_DATABASE,
    VPN_SERVER,
    WINDOWS,
)

_WEB_PORTS = (80, 443)

_ADMINISTRATION = {PHP_MY_ADMIN: (VPN_SERVER,), RUNDECK: (VPN_SERVER,), WINDOWS: (VPN_SERVER, GATEWAY)}
"""Which systems may reach the tools of administration."""


@dataclass(frozen=True, kw_only=True)
class _AllowedSources:
    """Security groups of these systems in the same environment, and addresses of these ranges.
    ``ranges`` is None if another rule checks the addresses."""

    expected: str
    systems: Collection[str]
    ranges: tuple[IpRange, ...] | None = field(default=())

    def check(self, group: Resource, rules: Iterable[Ingress]) -> Findings:
        for rule in rules:
            for source in rule.groups:
                yield from self._check_group(group, rule, source)
            for reading in rule.other_groups:
                yield from self._refuse(rule, reading, "securityGroup", "security group {} of another stack")
            if self.ranges is not None:
                for reading in rule.cidrs:
                    if not self._is_in_range(reading):
                        yield from self._refuse(rule, reading, "cidr", "{}")
                for reading in rule.prefix_lists:
                    yield from self._refuse(rule, reading, "prefixListId", "prefix list {}")

    def _check_group(self, group: Resource, rule: Ingress, source: Resource) -> Findings:
        system = source.properties.read("tags", "System")
        environments = [each.properties.read("tags", "Environment") for each in (group, source)]
        if any(isinstance(each, Unknown) for each in (system, *environments)):
            yield Undecided(resource=source, path="tags")
        elif not (isinstance(system, Known) and system.value in self.systems) or environments[0] != environments[1]:
            yield Violation(
                resource=rule.declared_by,
                got=f"an ingress rule into {group} from {source}",
                expected=self.expected,
                part=f"from {source.name}",
            )

    def _is_in_range(self, reading: Reading) -> bool:
        match reading:
            case Known(value):
                return any(holds(each, ip_network(value, strict=False)) for each in self.ranges or ())
        return False

    def _refuse(self, rule: Ingress, reading: Reading, name: str, what: str) -> Findings:
        match reading:
            case Known(value):
                got = f"an ingress rule from {what.format(value)}"
                yield Violation(resource=rule.declared_by, got=got, expected=self.expected, part=rule.at(name))
            case Unknown():
                yield Undecided(resource=rule.declared_by, path=rule.at(name))


def _check_database(database: Resource, stack: Stack, config: Config) -> Findings:
    system = database.properties.read("tags", "System")
    if isinstance(system, Unknown):
        yield Undecided(resource=database, path="tags.System")
        return
    clients = {
        each["client"]
        for each in config.get("clients", ())
        if (each["stack"], Known(each["database"])) == (database.stack, system)
    }
    if system == Known(SITE_DATABASE):
        clients.add(SITE)
    allowed = _AllowedSources(
        expected=f"security groups of {_listed(clients)} in the same environment",
        systems=clients,
        ranges=None,  # rds-private-ingress checks ranges, and that the database has a group.
    )
    for group in groups_of(database):
        yield from allowed.check(group, ingress_of(stack, group))


def _check_store(store: Resource, stack: Stack, _: Config) -> Findings:
    groups = groups_of(store)
    # A cluster that belongs to a replication group has that one's groups.
    if not groups and store.properties.read("replicationGroupId") in (Absent(), Known("")):
        yield Violation(
            resource=store,
            got=f"no security group of this stack in {spelled(path_of_groups(store))}",
            expected="one",
        )
    for group in groups:
        yield from _OF_SITE.check(group, ingress_of(stack, group))


def _check_files(group: Resource, stack: Stack, _: Config) -> Findings:
    match group.properties.read("tags", "System"):
        case Known(system) if system == FILE_SERVER:
            yield from _OF_SITE.check(group, ingress_of(stack, group))
        case Unknown():
            yield Undecided(resource=group, path="tags.System")


def _check_web(environment: Resource, stack: Stack, _: Config) -> Findings:
    # Only the origins of the whole list of settings are known. An environment that names no group gets one from
    # Beanstalk that allows only the load balancer.
    for group in environment.origin("settings", ec2.SecurityGroup):
        if group.tag("System") != LOAD_BALANCER:
            for rule in ingress_of(stack, group):
                is_web = any(rule.covers(port) for port in _WEB_PORTS)
                yield from (_OF_BALANCER if is_web else _OF_BALANCER_OR_GATEWAY).check(group, (rule,))


def _check_administration(group: Resource, stack: Stack, _: Config) -> Findings:
    match group.properties.read("tags", "System"):
        case Known(system) if system in _ADMINISTRATION:
            allowed = _AllowedSources(
                expected=f"security groups of {_listed(_ADMINISTRATION[system])}, or networks behind the VPN links",
                systems=_ADMINISTRATION[system],
                ranges=tuple(_behind_links(stack)),
            )
            yield from allowed.check(group, ingress_of(stack, group))
        case Unknown():
            yield Undecided(resource=group, path="tags.System")


def _behind_links(stack: Stack) -> Iterator[IpRange]:
    for route in stack.of_type(ec2.VpnConnectionRoute):
        match route.properties.read("destinationCidrBlock"):
            case Known(value):
                yield ip_network(value, strict=False)


def _listed(systems: Collection[str]) -> str:
    return " or ".join(sorted(systems)) or "no system"


_OF_SITE = _AllowedSources(expected="security groups of the site's own instances", systems=(SITE,))
_OF_BALANCER = _AllowedSources(
    expected="security groups of the environment's own load balancers", systems=(LOAD_BALANCER,)
)
_OF_BALANCER_OR_GATEWAY = _AllowedSources(
    expected="security groups of load balancers or of the gateway", systems=(LOAD_BALANCER, GATEWAY)
)

DB_INGRESS_ONLY_OWN_SITE = StackRule(
    id="db-ingress-only-own-site",
    severity=Severity.CRITICAL,
    why="An intruder in one application must not be able to reach the database of another.",
    fix="allow only the application's own security group; satellites may reach the shared database, and phpMyAdmin the "
    "databases that php_my_admin.databases names in the stack file.",
    sources=Sources(pci=("1.3.1", "1.4.4", "7.2.1")),
    applies_to=(rds.Instance,),
    check=_check_database,
    config_schema=PolicyConfigSchema(
        properties={
            "clients": {
                "type": "array",
                "default": [],
                "items": {
                    "type": "object",
                    "required": ["stack", "database", "client"],
                    "additionalProperties": False,
                    "properties": {name: {"type": "string"} for name in ("stack", "database", "client")},
                },
            }
        }
    ),
)

CACHE_INGRESS_ONLY_OWN_SITE = StackRule(
    id="cache-ingress-only-own-site",
    severity=Severity.HIGH,
    why="The cache holds the sessions of all logged-in users, behind one shared password.",
    fix="name only the security groups of the site's front and back office in clients of the cache's placement.",
    sources=Sources(fsbp=("EC2.18",), cis=("6.3",), pci=("1.3.1", "1.4.4")),
    applies_to=(elasticache.ReplicationGroup, elasticache.Cluster),
    check=_check_store,
)

SEARCH_INGRESS_ONLY_OWN_SITE = StackRule(
    id="search-ingress-only-own-site",
    severity=Severity.HIGH,
    why="The search domain holds the whole catalogue behind one shared password, so only the site's own servers may "
    "reach it.",
    fix="name only the security groups of the site's front and back office in clients of the domain's placement.",
    sources=Sources(fsbp=("EC2.18",), pci=("1.3.1", "1.4.4")),
    applies_to=(opensearch.Domain,),
    check=_check_store,
)

NFS_INGRESS_ONLY_WEB = StackRule(
    id="nfs-ingress-only-web",
    severity=Severity.HIGH,
    why="NFS does not authenticate its clients, and the shop serves the files that they write.",
    fix="name only the security groups of the site's front and back office in clients of NfsServerArgs.",
    sources=Sources(cis=("6.1.2",), pci=("1.3.1",)),
    applies_to=(ec2.SecurityGroup,),
    check=_check_files,
)

WEB_INGRESS_ONLY_LOAD_BALANCER = StackRule(
    id="web-ingress-only-load-balancer",
    severity=Severity.HIGH,
    why="A request that bypasses the load balancer also bypasses TLS, access logs and the maintenance hold.",
    fix="allow only the load balancer's security group, with the tag System load-balancer, and for FTP the gateway's.",
    sources=Sources(fsbp=("EC2.18",), pci=("1.3.1", "1.4.2")),
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_web,
)

ADMIN_TOOLS_ONLY_VPN = StackRule(
    id="admin-tools-only-vpn",
    severity=Severity.HIGH,
    why="phpMyAdmin, Rundeck and Remote Desktop give access to everything behind one password, so only the VPN may "
    "reach them.",
    fix="allow only the VPN server's security group or a network behind a VPN link; for Windows also the gateway's "
    "group.",
    sources=Sources(fsbp=("EC2.18", "EC2.19"), cis=("6.1.2", "6.3"), pci=("1.3.1", "1.4.2")),
    applies_to=(ec2.SecurityGroup,),
    check=_check_administration,
)

RULES = (
    DB_INGRESS_ONLY_OWN_SITE,
    CACHE_INGRESS_ONLY_OWN_SITE,
    SEARCH_INGRESS_ONLY_OWN_SITE,
    NFS_INGRESS_ONLY_WEB,
    WEB_INGRESS_ONLY_LOAD_BALANCER,
    ADMIN_TOOLS_ONLY_VPN,
)
