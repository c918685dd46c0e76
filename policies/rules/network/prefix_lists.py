"""Prefix lists: a rule that names one does not show which addresses it allows, so the list itself is checked."""

from __future__ import annotations

from ipaddress import ip_network

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.ingress import STANDALONE, Ingress, declared_ingress, group_of
from policies.generated.aws_types import ec2
from policies.model.expectations import within
from policies.model.properties import Known, Reading
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, Sources, StackRule, Undecided, Violation
from policies.rules.network.allow_list import EXPECTED, SCHEMA, AllowList
from policies.rules.systems import GATEWAY

_ORIGINS = ("prefixListId", "prefixListIds", "ingress")


def _check(resource: Resource, stack: Stack, config: Config) -> Findings:
    allowed = AllowList.from_config(config)
    if resource.is_a(ec2.ManagedPrefixList):
        for index, entry in enumerate(resource.properties.each("entries")):
            yield from _check_entry(resource, within(entry, "cidr"), f"entries[{index}].cidr", allowed)
        return
    if resource.is_a(ec2.ManagedPrefixListEntry):
        yield from _check_entry(resource, resource.properties.read("cidr"), "cidr", allowed)
        return
    group = group_of(resource)
    if group is not None and group.tag("System") == GATEWAY:
        return  # gateway-ingress-allow-listed accepts no prefix list there.
    for rule in declared_ingress(stack, resource):
        yield from _check_lists(stack, rule, config.get("known_lists", ()))


def _check_entry(resource: Resource, reading: Reading, path: str, allowed: AllowList) -> Findings:
    match reading:
        case Known(value):
            network = ip_network(value, strict=False)
            if objection := allowed.objection(network):
                yield Violation(
                    resource=resource,
                    got=f"{path}={network}, which {objection}",
                    expected=EXPECTED,
                    part=path,
                )
        case _:
            yield Undecided(resource=resource, path=path)


def _check_lists(stack: Stack, rule: Ingress, known_lists: list[str]) -> Findings:
    if any(rule.declared_by.origin(name, ec2.ManagedPrefixList) for name in _ORIGINS):
        return
    arns = [each.properties.read("arn") for each in stack.of_type(ec2.ManagedPrefixList)]
    own = {str(arn.value).rpartition("/")[2] for arn in arns if isinstance(arn, Known)}
    for reading in rule.prefix_lists:
        match reading:
            case Known(list_id) if list_id not in own and list_id not in known_lists:
                yield Violation(
                    resource=rule.declared_by,
                    got=f"{rule.at('prefixListId')}={list_id}, whose ranges this stack does not set",
                    expected="a prefix list of this stack, or one in known_lists of the policy's config",
                    part=rule.at("prefixListId"),
                )
            case Known():
                continue
            case _:
                yield Undecided(resource=rule.declared_by, path=rule.at("prefixListId"))


PREFIX_LISTS_ALLOW_LISTED = StackRule(
    id="prefix-lists-allow-listed",
    severity=Severity.HIGH,
    why="A range that is added to a prefix list later is allowed at once, and no other rule checks it.",
    fix="put only private ranges and ranges of the allow list into the prefix list; name a list of AWS's, such as "
    "CloudFront's, in known_lists of the policy's config.",
    sources=Sources(fsbp=("EC2.18",), pci=("1.2.8", "1.3.1")),
    applies_to=(ec2.ManagedPrefixList, ec2.ManagedPrefixListEntry, ec2.SecurityGroup, *STANDALONE),
    check=_check,
    config_schema=PolicyConfigSchema(
        properties={
            "allowed": SCHEMA.properties["allowed"],
            "known_lists": {"type": "array", "default": [], "items": {"type": "string"}},
        }
    ),
)

RULES = (PREFIX_LISTS_ALLOW_LISTED,)
