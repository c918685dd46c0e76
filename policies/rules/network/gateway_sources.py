"""Which addresses may reach the gateway: those on its allow list, and no range wider than a /28."""

from __future__ import annotations

from ipaddress import ip_network

from pulumi_policy import Severity

from policies.aws.ingress import Ingress, ingress_of
from policies.aws.ip_ranges import IpRange, holds, is_private, merged
from policies.generated.aws_types import ec2
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, Sources, StackRule, Undecided, Violation
from policies.rules.network.allow_list import EXPECTED, SCHEMA, AllowList
from policies.rules.systems import GATEWAY


def _check_gateways(group: Resource, stack: Stack, config: Config) -> Findings:
    match group.properties.read("tags", "System"):
        case Known(value) if value == GATEWAY:
            yield from _check_gateway(stack, group, AllowList.from_config(config))
        case Unknown():
            yield Undecided(resource=group, path="tags.System")


def _check_gateway(stack: Stack, group: Resource, allowed: AllowList) -> Findings:
    public: list[IpRange] = []
    for rule in ingress_of(stack, group):
        if rule.prefix_lists:
            yield Violation(
                resource=rule.declared_by,
                got=f"a prefix list in {rule.at('prefixListId')}, which hides the addresses that it allows",
                expected="each range in a rule",
            )
        for reading in rule.cidrs:
            match reading:
                case Known(value):
                    network = ip_network(value, strict=False)
                    if not is_private(network):
                        public.append(network)
                        yield from _check_listed(rule, network, allowed)
                case _:
                    yield Undecided(resource=rule.declared_by, path=rule.at("cidr"))
    for network in merged(public):
        if allowed.is_too_wide(network):
            yield Violation(
                resource=group,
                got=f"rules that together allow {network}{_parts(network, public)}",
                expected=f"no range wider than /{allowed.minimum_prefix(network)}",
            )


def _check_listed(rule: Ingress, network: IpRange, allowed: AllowList) -> Findings:
    if objection := allowed.objection(network):
        yield Violation(
            resource=rule.declared_by,
            got=f"an ingress rule for {network}, which {objection}",
            expected=EXPECTED,
            part=str(network),
        )


def _parts(whole: IpRange, networks: list[IpRange]) -> str:
    parts = sorted({str(each) for each in networks if holds(whole, each)})
    return "" if parts == [str(whole)] else f" (as {' and '.join(parts)})"


GATEWAY_INGRESS_ALLOW_LISTED = StackRule(
    id="gateway-ingress-allow-listed",
    severity=Severity.CRITICAL,
    why="The gateway forwards SMB, Remote Desktop and FTP to a Windows server, so only listed addresses may reach it.",
    fix="allow only the partner's range, and list it in gateway.allowed of the stack file with cidr, owner, reason and "
    "expires; neighbouring ranges count as one.",
    sources=Sources(fsbp=("EC2.13", "EC2.14", "EC2.18", "EC2.19"), cis=("6.3", "6.4"), pci=("1.2.8", "1.3.1", "1.4.2")),
    applies_to=(ec2.SecurityGroup,),
    check=_check_gateways,
    config_schema=SCHEMA,
)

RULES = (GATEWAY_INGRESS_ALLOW_LISTED,)
