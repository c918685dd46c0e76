"""How a security group's rules are written: few ports, a description, and no inline lists."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.data_stores import DATA_STORES, groups_of
from policies.aws.ingress import STANDALONE, Ingress, declared_ingress
from policies.aws.ip_ranges import INTERNET
from policies.generated.aws_types import ec2, vpc
from policies.model.expectations import accepted, within
from policies.model.properties import Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, ResourceRule, Sources, StackRule, Undecided, Violation

# The widest range of the platform: the passive ports of an FTP server, 2048 to 4096.
_MOST_PORTS = 2049
# What the SDK writes where the program says nothing.
_NO_DESCRIPTION = frozenset({"", "Managed by Pulumi"})


def _check_ports(resource: Resource, config: Config) -> Findings:
    most = int(config.get("most_ports", _MOST_PORTS))
    for rule in declared_ingress(Stack(()), resource):
        if (rule.cidrs or rule.prefix_lists) and not rule.has_no_ports:
            yield from _check_range(rule, most)


def _check_range(rule: Ingress, most: int) -> Findings:
    expected = f"a protocol and at most {most} ports"
    if rule.is_of_any_protocol:
        got = "an ingress rule for all ports of all protocols"
        yield Violation(resource=rule.declared_by, got=got, expected=expected, part=rule.at("protocol"))
        return
    match rule.protocol, rule.from_port, rule.to_port:
        case Known(), Known(first), Known(last):
            if last - first + 1 > most:
                got = f"an ingress rule for ports {first} to {last}"
                yield Violation(resource=rule.declared_by, got=got, expected=expected, part=rule.at("fromPort"))
        case readings:
            if any(isinstance(each, Unknown) for each in readings):
                yield Undecided(resource=rule.declared_by, path=rule.at("fromPort"))


def _check_description(resource: Resource, _: Config) -> Findings:
    yield from _described(resource, "description", resource.properties.read("description"))
    for name in ("ingress", "egress"):
        for index, rule in enumerate(resource.properties.each(name)):
            yield from _described(resource, f"{name}[{index}].description", within(rule, "description"))


def _described(resource: Resource, path: str, reading: Reading) -> Findings:
    yield from accepted(
        resource, path, reading, lambda text: text not in _NO_DESCRIPTION, "a text that says what it is for"
    )


def _check_inline(group: Resource, _: Config) -> Findings:
    for name in ("ingress", "egress"):
        # An unknown list is still a list.
        if any(True for _ in group.properties.each(name)):
            yield Violation(
                resource=group, got=f"inline rules in {name}", expected="a resource for each rule", part=name
            )


def _check_egress(store: Resource, stack: Stack, _: Config) -> Findings:
    for group in groups_of(store):
        for resource, path, reading in _egress_ranges(stack, group):
            match reading:
                case Known(value) if value in INTERNET:
                    yield Violation(
                        resource=resource,
                        got=f"an egress rule to {value} for {store}",
                        expected="no egress to the internet",
                        part=path,
                    )
                case Unknown():
                    yield Undecided(resource=resource, path=path)


def _egress_ranges(stack: Stack, group: Resource) -> Iterator[tuple[Resource, str, Reading]]:
    """Each range that a group's egress rules allow, in all three ways to write one."""
    for index, element in enumerate(group.properties.each("egress")):
        for reading in _listed(element):
            yield group, f"egress[{index}].cidrBlocks", reading
    for rule in stack.from_origin(ec2.SecurityGroupRule, "securityGroupId", group):
        if rule.properties.read("type") != Known("ingress"):
            for reading in _listed(Known(rule.properties)):
                yield rule, "cidrBlocks", reading
    for rule in stack.from_origin(vpc.SecurityGroupEgressRule, "securityGroupId", group):
        for name in ("cidrIpv4", "cidrIpv6"):
            yield rule, name, rule.properties.read(name)


def _listed(element: Reading) -> Iterator[Reading]:
    match element:
        case Known(Properties() as rule):
            yield from rule.each("cidrBlocks")
            yield from rule.each("ipv6CidrBlocks")
        case Unknown():
            yield element


SG_NO_ALL_PROTOCOLS = ResourceRule(
    id="sg-no-all-protocols",
    severity=Severity.HIGH,
    why="A rule for all ports also opens every service that is installed later.",
    fix="set the protocol and the ports of the service.",
    sources=Sources(fsbp=("EC2.18",), cis=("6.3",), pci=("1.2.5", "1.3.1")),
    applies_to=(ec2.SecurityGroup, *STANDALONE),
    check=_check_ports,
    config_schema=PolicyConfigSchema(
        properties={"most_ports": {"type": "integer", "default": _MOST_PORTS, "minimum": 1, "maximum": 65536}}
    ),
)

SG_NO_INLINE_RULES = ResourceRule(
    id="sg-no-inline-rules",
    severity=Severity.MEDIUM,
    why="Inline rules and rules that are resources delete each other: every update removes what the last one added.",
    fix="leave ingress and egress out, and add a vpc.SecurityGroupIngressRule or SecurityGroupEgressRule for each "
    "rule.",
    sources=Sources(other="Pulumi's page of ec2.SecurityGroup"),
    applies_to=(ec2.SecurityGroup,),
    check=_check_inline,
)

SG_DESCRIBED = ResourceRule(
    id="sg-described",
    severity=Severity.LOW,
    why="A rule without a description is never removed, because its purpose is not known.",
    fix="say in description who needs the rule and for what.",
    sources=Sources(other="AWS Well-Architected, Security Pillar, SEC05"),
    applies_to=(ec2.SecurityGroup, *STANDALONE, vpc.SecurityGroupEgressRule),
    check=_check_description,
)

# Not for servers, as some standards ask: the file server installs its packages when it starts.
DATA_STORE_NO_EGRESS = StackRule(
    id="data-store-no-egress",
    severity=Severity.MEDIUM,
    why="An intruder in a database cannot send its data to the internet if its security group has no egress.",
    fix="leave open_egress of the data store's SecurityGroup False.",
    sources=Sources(pci=("1.3.2",)),
    applies_to=DATA_STORES,
    check=_check_egress,
)

RULES = (SG_NO_ALL_PROTOCOLS, SG_NO_INLINE_RULES, SG_DESCRIBED, DATA_STORE_NO_EGRESS)
