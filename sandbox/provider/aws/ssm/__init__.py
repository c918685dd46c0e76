"""Adapters of pulumi-aws's ``ssm`` module."""

from sandbox.provider.aws.ssm import associations, documents, parameters

__all__ = ["associations", "documents", "parameters"]
