"""What the instances of an environment may do in AWS."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam_documents import assumable_by
from components.tags import Tags

_POLICIES = {
    # Logs, health and the bundle of its release, in Beanstalk's own bucket.
    "beanstalk": "arn:aws:iam::aws:policy/AWSElasticBeanstalkWebTier",
    # A shell by Session Manager instead of SSH keys and an open port.
    "session-manager": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
}


@dataclass(frozen=True, kw_only=True)
class InstanceRoleArgs:
    tags: Tags


class InstanceRole(pulumi.ComponentResource):
    """A role for EC2 instances, with what Beanstalk and Session Manager need, and its instance profile.

    Further rights are granted by whoever owns the thing, such as ``SiteConfiguration.grant_read_to``.
    """

    role: aws.iam.Role
    profile_name: pulumi.Output[str]

    def __init__(self, name: str, args: InstanceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:index:InstanceRole", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role", assume_role_policy=assumable_by("ec2.amazonaws.com"), tags=args.tags.named(name), opts=child
        )
        for label, arn in _POLICIES.items():
            aws.iam.RolePolicyAttachment(f"{name}-{label}", role=self.role.name, policy_arn=arn, opts=child)
        profile = aws.iam.InstanceProfile(
            f"{name}-profile", role=self.role.name, tags=args.tags.named(name), opts=child
        )
        self.profile_name = profile.name
        self.register_outputs({"profile_name": self.profile_name})
