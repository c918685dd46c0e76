"""Adapters of pulumi-aws's ``ssm`` module."""

from sandbox.provider.aws.ssm import documents, parameters

__all__ = ["documents", "parameters"]
