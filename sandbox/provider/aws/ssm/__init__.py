"""Adapters of pulumi-aws's ``ssm`` module."""

from sandbox.provider.aws.ssm import documents

__all__ = ["documents"]
