"""Adapters of pulumi-aws's ``backup`` module."""

from sandbox.provider.aws.backup import plans, selections, vaults

__all__ = ["plans", "selections", "vaults"]
