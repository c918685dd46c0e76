"""Adapters of pulumi-aws's ``rds`` module."""

from sandbox.provider.aws.rds import instance, parameter_group, subnet_group

__all__ = ["instance", "parameter_group", "subnet_group"]
