"""What the instances of an environment may do in AWS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import assumable_by


class ManagedPolicy(StrEnum):
    """AWS's own policies for instances."""

    BEANSTALK = "AWSElasticBeanstalkWebTier"
    """Logs, health and the bundle of its release, in Beanstalk's own bucket."""
    SESSION_MANAGER = "AmazonSSMManagedInstanceCore"
    """A shell by Session Manager instead of SSH keys and an open port."""


_LABELS = {ManagedPolicy.BEANSTALK: "beanstalk", ManagedPolicy.SESSION_MANAGER: "session-manager"}


@dataclass(frozen=True, kw_only=True)
class InstanceRoleArgs:
    """``policies`` are by default what an instance of Beanstalk's needs."""

    context: Context
    policies: tuple[ManagedPolicy, ...] = (ManagedPolicy.BEANSTALK, ManagedPolicy.SESSION_MANAGER)


class InstanceRole(pulumi.ComponentResource):
    """A role for EC2 instances, with the managed policies asked for, and its instance profile.

    Further rights are granted by whoever owns the thing, such as ``SiteConfiguration.grant_read_to``.
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
        profile = aws.iam.InstanceProfile(
            f"{name}-profile", role=self.role.name, tags=args.context.tags.named(name), opts=child
        )
        self.profile_name = profile.name
        self.register_outputs({"profile_name": self.profile_name})
