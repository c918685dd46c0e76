"""A security group, and its ingress rules with the reason for each."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.arguments import refuse
from components.shared.context import Context
from settings.messages import Words
from settings.values import DESCRIPTION, DESCRIPTION_EXPECTED


def _refuse_indescribable(what: str, description: str) -> None:
    if not DESCRIPTION.fullmatch(description):
        refuse(what, got=description, expected=DESCRIPTION_EXPECTED)


@dataclass(frozen=True, kw_only=True)
class IngressRule:
    """One ingress rule. Its source is either a security group or a range of addresses."""

    name: str
    """The name of the rule, unique in its group."""
    port: int
    to_port: int | None = None
    """The last port of a range that begins at ``port``."""
    from_group: pulumi.Input[str] | None = None
    from_cidr: str | None = None
    reason: str
    """The rule's description in AWS."""
    protocol: str = "tcp"
    """``tcp`` or ``udp``."""

    def __post_init__(self) -> None:
        if (self.from_group is None) == (self.from_cidr is None):
            got = Words("neither") if self.from_cidr is None else Words("both")
            refuse(f"ingress rule {self.name}", got=got, expected="from_group or from_cidr")
        _refuse_indescribable(f"ingress rule {self.name}.reason", self.reason)


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    """The group and its rules."""

    context: Context
    vpc_id: pulumi.Input[str]
    description: str
    """The group's description. AWS cannot change it, so another description replaces the group."""
    ingress: tuple[IngressRule, ...]
    open_egress: bool = False
    """Whether all egress is allowed. A server that installs packages needs it; a database does not."""

    def __post_init__(self) -> None:
        _refuse_indescribable("description", self.description)


class SecurityGroup(pulumi.ComponentResource):
    """A security group. Each rule is a resource, so that several components can add rules without conflicts.

    Produces the group, its ingress rules and, with ``open_egress``, an egress rule to anywhere.
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:network:SecurityGroup", name, {"ingress": [each.name for each in args.ingress]}, opts)
        self._name, self._tags = name, args.context.tags.named(name)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description=args.description,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = group.id
        for rule in args.ingress:
            self.allow_from(rule)
        if args.open_egress:
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-to-anywhere",
                security_group_id=group.id,
                description="Packages, services of AWS and interfaces of partners",
                ip_protocol="-1",
                cidr_ipv4="0.0.0.0/0",
                tags=self._tags,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})

    def allow_from(self, rule: IngressRule) -> None:
        """Add an ingress rule for a client that is made after the group, as a satellite is made after its database."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{rule.name}",
            security_group_id=self.id,
            description=rule.reason,
            ip_protocol=rule.protocol,
            from_port=rule.port,
            to_port=rule.to_port or rule.port,
            referenced_security_group_id=rule.from_group,
            cidr_ipv4=rule.from_cidr,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
