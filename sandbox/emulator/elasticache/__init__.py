"""ElastiCache: replication groups with their cache clusters, parameter groups, subnet groups and events.

moto has no parameter groups, and its replication groups are single records without cache clusters.
"""

from sandbox.emulator.elasticache import parameter_groups, replication_groups, subnet_groups

__all__ = ["parameter_groups", "replication_groups", "subnet_groups"]
