"""Adapters of pulumi-aws's ``elasticbeanstalk`` module."""

from sandbox.provider.aws.elasticbeanstalk import application, application_version, environment, functions

__all__ = ["application", "application_version", "environment", "functions"]
