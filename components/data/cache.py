"""A cache or session store of a site, on ElastiCache."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.data.placement import DataStorePlacement
from components.shared.secret import Secret, SecretArgs
from settings.cache import ApplyCacheChanges, CacheSettings

PORT = 6379


class WhenFull(StrEnum):
    """What Valkey does when its memory is full (``maxmemory-policy``)."""

    EVICT = "volatile-lru"
    """It evicts the least recently used of the keys that expire. Sessions expire, as cached pages do."""
    REFUSE = "noeviction"
    """It evicts nothing, and refuses to store more."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """The size of the cache, its place in the network, and what it holds."""

    placement: DataStorePlacement
    size: CacheSettings
    holds: str = "Cache and sessions"
    """What is in it, for its description."""
    when_full: WhenFull = WhenFull.EVICT

    @staticmethod
    def for_sessions(placement: DataStorePlacement, size: CacheSettings) -> CacheArgs:
        """A group for sessions alone."""
        return CacheArgs(placement=placement, size=size, holds="Sessions", when_full=WhenFull.REFUSE)


class Cache(pulumi.ComponentResource):
    """A Valkey replication group with TLS and an auth token.

    Produces the security group, subnet group, parameter group, token, the secret with the token and the endpoint, and
    the replication group. With two nodes or more, it is in several zones and has automatic failover.
    """

    address: pulumi.Output[str]
    node_ids: tuple[pulumi.Output[str], ...]
    """The names of the nodes, by which CloudWatch has their metrics. Any of them may be the primary."""
    token: pulumi.Output[str]
    """A secret. Use it only in configuration that is stored as a secret too."""
    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:data:Cache", name, {"node_type": args.size.node_type, "nodes": args.size.nodes}, opts)
        child = pulumi.ResourceOptions(parent=self)
        placement, size = args.placement, args.size
        context = placement.context
        # Shoppers' sessions and carts are in it.
        kept = pulumi.ResourceOptions(parent=self, protect=context.protect)
        tags = context.tags.named(name)
        group = placement.open_to_clients(f"{name}-access", port=PORT, service="Valkey", parent=self)
        subnets = aws.elasticache.SubnetGroup(
            f"{name}-subnets",
            description="Private subnets only",
            subnet_ids=placement.subnet_ids,
            tags=tags,
            opts=kept,
        )
        parameters = aws.elasticache.ParameterGroup(
            f"{name}-parameters",
            family=f"valkey{size.engine_version.split('.')[0]}",
            description="What Magento needs of Valkey",
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name="maxmemory-policy", value=args.when_full.value)
            ],
            tags=tags,
            opts=child,
        )
        token = random.RandomPassword(f"{name}-token", length=64, special=False, opts=child)
        cluster = aws.elasticache.ReplicationGroup(
            f"{name}-cluster",
            description=f"{args.holds} of {context.tags.client} {context.tags.environment}",
            engine="valkey",
            engine_version=size.engine_version,
            node_type=size.node_type,
            num_cache_clusters=size.nodes,
            automatic_failover_enabled=size.nodes > 1,
            multi_az_enabled=size.nodes > 1,
            port=PORT,
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            at_rest_encryption_enabled=True,
            kms_key_id=context.key_arn,
            transit_encryption_enabled=True,
            auth_token=token.result,
            auto_minor_version_upgrade=True,
            apply_immediately=size.apply_changes is ApplyCacheChanges.NOW,
            # AWS asks nothing for the storage of one snapshot of a cluster ("Taking automatic backups").
            snapshot_retention_limit=1,
            snapshot_window="01:00-02:00",
            maintenance_window="tue:04:00-tue:05:00",
            tags=tags,
            opts=kept,
        )
        self.address = cluster.primary_endpoint_address
        self.node_ids = tuple(
            pulumi.Output.format("{0}-{1}", cluster.id, f"{number:03d}") for number in range(1, size.nodes + 1)
        )
        self.token = token.result
        self.secret_arn = Secret(
            f"{name}-credentials",
            SecretArgs(
                description=f"How to connect to the {name}",
                value={"host": self.address, "port": str(PORT), "token": token.result},
                context=context,
            ),
            opts=child,
        ).arn
        self.register_outputs({"address": self.address, "secret_arn": self.secret_arn})
