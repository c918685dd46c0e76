"""Adapters of pulumi-aws's ``route53`` module."""

from sandbox.provider.aws.route53 import hosted_zones, records

__all__ = ["hosted_zones", "records"]
