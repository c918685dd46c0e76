"""Who may knock at the gateway."""

from __future__ import annotations

from ipaddress import ip_network

from pulumi_policy import Severity

from policies.aws.ingress import Ingress, ingress_of
from policies.engine.allow_list import SCHEMA, AllowList, Network, holds, is_private, merged
from policies.generated.aws_types import ec2
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, Sources, StackRule, Undecided, Violation

GATEWAY = "gateway"
"""The ``System`` tag of the gateway's security groups."""


def _check_gateways(group: Resource, stack: Stack, config: Config) -> Findings:
    match group.properties.read("tags", "System"):
        case Known(value) if value == GATEWAY:
            yield from _check_gateway(stack, group, AllowList.from_config(config))
        case Unknown():
            yield Undecided(resource=group, path="tags.System")


def _check_gateway(stack: Stack, group: Resource, allowed: AllowList) -> Findings:
    public: list[Network] = []
    for rule in ingress_of(stack, group):
        if rule.prefix_lists:
            yield Violation(
                resource=rule.declared_by,
                has=f"a prefix list in {rule.at('prefixListId')}, which hides the addresses that it admits",
                must="each admitted range spelled out",
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
                has=f"rules that together admit {network}{_parts(network, public)}",
                must=f"no range wider than /{allowed.minimum_prefix(network)}",
            )


def _check_listed(rule: Ingress, network: Network, allowed: AllowList) -> Findings:
    if objection := allowed.objection(network):
        yield Violation(
            resource=rule.declared_by,
            has=f"a rule that admits {network}, which {objection}",
            must="only private ranges and ranges of the allow list whose permission still holds",
            part=str(network),
        )


def _parts(whole: Network, networks: list[Network]) -> str:
    parts = sorted({str(each) for each in networks if holds(whole, each)})
    return "" if parts == [str(whole)] else f" (as {' and '.join(parts)})"


GATEWAY_INGRESS_ALLOW_LISTED = StackRule(
    id="gateway-ingress-allow-listed",
    severity=Severity.CRITICAL,
    why="Behind the gateway are a Windows server's SMB, RDP and FTP, so only addresses that somebody vouches for pass.",
    fix="admit the partner's own range, and list it in the policy's config with cidr, owner, reason and expires; "
    "neighbouring ranges count as one.",
    sources=Sources(fsbp=("EC2.13", "EC2.14", "EC2.18", "EC2.19"), cis=("6.3", "6.4"), pci=("1.2.8", "1.3.1", "1.4.2")),
    applies_to=(ec2.SecurityGroup,),
    check=_check_gateways,
    config_schema=SCHEMA,
)

RULES = (GATEWAY_INGRESS_ALLOW_LISTED,)
