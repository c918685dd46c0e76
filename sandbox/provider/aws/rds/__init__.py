"""Adapters of pulumi-aws's ``rds`` module."""

from sandbox.provider.aws.rds import event_subscription, instance, parameter_group, subnet_group

__all__ = ["event_subscription", "instance", "parameter_group", "subnet_group"]
