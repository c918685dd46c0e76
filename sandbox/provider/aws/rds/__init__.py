"""Adapters of pulumi-aws's ``rds`` module."""

from sandbox.provider.aws.rds import event_subscriptions, instances, parameter_groups, subnet_groups

__all__ = ["event_subscriptions", "instances", "parameter_groups", "subnet_groups"]
