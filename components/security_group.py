"""Who may talk to whom: a security group, and each rule with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import Tags


@dataclass(frozen=True, kw_only=True)
class Admission:
    """One way in. ``name`` tells rules apart and ``reason`` becomes the rule's description; the source is either a
    security group or a range of addresses. ``to_port`` is ``port`` unless it is a range."""

    name: str
    port: int
    to_port: int | None = None
    from_group: pulumi.Input[str] | None = None
    from_cidr: str | None = None
    reason: str

    def __post_init__(self) -> None:
        if (self.from_group is None) == (self.from_cidr is None):
            raise ValueError(f"admission {self.name}: exactly one of from_group and from_cidr must be given")


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    """``description`` is immutable in AWS: changing it replaces the group. ``reaches_out`` opens all ways out, which a
    server that installs packages needs and a database does not."""

    vpc_id: pulumi.Input[str]
    description: str
    admits: tuple[Admission, ...]
    reaches_out: bool = False
    tags: Tags


class SecurityGroup(pulumi.ComponentResource):
    """A security group with standalone rules, one a source, so that two owners never fight over an inline list.

    Produces the group, an ingress rule for each admission, and an egress rule to anywhere if it reaches out.
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:index:SecurityGroup", name, {"admits": [each.name for each in args.admits]}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = args.tags.named(name)
        group = aws.ec2.SecurityGroup(
            f"{name}-group", vpc_id=args.vpc_id, description=args.description, tags=tags, opts=child
        )
        self.id = group.id
        for admission in args.admits:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-from-{admission.name}",
                security_group_id=group.id,
                description=admission.reason,
                ip_protocol="tcp",
                from_port=admission.port,
                to_port=admission.to_port or admission.port,
                referenced_security_group_id=admission.from_group,
                cidr_ipv4=admission.from_cidr,
                tags=tags,
                opts=child,
            )
        if args.reaches_out:
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-to-anywhere",
                security_group_id=group.id,
                description="Packages, AWS's own services and the partners' interfaces",
                ip_protocol="-1",
                cidr_ipv4="0.0.0.0/0",
                tags=tags,
                opts=child,
            )
        self.register_outputs({"id": self.id})
