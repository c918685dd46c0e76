"""Adapters of pulumi-aws's ``elasticbeanstalk`` module."""

from sandbox.provider.aws.elasticbeanstalk import applications, environments, hosted_zones, platforms, versions

__all__ = ["applications", "environments", "hosted_zones", "platforms", "versions"]
