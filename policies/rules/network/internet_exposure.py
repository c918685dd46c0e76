"""What the internet may reach: which ports may be open to everyone, and how wide a public range may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.ingress import STANDALONE, Ingress, declared_ingress, group_of, ingress_of
from policies.aws.ip_ranges import IpRange, is_private, merged
from policies.generated.aws_types import ec2
from policies.model.properties import Absent, Known, Reading
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, Sources, StackRule, Undecided, Violation
from policies.rules.network.allow_list import MINIMUM_PREFIXES, AllowList
from policies.rules.systems import GATEWAY, LOAD_BALANCER, VPN_SERVER

# By the ``System`` tag of the security group.
_OPEN = [
    {"system": LOAD_BALANCER, "protocol": "tcp", "ports": [80, 443]},
    {"system": VPN_SERVER, "protocol": "udp", "ports": [1194]},
]
_OPEN_SCHEMA: dict[str, Any] = {
    "open": {
        "type": "array",
        "default": _OPEN,
        "items": {
            "type": "object",
            "required": ["system", "protocol", "ports"],
            "additionalProperties": False,
            "properties": {
                "system": {"type": "string"},
                "protocol": {"enum": ["tcp", "udp"]},
                "ports": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}},
            },
        },
    }
}
_PROTOCOL_NUMBERS = {"6": "tcp", "17": "udp"}

# Ports of administration and of data stores, with what they serve.
_ADMINISTRATION = {
    22: "SSH",
    111: "NFS's portmapper",
    139: "SMB",
    445: "SMB",
    2049: "NFS",
    3306: "MySQL",
    3389: "Remote Desktop",
    4440: "Rundeck",
    5985: "Windows Remote Management",
    5986: "Windows Remote Management",
    6379: "the cache",
    9200: "OpenSearch",
}


def _check_open(resource: Resource, stack: Stack, config: Config) -> Findings:
    for rule in _without_open_ports(declared_ingress(stack, resource), resource, config):
        for network in _networks(rule):
            if network is None:
                yield Undecided(resource=resource, path=rule.at("cidr"))
            elif network.prefixlen == 0:
                yield Violation(
                    resource=resource,
                    got=f"an ingress rule for {_ports(rule)} from {network}",
                    expected="a narrower source, or a port that may be open to everyone",
                    part=rule.at("cidr"),
                )
    parts = [each for each in _all_networks(stack, resource, config) if each.prefixlen]
    for network in merged(parts):
        if network.prefixlen == 0:
            yield Violation(
                resource=resource,
                got=f"ingress rules that together allow {network}",
                expected="narrower sources",
                part=str(network),
            )


def _check_width(resource: Resource, stack: Stack, config: Config) -> Findings:
    if _is_gateways(resource):
        return  # gateway-ingress-allow-listed checks the width of its ranges.
    limit = AllowList.from_config(config)
    for rule in _without_open_ports(declared_ingress(stack, resource), resource, config):
        for network in _networks(rule):
            if network is None:
                yield Undecided(resource=resource, path=rule.at("cidr"))
            elif network.prefixlen and not is_private(network) and limit.is_too_wide(network):
                yield _too_wide(resource, network, f"an ingress rule for {network}", limit)
    parts = [
        each for each in _all_networks(stack, resource, config) if not is_private(each) and not limit.is_too_wide(each)
    ]
    for network in merged(parts):
        if limit.is_too_wide(network):
            yield _too_wide(resource, network, f"ingress rules that together allow {network}", limit)


def _too_wide(resource: Resource, network: IpRange, got: str, limit: AllowList) -> Violation:
    expected = f"public ranges of /{limit.minimum_prefix(network)} or narrower"
    return Violation(resource=resource, got=got, expected=expected, part=str(network))


def _check_administration(resource: Resource, stack: Stack, _: Config) -> Findings:
    if _is_gateways(resource):
        return  # It forwards SMB and Remote Desktop, for the sources on its allow list.
    for rule in declared_ingress(stack, resource):
        reached = sorted({name for port, name in _ADMINISTRATION.items() if rule.covers(port)})
        for network in _networks(rule) if reached else ():
            if network is None:
                yield Undecided(resource=resource, path=rule.at("cidr"))
            elif not is_private(network):
                yield Violation(
                    resource=resource,
                    got=f"an ingress rule for {', '.join(reached)} from {network}",
                    expected="the VPN server's security group or a private range as the source",
                    part=rule.at("cidr"),
                )


def _is_gateways(resource: Resource) -> bool:
    group = group_of(resource)
    return group is not None and group.tag("System") == GATEWAY


def _all_networks(stack: Stack, resource: Resource, config: Config) -> Iterator[IpRange]:
    """The ranges that all rules of a group allow; none for a standalone rule, which is a part of its group."""
    if group_of(resource) is resource:
        for rule in _without_open_ports(ingress_of(stack, resource), resource, config):
            yield from filter(None, _networks(rule))


def _without_open_ports(rules: Iterable[Ingress], resource: Resource, config: Config) -> Iterator[Ingress]:
    """The rules without those for ports that may be open to everyone."""
    group = group_of(resource)
    system = group.properties.read("tags", "System") if group else Absent()
    for rule in rules:
        if not any(_is_open_port(rule, system, each) for each in config.get("open", _OPEN)):
            yield rule


def _is_open_port(rule: Ingress, system: Reading, open_ports: Config) -> bool:
    match system, rule.protocol, rule.from_port, rule.to_port:
        case Known(name), Known(protocol), Known(first), Known(last):
            return (
                name == open_ports["system"]
                and _PROTOCOL_NUMBERS.get(str(protocol), protocol) == open_ports["protocol"]
                and all(port in open_ports["ports"] for port in range(int(first), int(last) + 1))
            )
    return False


def _networks(rule: Ingress) -> Iterator[IpRange | None]:
    """The ranges that a rule allows; None for one that is unknown until the update."""
    for reading in rule.cidrs:
        yield ip_network(reading.value, strict=False) if isinstance(reading, Known) else None


def _ports(rule: Ingress) -> str:
    match rule.from_port, rule.to_port:
        case Known(first), Known(last) if not rule.is_of_any_protocol:
            return f"port {first}" if first == last else f"ports {first} to {last}"
    return "all ports"


_WHERE = (ec2.SecurityGroup, *STANDALONE)

SG_NO_OPEN_INGRESS = StackRule(
    id="sg-no-open-ingress",
    severity=Severity.CRITICAL,
    why="Scanners find a port that is open to the internet within minutes, and attack it.",
    fix="allow only the security group or the range that needs the port; only HTTP and HTTPS of a load balancer and "
    "OpenVPN may be open to everyone, by their System tags in the policy's config.",
    sources=Sources(fsbp=("EC2.18",), cis=("6.3", "6.4"), pci=("1.2.8", "1.3.1", "1.4.2")),
    applies_to=_WHERE,
    check=_check_open,
    config_schema=PolicyConfigSchema(properties=_OPEN_SCHEMA),
)

SG_NO_WIDE_RANGE = StackRule(
    id="sg-no-wide-range",
    severity=Severity.HIGH,
    why="A range wider than one organisation's also allows the addresses of its neighbours.",
    fix="allow only the addresses that need it; neighbouring ranges count as one.",
    sources=Sources(fsbp=("EC2.18",), pci=("1.2.8", "1.3.1")),
    applies_to=_WHERE,
    check=_check_width,
    config_schema=PolicyConfigSchema(properties={**_OPEN_SCHEMA, **MINIMUM_PREFIXES}),
)

SG_NO_PUBLIC_ADMINISTRATION = StackRule(
    id="sg-no-public-administration",
    severity=Severity.CRITICAL,
    why="Servers are administered over the VPN or Session Manager, so these ports need not be open to the internet.",
    fix="allow only the VPN server's security group, or remove the rule and use Session Manager.",
    sources=Sources(fsbp=("EC2.13", "EC2.14", "EC2.19"), cis=("6.1.2", "6.3", "6.4"), pci=("1.2.8", "1.3.1")),
    applies_to=_WHERE,
    check=_check_administration,
)

RULES = (SG_NO_OPEN_INGRESS, SG_NO_WIDE_RANGE, SG_NO_PUBLIC_ADMINISTRATION)
