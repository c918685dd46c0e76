"""Adapters of pulumi-aws's ``backup`` module."""

from sandbox.provider.aws.backup import plan, selection, vault

__all__ = ["plan", "selection", "vault"]
