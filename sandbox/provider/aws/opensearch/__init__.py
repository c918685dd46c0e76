"""Adapters of pulumi-aws's ``opensearch`` module."""

from sandbox.provider.aws.opensearch import domains

__all__ = ["domains"]
