"""Adapters of pulumi-aws's ``elasticache`` module."""

from sandbox.provider.aws.elasticache import parameter_groups, replication_groups, subnet_groups

__all__ = ["parameter_groups", "replication_groups", "subnet_groups"]
