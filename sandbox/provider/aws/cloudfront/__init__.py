"""Adapters of pulumi-aws's ``cloudfront`` module."""

from sandbox.provider.aws.cloudfront import distribution

__all__ = ["distribution"]
