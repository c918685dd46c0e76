"""Who may talk to whom: each tier is reached by the one before it, of its own site."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.data_stores import groups_of, path_of_groups
from policies.aws.ingress import Ingress, ingress_of
from policies.engine.allow_list import Network, holds
from policies.generated.aws_types import ec2, elasticache, elasticbeanstalk, opensearch, rds
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, Sources, StackRule, Undecided, Violation
from policies.rules.network.gateway_ingress import GATEWAY

_SITE = "magento"
_LOAD_BALANCER = "load-balancer"
_VPN = "vpn-access"
_FILES = "nfs"
_WEB_PORTS = (80, 443)

# By the ``System`` tags of security groups, which are the rows of the platform.
_SITE_DATABASE = "database"
_ADMINISTRATION = {"phpmyadmin": (_VPN,), "rundeck": (_VPN,), "windows": (_VPN, GATEWAY)}


@dataclass(frozen=True, kw_only=True)
class _Neighbours:
    """Who may come in: security groups of these systems and of the same environment, and addresses of these ranges.
    ``ranges`` is None where another rule has its say on addresses."""

    must: str
    systems: Collection[str]
    ranges: tuple[Network, ...] | None = field(default=())

    def check(self, group: Resource, rules: Iterable[Ingress]) -> Findings:
        for rule in rules:
            for source in rule.groups:
                yield from self._check_group(group, rule, source)
            for reading in rule.other_groups:
                yield from self._refuse(
                    rule, reading, "securityGroup", "the security group {} that is not this stack's"
                )
            if self.ranges is not None:
                for reading in rule.cidrs:
                    if not self._is_in_range(reading):
                        yield from self._refuse(rule, reading, "cidr", "{}")
                for reading in rule.prefix_lists:
                    yield from self._refuse(rule, reading, "prefixListId", "the prefix list {}")

    def _check_group(self, group: Resource, rule: Ingress, source: Resource) -> Findings:
        system = source.properties.read("tags", "System")
        environments = [each.properties.read("tags", "Environment") for each in (group, source)]
        if any(isinstance(each, Unknown) for each in (system, *environments)):
            yield Undecided(resource=source, path="tags")
        elif not (isinstance(system, Known) and system.value in self.systems) or environments[0] != environments[1]:
            yield Violation(
                resource=rule.declared_by,
                has=f"a rule that admits {source} to {group}",
                must=self.must,
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
                has = f"a rule that admits {what.format(value)}"
                yield Violation(resource=rule.declared_by, has=has, must=self.must, part=rule.at(name))
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
    if system == Known(_SITE_DATABASE):
        clients.add(_SITE)
    neighbours = _Neighbours(
        must=f"only security groups of {_listed(clients)}, in its own environment, as sources",
        systems=clients,
        ranges=None,  # Of those, and of a database without a group, rds-private-ingress says what it thinks.
    )
    for group in groups_of(database):
        yield from neighbours.check(group, ingress_of(stack, group))


def _check_store(store: Resource, stack: Stack, _: Config) -> Findings:
    groups = groups_of(store)
    # A cluster of a replication group has the groups of that.
    if not groups and store.properties.read("replicationGroupId") in (Absent(), Known("")):
        yield Violation(
            resource=store,
            has=f"no security group of this stack in {path_of_groups(store)}",
            must="one, whose rules can be judged",
        )
    for group in groups:
        yield from _OF_SITE.check(group, ingress_of(stack, group))


def _check_files(group: Resource, stack: Stack, _: Config) -> Findings:
    match group.properties.read("tags", "System"):
        case Known(system) if system == _FILES:
            yield from _OF_SITE.check(group, ingress_of(stack, group))
        case Unknown():
            yield Undecided(resource=group, path="tags.System")


def _check_web(environment: Resource, stack: Stack, _: Config) -> Findings:
    # Of the settings only the whole list's origins are known; an environment that names no group gets one from
    # Beanstalk, which admits the load balancer alone.
    for group in environment.origin("settings", ec2.SecurityGroup):
        if group.tag("System") != _LOAD_BALANCER:
            for rule in ingress_of(stack, group):
                is_web = any(rule.covers(port) for port in _WEB_PORTS)
                yield from (_OF_BALANCER if is_web else _OF_BALANCER_OR_GATEWAY).check(group, (rule,))


def _check_administration(group: Resource, stack: Stack, _: Config) -> Findings:
    match group.properties.read("tags", "System"):
        case Known(system) if system in _ADMINISTRATION:
            neighbours = _Neighbours(
                must=f"only security groups of {_listed(_ADMINISTRATION[system])} and networks behind the VPN links as "
                "sources",
                systems=_ADMINISTRATION[system],
                ranges=tuple(_behind_links(stack)),
            )
            yield from neighbours.check(group, ingress_of(stack, group))
        case Unknown():
            yield Undecided(resource=group, path="tags.System")


def _behind_links(stack: Stack) -> Iterator[Network]:
    for route in stack.of_type(ec2.VpnConnectionRoute):
        match route.properties.read("destinationCidrBlock"):
            case Known(value):
                yield ip_network(value, strict=False)


def _listed(systems: Collection[str]) -> str:
    return " or ".join(sorted(systems)) or "nobody"


_OF_SITE = _Neighbours(must="only security groups of its own site's instances as sources", systems=(_SITE,))
_OF_BALANCER = _Neighbours(
    must="only security groups of its own environment's load balancers as sources", systems=(_LOAD_BALANCER,)
)
_OF_BALANCER_OR_GATEWAY = _Neighbours(
    must="only security groups of load balancers and of the gateway as sources", systems=(_LOAD_BALANCER, GATEWAY)
)

DB_INGRESS_ONLY_OWN_SITE = StackRule(
    id="db-ingress-only-own-site",
    severity=Severity.CRITICAL,
    why="Whoever takes over one application must not find another's database one connection away.",
    fix="admit the application's own security group; satellites reach the shared database, and phpMyAdmin what "
    "php_my_admin.databases names in the stack file.",
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
    why="The cache holds the sessions of everybody who is logged in, and one password for all of them.",
    fix="name only the security groups of the site's front and back office in clients of the cache's placement.",
    sources=Sources(fsbp=("EC2.18",), cis=("6.3",), pci=("1.3.1", "1.4.4")),
    applies_to=(elasticache.ReplicationGroup, elasticache.Cluster),
    check=_check_store,
)

SEARCH_INGRESS_ONLY_OWN_SITE = StackRule(
    id="search-ingress-only-own-site",
    severity=Severity.HIGH,
    why="The search domain asks its clients for no password: being let in by its security group is all that they need.",
    fix="name only the security groups of the site's front and back office in clients of the domain's placement.",
    sources=Sources(fsbp=("EC2.18",), pci=("1.3.1", "1.4.4")),
    applies_to=(opensearch.Domain,),
    check=_check_store,
)

NFS_INGRESS_ONLY_WEB = StackRule(
    id="nfs-ingress-only-web",
    severity=Severity.HIGH,
    why="NFS believes whoever connects, and what is written to the shares is what the shop serves.",
    fix="name only the security groups of the site's front and back office in clients of NfsServerArgs.",
    sources=Sources(cis=("6.1.2",), pci=("1.3.1",)),
    applies_to=(ec2.SecurityGroup,),
    check=_check_files,
)

WEB_INGRESS_ONLY_LOAD_BALANCER = StackRule(
    id="web-ingress-only-load-balancer",
    severity=Severity.HIGH,
    why="A request that does not come through the load balancer meets no TLS, no log and no maintenance hold.",
    fix="admit the load balancer's security group, tagged System load-balancer, and for FTP the gateway's.",
    sources=Sources(fsbp=("EC2.18",), pci=("1.3.1", "1.4.2")),
    applies_to=(elasticbeanstalk.Environment,),
    check=_check_web,
)

ADMIN_TOOLS_ONLY_VPN = StackRule(
    id="admin-tools-only-vpn",
    severity=Severity.HIGH,
    why="phpMyAdmin, Rundeck and Remote Desktop are a password away from everything: only the VPN's people see them.",
    fix="admit the VPN server's security group or a network behind a VPN link; for Windows the gateway's group too.",
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
