"""ElastiCache: replication groups with the cache clusters behind them, parameter and subnet groups, events.

moto keeps a replication group as one record with made-up members in us-east-1, and has no parameter groups.
"""

from sandbox.emulator.elasticache import parameter_groups, replication_groups, subnet_groups

__all__ = ["parameter_groups", "replication_groups", "subnet_groups"]
