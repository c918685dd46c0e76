"""Databases, caches and search domains, and their security groups."""

from __future__ import annotations

from policies.generated.aws_types import ec2, elasticache, opensearch, rds
from policies.model.resources import Resource

_GROUPS_OF = {
    rds.Instance: "vpcSecurityGroupIds",
    elasticache.ReplicationGroup: "securityGroupIds",
    elasticache.Cluster: "securityGroupIds",
    opensearch.Domain: "vpcOptions",
}
DATA_STORES = tuple(_GROUPS_OF)
"""The types of data stores."""


def groups_of(store: Resource) -> tuple[Resource, ...]:
    """The security groups of the stack that a data store is in."""
    return store.origin(_GROUPS_OF[store.token], ec2.SecurityGroup)


def path_of_groups(store: Resource) -> str:
    """The property that names a data store's security groups."""
    return _GROUPS_OF[store.token]
