"""The IAM role of EC2 instances."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import assumable_by, document
from components.shared.session_manager import may_record


class ManagedPolicy(StrEnum):
    """Policies for instances that AWS manages."""

    BEANSTALK = "AWSElasticBeanstalkWebTier"
    """Access to logs, health and the release's bundle in Beanstalk's bucket."""
    SESSION_MANAGER = "AmazonSSMManagedEC2InstanceDefaultPolicy"
    """A shell by Session Manager, which needs neither SSH keys nor an open port. AmazonSSMManagedInstanceCore would
    also allow to read every parameter of the account."""


_LABELS = {ManagedPolicy.BEANSTALK: "beanstalk", ManagedPolicy.SESSION_MANAGER: "session-manager"}


@dataclass(frozen=True, kw_only=True)
class InstanceRoleArgs:
    """The managed policies of the role."""

    context: Context
    policies: tuple[ManagedPolicy, ...] = (ManagedPolicy.BEANSTALK, ManagedPolicy.SESSION_MANAGER)
    """The default is what a Beanstalk instance needs."""


class InstanceRole(pulumi.ComponentResource):
    """A role for EC2 instances with managed policies, and its instance profile.

    With Session Manager comes the right to record its sessions, in every stack: the preferences of Session Manager that
    one stack sets count for all instances of the account and region.

    The component that owns a resource grants access to it, as ``SiteConfiguration.grant_read_to`` does.
    """

    role: aws.iam.Role
    profile_name: pulumi.Output[str]

    def __init__(self, name: str, args: InstanceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:InstanceRole", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=assumable_by("ec2.amazonaws.com"),
            tags=args.context.tags.named(name),
            opts=child,
        )
        for policy in args.policies:
            aws.iam.RolePolicyAttachment(
                f"{name}-{_LABELS[policy]}",
                role=self.role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{policy}",
                opts=child,
            )
        if ManagedPolicy.SESSION_MANAGER in args.policies:
            aws.iam.RolePolicy(
                f"{name}-session-records",
                role=self.role.name,
                policy=pulumi.Output.from_input(args.context.account_id).apply(
                    lambda account: document(*may_record(args.context.region, account))
                ),
                opts=child,
            )
        profile = aws.iam.InstanceProfile(
            f"{name}-profile", role=self.role.name, tags=args.context.tags.named(name), opts=child
        )
        self.profile_name = profile.name
        self.register_outputs({"profile_name": self.profile_name})
