"""What a security group lets in, in whichever of the three ways its rules are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.aws_types import ec2, vpc
from policies.properties import Absent, Known, Properties, Reading, Unknown
from policies.resources import Resource, Stack


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """One rule that lets traffic in. ``declared_by`` is the group itself for an inline rule."""

    declared_by: Resource
    path: str
    """Where in ``declared_by`` the rule is; empty for a standalone one."""
    protocol: Reading
    from_port: Reading
    to_port: Reading
    cidrs: tuple[Reading, ...]
    """Ranges of addresses, version 4 and 6."""
    prefix_lists: tuple[Reading, ...]
    """AWS's or one's own named lists of ranges, which a policy cannot look into."""

    def covers(self, port: int) -> bool:
        """Whether the rule lets this port in, or may: anything unknown is taken to."""
        if self.protocol in (Known("-1"), Known("all")):
            return True
        match self.from_port, self.to_port:
            case Known(low), Known(high):
                return bool(low <= port <= high)
        return True

    def at(self, name: str) -> str:
        """The path of a property of the rule, for a message."""
        return f"{self.path}.{name}" if self.path else name


def ingress_of(stack: Stack, group: Resource) -> Iterator[Ingress]:
    """Every rule of a group: inline, ``ec2.SecurityGroupRule`` and ``vpc.SecurityGroupIngressRule``.

    An inline list that is wholly unknown comes out as one rule of unknown everything.
    """
    for index, element in enumerate(group.properties.each("ingress")):
        yield _listed(group, element, f"ingress[{index}]")
    for rule in stack.from_origin(ec2.SecurityGroupRule, "securityGroupId", group):
        if rule.properties.read("type") != Known("egress"):
            yield _listed(rule, Known(rule.properties), "")
    for rule in stack.from_origin(vpc.SecurityGroupIngressRule, "securityGroupId", group):
        yield _single(rule)


def _listed(declared_by: Resource, element: Reading, path: str) -> Ingress:
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
        )
    rule = element.value
    return Ingress(
        declared_by=declared_by,
        path=path,
        protocol=rule.read("protocol"),
        from_port=rule.read("fromPort"),
        to_port=rule.read("toPort"),
        cidrs=(*rule.each("cidrBlocks"), *rule.each("ipv6CidrBlocks")),
        prefix_lists=tuple(rule.each("prefixListIds")),
    )


def _single(rule: Resource) -> Ingress:
    """The newest spelling: one source a rule."""
    properties = rule.properties
    return Ingress(
        declared_by=rule,
        path="",
        protocol=properties.read("ipProtocol"),
        from_port=properties.read("fromPort"),
        to_port=properties.read("toPort"),
        cidrs=_set(properties.read("cidrIpv4"), properties.read("cidrIpv6")),
        prefix_lists=_set(properties.read("prefixListId")),
    )


def _set(*readings: Reading) -> tuple[Reading, ...]:
    return tuple(reading for reading in readings if not isinstance(reading, Absent))
