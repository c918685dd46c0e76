"""Caches: see ``policies/rules/data/cache.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.cache import (
    CACHE_AT_REST,
    CACHE_AUTH,
    CACHE_BACKUP,
    CACHE_FAILOVER,
    CACHE_IN_TRANSIT,
    CACHE_MINOR_UPGRADE,
    CACHE_NO_SINGLE_NODE,
    CACHE_PRIVATE_SUBNETS,
)
from tests.policies.analyzer import UNKNOWN, Node, node, secret
from tests.policies.networks import NETWORK, PRIVATE_SUBNET, PUBLIC_SUBNET, VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

CACHE = node(aws.elasticache.ReplicationGroup, "cache")
TLS = CACHE.but(transitEncryptionEnabled=True)
REPLICATED = CACHE.but(automaticFailoverEnabled=True, multiAzEnabled=True, numCacheClusters=2)
SHARDED = REPLICATED.but(numCacheClusters=None, numNodeGroups=2, replicasPerNodeGroup=1)
SINGLE = node(aws.elasticache.Cluster, "single", engine="valkey")


def _in(*subnets: Node) -> Nodes:
    group = node(aws.elasticache.SubnetGroup, "group", subnetIds=list(subnets))
    return (*NETWORK, node(aws.elasticache.ReplicationGroup, "cache", subnetGroupName=group), group)


def _shared_with_memcached(group: Node) -> Node:
    """The group of another engine's cluster, whose subnets this stack does not choose."""
    return replace(group.but(subnetGroupName="default"), origins={**group.origins, "subnetGroupName": ()})


def _with_a_single_node(nodes: Sequence[Node]) -> list[Node]:
    """Another cache beside production's own, in its subnets and behind its rules."""
    (cache,) = (each for each in nodes if each.token == CACHE.token)
    shared = {name: cache.origins[name] for name in ("subnetGroupName", "securityGroupIds")}
    return [*nodes, SINGLE.but(tags=cache.properties["tags"]).taken_from(**shared)]


PROOFS = (
    Proof(
        rule=CACHE_AT_REST,
        passing={"encrypted": (CACHE.but(atRestEncryptionEnabled=True),)},
        failing={"in the clear": (CACHE.but(atRestEncryptionEnabled=False),)},
        absent=(CACHE,),
        unknown=(CACHE.but(atRestEncryptionEnabled=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.elasticache.ReplicationGroup, atRestEncryptionEnabled=False),
    ),
    Proof(
        rule=CACHE_IN_TRANSIT,
        passing={"TLS": (TLS,), "only TLS": (TLS.but(transitEncryptionMode="required"),)},
        failing={
            "in the clear": (TLS.but(transitEncryptionEnabled=False),),
            "as the client likes": (TLS.but(transitEncryptionMode="preferred"),),
        },
        absent=(CACHE,),
        unknown=(CACHE.but(transitEncryptionEnabled=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.elasticache.ReplicationGroup, transitEncryptionMode="preferred"),
    ),
    Proof(
        rule=CACHE_AUTH,
        passing={
            "token": (CACHE.but(authToken=secret("correct horse")),),
            "users": (CACHE.but(userGroupIds=["magento"]),),
        },
        failing={"empty": (CACHE.but(authToken="", userGroupIds=[]),)},
        absent=(CACHE,),
        unknown=(CACHE.but(authToken=secret(UNKNOWN)),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=changed(aws.elasticache.ReplicationGroup, authToken=None),
    ),
    Proof(
        rule=CACHE_FAILOVER,
        passing={"a replica": (REPLICATED,), "a replica a shard": (SHARDED,)},
        failing={
            "by hand": (REPLICATED.but(automaticFailoverEnabled=False),),
            "one zone": (REPLICATED.but(multiAzEnabled=False),),
            "one node": (REPLICATED.but(numCacheClusters=1),),
            "shards of one node": (SHARDED.but(replicasPerNodeGroup=0),),
        },
        absent=(CACHE,),
        unknown=(REPLICATED.but(numCacheClusters=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.elasticache.ReplicationGroup, numCacheClusters=1),
    ),
    Proof(
        rule=CACHE_PRIVATE_SUBNETS,
        passing={"behind a NAT": _in(PRIVATE_SUBNET)},
        failing={
            "one public": _in(PRIVATE_SUBNET, PUBLIC_SUBNET),
            "AWS's own group": (CACHE.but(subnetGroupName="default"),),
            "a single node in AWS's own group": (SINGLE,),
        },
        absent=(CACHE,),
        unknown=(
            node(aws.elasticache.ReplicationGroup, "cache", subnetGroupName=node(aws.elasticache.SubnetGroup, "group")),
            node(aws.elasticache.SubnetGroup, "group").derived(subnetIds=UNKNOWN),
        ),
        unknown_is=Status.UNKNOWN,
        not_applicable=NETWORK,
        breakage=replaced(aws.elasticache.ReplicationGroup, None, _shared_with_memcached),
    ),
    Proof(
        rule=CACHE_BACKUP,
        passing={"a day": (CACHE.but(snapshotRetentionLimit=1),)},
        failing={"none": (CACHE.but(snapshotRetentionLimit=0),)},
        absent=(CACHE,),
        unknown=(CACHE.but(snapshotRetentionLimit=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.elasticache.ReplicationGroup, snapshotRetentionLimit=0),
    ),
    Proof(
        rule=CACHE_MINOR_UPGRADE,
        passing={"by itself": (CACHE.but(autoMinorVersionUpgrade=True),)},
        failing={"by hand": (CACHE.but(autoMinorVersionUpgrade=False),)},
        absent=(CACHE,),
        absent_is=Status.PASSED,
        unknown=(CACHE.but(autoMinorVersionUpgrade=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.elasticache.ReplicationGroup, autoMinorVersionUpgrade=False),
    ),
    Proof(
        rule=CACHE_NO_SINGLE_NODE,
        passing={
            "another engine": (SINGLE.but(engine="memcached"),),
            "a member of a group": (SINGLE.but(engine=None, replicationGroupId="cache"),),
        },
        failing={"valkey": (SINGLE,), "redis": (SINGLE.but(engine="redis"),)},
        absent=(SINGLE.but(engine=None),),
        # AWS makes none without an engine but as a member of a group.
        absent_is=Status.PASSED,
        unknown=(SINGLE.but(engine=UNKNOWN),),
        not_applicable=(CACHE,),
        breakage=_with_a_single_node,
    ),
)
