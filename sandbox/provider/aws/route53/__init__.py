"""Adapters of pulumi-aws's ``route53`` module."""

from sandbox.provider.aws.route53 import record, zone

__all__ = ["record", "zone"]
