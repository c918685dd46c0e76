"""Adapters of pulumi-aws's ``elasticbeanstalk`` module."""

from sandbox.provider.aws.elasticbeanstalk import (
    application_versions,
    applications,
    environments,
    hosted_zones,
    platforms,
)

__all__ = ["application_versions", "applications", "environments", "hosted_zones", "platforms"]
