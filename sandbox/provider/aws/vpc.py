"""Adapters of pulumi-aws's ``vpc`` module, whose types belong to EC2's API."""

from sandbox.provider.aws.ec2 import security_group_rules

__all__ = ["security_group_rules"]
