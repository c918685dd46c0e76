"""Adapters of pulumi-aws's ``opensearch`` module."""

from sandbox.provider.aws.opensearch import domain

__all__ = ["domain"]
