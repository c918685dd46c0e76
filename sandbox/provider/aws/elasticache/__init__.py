"""Adapters of pulumi-aws's ``elasticache`` module."""

from sandbox.provider.aws.elasticache import parameter_group, replication_group, subnet_group

__all__ = ["parameter_group", "replication_group", "subnet_group"]
