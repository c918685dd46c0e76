"""A replication group: its shards, their member clusters, primaries and endpoints."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from sandbox.emulator import maintenance_window
from sandbox.emulator.elasticache.engines import EngineVersion

PLAIN_HOSTS = {
    "master": "{group}.{label}.ng.0001",
    "replica": "{group}-ro.{label}.ng.0001",
    "clustercfg": "{group}.{label}.clustercfg",
}
"""Host names of a group without encryption in transit, up to the region."""


@dataclass(kw_only=True, eq=False)
class MemberCluster:
    """A node of a replication group: a cache cluster with the settings of the group."""

    cache_cluster_id: str
    arn: str
    zone: str
    group: ReplicationGroup
    created: datetime = field(default_factory=utcnow)

    @property
    def cache_parameter_group_name(self) -> str:
        return self.group.cache_parameter_group_name

    @property
    def cache_subnet_group_name(self) -> str:
        return self.group.cache_subnet_group_name

    @property
    def endpoint(self) -> dict[str, Any]:
        return self.group.endpoint(self.cache_cluster_id)

    def describe(self, *, with_nodes: bool = False) -> dict[str, Any]:
        """As DescribeCacheClusters answers it; with its node only if the request is for nodes."""
        group = self.group
        description: dict[str, Any] = {
            "CacheClusterId": self.cache_cluster_id,
            "ARN": self.arn,
            "ReplicationGroupId": group.replication_group_id,
            "CacheClusterStatus": "available",
            "CacheClusterCreateTime": self.created,
            "CacheNodeType": group.cache_node_type,
            "NumCacheNodes": 1,
            "Engine": group.release.engine,
            "EngineVersion": group.release.running,
            "PreferredAvailabilityZone": self.zone,
            "PreferredMaintenanceWindow": group.preferred_maintenance_window,
            "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
            "CacheSecurityGroups": [],
            "SecurityGroups": [{"SecurityGroupId": id_, "Status": "active"} for id_ in group.security_group_ids],
            "CacheParameterGroup": {
                "CacheParameterGroupName": group.cache_parameter_group_name,
                "ParameterApplyStatus": "in-sync",
                "CacheNodeIdsToReboot": [],
            },
            "CacheSubnetGroupName": group.cache_subnet_group_name,
            "SnapshotRetentionLimit": group.snapshot_retention_limit if self is group.snapshotting_member else 0,
            "SnapshotWindow": group.snapshot_window,
            "AuthTokenEnabled": group.auth_token_enabled,
            "TransitEncryptionEnabled": group.transit_encryption_enabled,
            "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
            "ReplicationGroupLogDeliveryEnabled": bool(group.log_delivery_configurations),
            "LogDeliveryConfigurations": [],
            "NetworkType": group.network_type,
            "IpDiscovery": group.ip_discovery,
            "PendingModifiedValues": group.pending_modified_values,
        }
        if group.transit_encryption_enabled:
            description["TransitEncryptionMode"] = group.transit_encryption_mode
        if group.notification_topic_arn:
            description["NotificationConfiguration"] = {
                "TopicArn": group.notification_topic_arn,
                "TopicStatus": group.notification_topic_status,
            }
        if with_nodes:
            node = {
                "CacheNodeId": "0001",
                "CacheNodeStatus": "available",
                "CacheNodeCreateTime": self.created,
                "Endpoint": self.endpoint,
                "ParameterGroupStatus": "in-sync",
                "CustomerAvailabilityZone": self.zone,
            }
            description["CacheNodes"] = [node]
        return description


@dataclass(kw_only=True, eq=False)
class Shard:
    """A node group: one primary and its replicas."""

    node_group_id: str
    members: list[MemberCluster] = field(default_factory=list)
    primary: MemberCluster | None = None

    @property
    def replicas(self) -> list[MemberCluster]:
        return [member for member in self.members if member is not self.primary]


@dataclass(kw_only=True, eq=False)
class ReplicationGroup:
    """The settings of a group, named like the parameters of CreateReplicationGroup."""

    replication_group_id: str
    arn: str
    region_code: str
    """The region in host names, such as ``euw3``."""
    replication_group_description: str
    cache_node_type: str
    release: EngineVersion
    cache_parameter_group_name: str
    cache_subnet_group_name: str
    cluster_enabled: bool = False
    cluster_mode: str = "disabled"
    automatic_failover_enabled: bool = False
    multi_az_enabled: bool = False
    port: int = 6379
    security_group_ids: list[str] = field(default_factory=list)
    preferred_maintenance_window: str = "sun:05:00-sun:06:00"
    snapshot_window: str = "03:00-04:00"
    snapshot_retention_limit: int = 0
    notification_topic_arn: str | None = None
    notification_topic_status: str = "active"
    auto_minor_version_upgrade: bool = True
    auth_token_enabled: bool = False
    auth_token: str | None = None
    auth_token_changed: datetime | None = None
    transit_encryption_enabled: bool = False
    transit_encryption_mode: str = "required"
    at_rest_encryption_enabled: bool = False
    kms_key_id: str | None = None
    user_group_ids: list[str] = field(default_factory=list)
    log_delivery_configurations: list[dict[str, Any]] = field(default_factory=list)
    data_tiering_enabled: bool = False
    network_type: str = "ipv4"
    ip_discovery: str = "ipv4"
    failovers: int = 0
    """How often another member became primary. The group's host restarts the server when this grows."""
    shards: list[Shard] = field(default_factory=list)
    waiting_changes: dict[str, Any] = field(default_factory=dict)
    """What waits for the maintenance window, under the names of this class."""
    waits_since: datetime = field(default_factory=maintenance_window.now)
    created: datetime = field(default_factory=utcnow)
    label: str = field(
        default_factory=lambda: "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
    )
    """The random part of the host names."""

    @property
    def members(self) -> list[MemberCluster]:
        return [member for shard in self.shards for member in shard.members]

    @property
    def pending_modified_values(self) -> dict[str, Any]:
        """What waits for the maintenance window, as DescribeCacheClusters answers it for each member."""
        waiting = {"CacheNodeType": self.waiting_changes.get("cache_node_type")}
        release = self.waiting_changes.get("release")
        waiting["EngineVersion"] = release and release.running
        return {name: value for name, value in waiting.items() if value}

    @property
    def node_groups(self) -> list[Shard]:
        """The shards under moto's name: its CreateSnapshot counts them."""
        return self.shards

    @property
    def snapshotting_member(self) -> MemberCluster | None:
        """The member that daily snapshots are taken from: a replica if there is one."""
        if not self.snapshot_retention_limit:
            return None
        return next((replica for shard in self.shards for replica in shard.replicas), self.members[0])

    def endpoint(self, host: str) -> dict[str, Any]:
        """The address of a member by its id, or of ``master``, ``replica`` or ``clustercfg``.

        With TLS, the name of the group is a domain, so one wildcard certificate covers all members.
        """
        name = (
            f"{host}.{{group}}.{{label}}"
            if self.transit_encryption_enabled
            else PLAIN_HOSTS.get(host, f"{host}.{{label}}.0001")
        )
        address = name.format(group=self.replication_group_id, label=self.label)
        return {"Address": f"{address}.{self.region_code}.cache.amazonaws.com", "Port": self.port}

    def describe(self) -> dict[str, Any]:
        """As DescribeReplicationGroups answers it."""
        description: dict[str, Any] = {
            "ReplicationGroupId": self.replication_group_id,
            "ARN": self.arn,
            "Description": self.replication_group_description,
            "Status": "available",
            "Engine": self.release.engine,
            "CacheNodeType": self.cache_node_type,
            "MemberClusters": [member.cache_cluster_id for member in self.members],
            "NodeGroups": [self._describe_shard(shard) for shard in self.shards],
            "AutomaticFailover": "enabled" if self.automatic_failover_enabled else "disabled",
            "MultiAZ": "enabled" if self.multi_az_enabled else "disabled",
            "ClusterEnabled": self.cluster_enabled,
            "ClusterMode": self.cluster_mode,
            "SnapshotRetentionLimit": self.snapshot_retention_limit,
            "SnapshotWindow": self.snapshot_window,
            "AuthTokenEnabled": self.auth_token_enabled,
            "TransitEncryptionEnabled": self.transit_encryption_enabled,
            "AtRestEncryptionEnabled": self.at_rest_encryption_enabled,
            "UserGroupIds": self.user_group_ids,
            "LogDeliveryConfigurations": [
                {**configuration, "Status": "active"} for configuration in self.log_delivery_configurations
            ],
            "ReplicationGroupCreateTime": self.created,
            "DataTiering": "enabled" if self.data_tiering_enabled else "disabled",
            "AutoMinorVersionUpgrade": self.auto_minor_version_upgrade,
            "NetworkType": self.network_type,
            "IpDiscovery": self.ip_discovery,
            "GlobalReplicationGroupInfo": {},
            "PendingModifiedValues": {},
        }
        if self.cluster_enabled:
            description["ConfigurationEndpoint"] = self.endpoint("clustercfg")
        if self.snapshotting_member:
            description["SnapshottingClusterId"] = self.snapshotting_member.cache_cluster_id
        if self.auth_token_changed:
            description["AuthTokenLastModifiedDate"] = self.auth_token_changed
        if self.transit_encryption_enabled:
            description["TransitEncryptionMode"] = self.transit_encryption_mode
        if self.kms_key_id:
            description["KmsKeyId"] = self.kms_key_id
        return description

    def _describe_shard(self, shard: Shard) -> dict[str, Any]:
        members: list[dict[str, Any]] = [
            {
                "CacheClusterId": member.cache_cluster_id,
                "CacheNodeId": "0001",
                "PreferredAvailabilityZone": member.zone,
            }
            for member in shard.members
        ]
        description: dict[str, Any] = {
            "NodeGroupId": shard.node_group_id,
            "Status": "available",
            "NodeGroupMembers": members,
        }
        if self.cluster_enabled:  # clients ask the cluster for the roles
            description["Slots"] = _slots(self.shards.index(shard), len(self.shards))
            return description
        description["PrimaryEndpoint"] = self.endpoint("master")
        description["ReaderEndpoint"] = self.endpoint("replica")
        for entry, member in zip(members, shard.members, strict=True):
            entry["ReadEndpoint"] = member.endpoint
            entry["CurrentRole"] = "primary" if member is shard.primary else "replica"
        return description


def _slots(index: int, shards: int) -> str:
    """The range of the 16384 hash slots of shard ``index``."""
    bounds = [16384 * i // shards for i in (index, index + 1)]
    return f"{bounds[0]}-{bounds[1] - 1}"
