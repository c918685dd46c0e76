"""Adapters of pulumi-aws's ``cloudfront`` module."""

from sandbox.provider.aws.cloudfront import distributions

__all__ = ["distributions"]
