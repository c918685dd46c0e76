"""Who may talk to whom: a security group, and each rule with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.tags import Tags

# What EC2 takes, in its own order ("CreateSecurityGroup", "SecurityGroupRuleUpdate").
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def _refuse_indescribable(what: str, description: str) -> None:
    if not _DESCRIPTION.fullmatch(description):
        raise ValueError(
            f"{what} must be 1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$* (no apostrophes), "
            f"got '{description}'"
        )


@dataclass(frozen=True, kw_only=True)
class Admission:
    """One way in. ``name`` tells rules apart and ``reason`` becomes the rule's description; the source is either a
    security group or a range of addresses. ``to_port`` is ``port`` unless it is a range; ``protocol`` is ``tcp`` or
    ``udp``."""

    name: str
    port: int
    to_port: int | None = None
    from_group: pulumi.Input[str] | None = None
    from_cidr: str | None = None
    reason: str
    protocol: str = "tcp"

    def __post_init__(self) -> None:
        if (self.from_group is None) == (self.from_cidr is None):
            raise ValueError(f"admission {self.name}: exactly one of from_group and from_cidr must be given")
        _refuse_indescribable(f"admission {self.name}: reason", self.reason)


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    """``description`` is immutable in AWS: changing it replaces the group. ``reaches_out`` opens all ways out, which a
    server that installs packages needs and a database does not."""

    vpc_id: pulumi.Input[str]
    description: str
    admits: tuple[Admission, ...]
    reaches_out: bool = False
    tags: Tags

    def __post_init__(self) -> None:
        _refuse_indescribable("description", self.description)


class SecurityGroup(pulumi.ComponentResource):
    """A security group with standalone rules, one a source, so that two owners never fight over an inline list.

    Produces the group, an ingress rule for each admission, and an egress rule to anywhere if it reaches out.
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:index:SecurityGroup", name, {"admits": [each.name for each in args.admits]}, opts)
        self._name, self._tags = name, args.tags.named(name)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description=args.description,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = group.id
        for admission in args.admits:
            self.admit(admission)
        if args.reaches_out:
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

    def admit(self, admission: Admission) -> None:
        """One more way in, for whoever comes to be after the group: a satellite, say, after its database."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{admission.name}",
            security_group_id=self.id,
            description=admission.reason,
            ip_protocol=admission.protocol,
            from_port=admission.port,
            to_port=admission.to_port or admission.port,
            referenced_security_group_id=admission.from_group,
            cidr_ipv4=admission.from_cidr,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
