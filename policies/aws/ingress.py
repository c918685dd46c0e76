"""Reads the ingress rules of a security group, in all three ways to write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from policies.generated.aws_types import ec2, vpc
from policies.model.expectations import spelled
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """One ingress rule. ``declared_by`` is the group itself for an inline rule."""

    declared_by: Resource
    path: str
    """Where the rule is in ``declared_by``; empty for a standalone rule."""
    protocol: Reading
    from_port: Reading
    to_port: Reading
    cidrs: tuple[Reading, ...]
    """Ranges of addresses, version 4 and 6."""
    prefix_lists: tuple[Reading, ...]
    """Ids of prefix lists, whose ranges a policy does not see."""
    groups: tuple[Resource, ...] = ()
    """Security groups of the stack whose members are allowed."""
    other_groups: tuple[Reading, ...] = ()
    """Ids of security groups of other stacks; unknown if nothing says which group it is."""

    def covers(self, port: int) -> bool:
        """Whether the rule allows this port. An unknown port counts as this one."""
        if self.is_of_any_protocol:
            return True
        if self.has_no_ports:
            return False
        match self.from_port, self.to_port:
            case Known(low), Known(high):
                return bool(low <= port <= high)
        return True

    @property
    def is_of_any_protocol(self) -> bool:
        """Whether the rule allows all ports of all protocols."""
        return self.protocol in _ANY_PROTOCOL

    @property
    def has_no_ports(self) -> bool:
        """Whether the protocol is ICMP, whose types take the place of ports."""
        return self.protocol in _WITHOUT_PORTS

    def at(self, name: str) -> str:
        """The path of a property of the rule, as a message spells it."""
        return spelled(f"{self.path}.{name}" if self.path else name)


_ANY_PROTOCOL = (Known("-1"), Known("all"))
_WITHOUT_PORTS = tuple(Known(each) for each in ("icmp", "icmpv6", "1", "58"))
STANDALONE = (ec2.SecurityGroupRule, vpc.SecurityGroupIngressRule)
"""Types of rules that are separate resources."""


def ingress_of(stack: Stack, group: Resource) -> Iterator[Ingress]:
    """Every rule of a group: inline, ``ec2.SecurityGroupRule`` and ``vpc.SecurityGroupIngressRule``.

    An inline list that is unknown gives one rule with unknown values.
    """
    yield from declared_ingress(stack, group)
    for kind in STANDALONE:
        for rule in stack.from_origin(kind, "securityGroupId", group):
            yield from declared_ingress(stack, rule)


def declared_ingress(stack: Stack, resource: Resource) -> Iterator[Ingress]:
    """The ingress rules that one resource declares: a group's inline ones, or a standalone rule."""
    if resource.is_a(ec2.SecurityGroup, ec2.DefaultSecurityGroup):
        for index, element in enumerate(resource.properties.each("ingress")):
            yield _listed(stack, resource, element, f"ingress[{index}]")
    elif resource.is_a(vpc.SecurityGroupIngressRule):
        yield _single(stack, resource)
    elif resource.properties.read("type") != Known("egress"):
        yield _listed(stack, resource, Known(resource.properties), "")


def group_of(resource: Resource) -> Resource | None:
    """The group whose rules a resource declares: itself, or a standalone rule's; None if the stack has it not."""
    if not resource.is_a(*STANDALONE):
        return resource
    return next(iter(resource.origin("securityGroupId", ec2.SecurityGroup)), None)


def _listed(stack: Stack, declared_by: Resource, element: Reading, path: str) -> Ingress:
    """The older two spellings, with lists of sources; ``protocol`` is mandatory in both."""
    if not isinstance(element, Known) or not isinstance(element.value, Properties):
        unknown = Unknown()
        return Ingress(
            declared_by=declared_by,
            path=path,
            protocol=unknown,
            from_port=unknown,
            to_port=unknown,
            cidrs=(unknown,),
            prefix_lists=(),
            other_groups=(unknown,),
        )
    rule = element.value
    if path:
        groups, others = _resolved(stack, declared_by, "ingress", rule.each("securityGroups"))
    else:
        groups, others = _source(stack, declared_by, "sourceSecurityGroupId")
    if rule.is_true("self"):
        own = (declared_by,) if path else declared_by.origin("securityGroupId", ec2.SecurityGroup)
        groups = (*groups, *own)
    return Ingress(
        declared_by=declared_by,
        path=path,
        protocol=rule.read("protocol"),
        from_port=rule.read("fromPort"),
        to_port=rule.read("toPort"),
        cidrs=(*rule.each("cidrBlocks"), *rule.each("ipv6CidrBlocks")),
        prefix_lists=tuple(rule.each("prefixListIds")),
        groups=groups,
        other_groups=others,
    )


def _single(stack: Stack, rule: Resource) -> Ingress:
    """The newest spelling: one source a rule."""
    properties = rule.properties
    groups, others = _source(stack, rule, "referencedSecurityGroupId")
    return Ingress(
        declared_by=rule,
        path="",
        protocol=properties.read("ipProtocol"),
        from_port=properties.read("fromPort"),
        to_port=properties.read("toPort"),
        cidrs=_set(properties.read("cidrIpv4"), properties.read("cidrIpv6")),
        prefix_lists=_set(properties.read("prefixListId")),
        groups=groups,
        other_groups=others,
    )


GroupSources = tuple[tuple[Resource, ...], tuple[Reading, ...]]
"""Groups of the stack, and ids of other groups."""


def _source(stack: Stack, rule: Resource, property_name: str) -> GroupSources:
    """The one group that a standalone rule names."""
    origins = rule.origin(property_name, ec2.SecurityGroup)
    if origins:
        return origins, ()
    return _resolved(stack, rule, property_name, _set(rule.properties.read(property_name)))


def _resolved(stack: Stack, declared_by: Resource, property_name: str, readings: Iterable[Reading]) -> GroupSources:
    """The groups of some ids. Only the origins of a whole list are known, so each unknown id in it may be any of "
    "them."""
    groups: list[Resource] = []
    others: list[Reading] = []
    for reading in readings:
        match reading:
            case Known(group_id) if group_id in _groups_by_id(stack):
                groups.append(_groups_by_id(stack)[group_id])
            case Unknown() if origins := declared_by.origin(property_name, ec2.SecurityGroup):
                groups.extend(origins)
            case _:
                others.append(reading)
    return tuple(groups), tuple(others)


@lru_cache(maxsize=1)
def _groups_by_id(stack: Stack) -> dict[object, Resource]:
    """Groups by the id at the end of their ARN, as soon as they are made: a policy is not shown the id itself.

    A group that has been refreshed shows its standalone rules as inline ones, with such ids.
    """
    arns = ((group, group.properties.read("arn")) for group in stack.of_type(ec2.SecurityGroup))
    return {str(arn.value).rpartition("/")[2]: group for group, arn in arns if isinstance(arn, Known)}


def _set(*readings: Reading) -> tuple[Reading, ...]:
    return tuple(reading for reading in readings if not isinstance(reading, Absent))
