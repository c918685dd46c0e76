"""Adapters of pulumi-aws's ``iam`` module."""

from sandbox.provider.aws.iam import instance_profiles, policies, roles

__all__ = ["instance_profiles", "policies", "roles"]
