"""Replication groups and the cache clusters in them: create, describe, modify, scale, fail over, delete."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, cycle, islice
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.elasticache.exceptions import ReplicationGroupAlreadyExists
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.elasticache import pending_changes
from sandbox.emulator.elasticache.engines import engine_version
from sandbox.emulator.elasticache.replication_group_model import MemberCluster, ReplicationGroup, Shard
from sandbox.emulator.elasticache.state import arn, backend_of, parameter_group, record_event
from sandbox.emulator.errors import AwsError
from sandbox.emulator.instance_types import Offer, is_offered
from sandbox.emulator.patching import operation, patch

SETTINGS = (
    "ReplicationGroupDescription", "CacheNodeType", "CacheParameterGroupName", "ClusterMode",
    "AutomaticFailoverEnabled", "MultiAZEnabled", "SecurityGroupIds", "PreferredMaintenanceWindow", "SnapshotWindow",
    "SnapshotRetentionLimit", "NotificationTopicArn", "NotificationTopicStatus", "AutoMinorVersionUpgrade",
    "TransitEncryptionEnabled", "TransitEncryptionMode", "NetworkType", "IpDiscovery",
)  # fmt: skip
"""Settings that can be changed later."""

FIXED_SETTINGS = (
    "Port",
    "CacheSubnetGroupName",
    "AtRestEncryptionEnabled",
    "KmsKeyId",
    "UserGroupIds",
    "DataTieringEnabled",
)
"""Settings that cannot be changed."""


@operation(ElastiCacheResponse)
def create_replication_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = backend_of(response)
    id_ = parameters["ReplicationGroupId"].lower()
    if id_ in backend.replication_groups:
        raise ReplicationGroupAlreadyExists(id_)
    _check_node_type(backend, parameters)
    release = engine_version(parameters.get("Engine", "redis"), parameters.get("EngineVersion"))
    settings = {
        "CacheParameterGroupName": release.default_parameter_group,
        "CacheSubnetGroupName": "default",
        "CacheNodeType": "cache.t4g.micro",
        **{name: parameters[name] for name in (*SETTINGS, *FIXED_SETTINGS) if name in parameters},
    }
    engine_parameters = parameter_group(backend, settings["CacheParameterGroupName"])
    _check_security_groups(backend, settings.get("SecurityGroupIds", []))
    shards = parameters.get("NumNodeGroups", 1)
    clustered = (
        shards > 1
        or parameters.get("ClusterMode") == "enabled"
        or engine_parameters.values.get("cluster-enabled") == "yes"
    )
    group = ReplicationGroup(
        replication_group_id=id_,
        arn=arn(backend, "replicationgroup", id_),
        region_code=RegionsAndZonesBackend.zones[backend.region_name][0].zone_id.partition("-")[0],
        release=release,
        cluster_enabled=clustered,
        **{xform_name(name): value for name, value in settings.items()},
    )
    pending_changes.check_family(backend, group, {})
    _deliver_logs(group, parameters.get("LogDeliveryConfigurations", []))
    group.cluster_mode = "enabled" if clustered else "disabled"
    if "AuthToken" in parameters:
        _set_auth_token(group, parameters["AuthToken"])
    replicas = parameters.get("ReplicasPerNodeGroup", parameters.get("NumCacheClusters", 1) - 1)
    _check_availability(group, replicas)
    zones = parameters.get("PreferredCacheClusterAZs") or _subnet_zones(backend, group.cache_subnet_group_name)
    for number in range(1, shards + 1):
        shard = Shard(node_group_id=f"{number:04d}")
        group.shards.append(shard)
        _resize(backend, group, shard, replicas, zones)
    backend.replication_groups[id_] = group
    backend.tagging_service.tag_resource(group.arn, parameters.get("Tags", []))
    record_event(backend, "replication-group", id_, f"Replication group {id_} created")
    return {"ReplicationGroup": group.describe()}


@operation(ElastiCacheResponse)
def describe_replication_groups(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    found = backend_of(response).describe_replication_groups(parameters.get("ReplicationGroupId"))
    pending_changes.make_due(found)
    return {"ReplicationGroups": [group.describe() for group in found]}


@operation(ElastiCacheResponse)
def modify_replication_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Another node type, engine version or parameter group waits for the maintenance window, unless ApplyImmediately is
    given."""
    backend = backend_of(response)
    group = _group(backend, parameters)
    _check_node_type(backend, parameters)
    changes = {xform_name(name): parameters[name] for name in SETTINGS if name in parameters}
    if "Engine" in parameters or "EngineVersion" in parameters:
        release = engine_version(parameters.get("Engine", group.release.engine), parameters.get("EngineVersion"))
        changes["release"] = release
        if group.cache_parameter_group_name.startswith("default."):
            changes.setdefault("cache_parameter_group_name", release.default_parameter_group)
    if "CacheParameterGroupName" in parameters:
        parameter_group(backend, parameters["CacheParameterGroupName"])
    _check_security_groups(backend, parameters.get("SecurityGroupIds", []))
    _check_availability(replace(group, **changes), min(len(shard.replicas) for shard in group.shards))
    pending_changes.check_family(backend, group, changes)
    made = pending_changes.postpone(group, changes, apply_immediately=parameters.get("ApplyImmediately", False))
    for name, value in made.items():
        setattr(group, name, value)
    _deliver_logs(group, parameters.get("LogDeliveryConfigurations", []))
    if parameters.get("AuthTokenUpdateStrategy") == "DELETE":
        group.auth_token_enabled, group.auth_token = False, None
    elif "AuthToken" in parameters:
        _set_auth_token(group, parameters["AuthToken"])
    removed = parameters.get("UserGroupIdsToRemove", [])
    kept = [id_ for id_ in group.user_group_ids if id_ not in removed]
    group.user_group_ids = [*kept, *parameters.get("UserGroupIdsToAdd", [])]
    if "PrimaryClusterId" in parameters:
        _promote(backend, group, group.shards[0], parameters["PrimaryClusterId"])
    return {"ReplicationGroup": group.describe()}


@operation(ElastiCacheResponse)
def delete_replication_group(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Delete at once. AWS takes minutes."""
    backend = backend_of(response)
    group = _group(backend, parameters)
    id_ = group.replication_group_id
    if "FinalSnapshotIdentifier" in parameters:
        backend.create_snapshot(parameters["FinalSnapshotIdentifier"], id_, None, group.kms_key_id, None)
    for member in group.members:
        del backend.cache_clusters[member.cache_cluster_id]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    del backend.replication_groups[id_]
    record_event(backend, "replication-group", id_, f"Replication group {id_} deleted")
    return {"ReplicationGroup": {**group.describe(), "Status": "deleting"}}


@operation(ElastiCacheResponse)
def test_failover(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = backend_of(response)
    group = _group(backend, parameters)
    wanted = parameters["NodeGroupId"]
    shard = next((shard for shard in group.shards if shard.node_group_id == wanted), None)
    if shard is None:
        raise AwsError("NodeGroupNotFoundFault", f"Node group {wanted} not found.")
    if not group.automatic_failover_enabled or not shard.replicas:
        raise AwsError(
            "InvalidReplicationGroupState",
            f"Replication group {group.replication_group_id} has no automatic failover to test.",
        )
    id_ = group.replication_group_id
    record_event(backend, "replication-group", id_, f"Test Failover API called for node group {wanted}")
    _promote(backend, group, shard, shard.replicas[0].cache_cluster_id)
    return {"ReplicationGroup": group.describe()}


@operation(ElastiCacheResponse)
def increase_replica_count(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _change_replica_count(response, parameters)


@operation(ElastiCacheResponse)
def decrease_replica_count(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _change_replica_count(response, parameters)


@operation(ElastiCacheResponse)
def describe_cache_clusters(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The members of replication groups and moto's single clusters."""
    pending_changes.make_due(backend_of(response).replication_groups.values())
    clusters = backend_of(response).describe_cache_clusters(parameters.get("CacheClusterId"))
    with_nodes = parameters.get("ShowCacheNodeInfo", False)
    alone = parameters.get("ShowCacheClustersNotInReplicationGroups", False)
    return {
        "CacheClusters": [
            cluster.describe(with_nodes=with_nodes) if isinstance(cluster, MemberCluster) else cluster
            for cluster in clusters
            if not (alone and isinstance(cluster, MemberCluster))
        ]
    }


@patch(
    "moto.elasticache.responses:ElastiCacheResponse.delete_cache_cluster",
    sha256="8ba0fa8193f793ec7df54e95dfe0f64aa07d34f8aaff1604ae918e3bdcf3f935",
    upstream="A deleted cache cluster stays listed with the status deleting.",
)
def delete_cache_cluster(original: Any, response: ElastiCacheResponse) -> ActionResult:
    """Delete a single cluster at once. A member of a replication group is refused."""
    clusters = backend_of(response).cache_clusters
    id_ = response._get_param("CacheClusterId")
    if isinstance(clusters.get(id_), MemberCluster):
        group = clusters[id_].group.replication_group_id
        raise AwsError("InvalidCacheClusterState", f"{id_} belongs to {group}: decrease that group's replica count.")
    answer = original(response)
    del clusters[id_]
    return answer


def _group(backend: Any, parameters: dict[str, Any]) -> ReplicationGroup:
    [group] = backend.describe_replication_groups(parameters["ReplicationGroupId"])
    found: ReplicationGroup = group
    return found


def _check_availability(group: ReplicationGroup, replicas: int) -> None:
    """Raise ``AwsError`` for automatic failover without a replica, or Multi-AZ without automatic failover."""
    if group.automatic_failover_enabled and not replicas and not group.cluster_enabled:
        raise AwsError(
            "InvalidParameterCombination", "Automatic failover requires at least two cache clusters in the group."
        )
    if group.multi_az_enabled and not group.automatic_failover_enabled:
        raise AwsError("InvalidParameterCombination", "Multi-AZ requires automatic failover to be enabled.")


def _check_node_type(backend: Any, parameters: dict[str, Any]) -> None:
    node_type = parameters.get("CacheNodeType")
    if node_type is not None and not is_offered(Offer.ELASTICACHE, node_type, backend.region_name):
        raise AwsError("InvalidParameterValue", f"The parameter CacheNodeType has an invalid value: {node_type}")


def _check_security_groups(backend: Any, ids: list[str]) -> None:
    from moto.ec2.models import ec2_backends  # late, as in moto: EC2 is slow to load

    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for id_ in ids:
        if ec2.get_security_group_from_id(id_) is None:
            raise AwsError("InvalidParameterValue", f"Security group {id_} does not exist.")


def _deliver_logs(group: ReplicationGroup, changes: list[dict[str, Any]]) -> None:
    """Replace the delivery of a log type by each change; ``Enabled`` false removes it."""
    deliveries = {delivery["LogType"]: delivery for delivery in group.log_delivery_configurations}
    for change in changes:
        if change.get("Enabled", True):
            deliveries[change["LogType"]] = {name: value for name, value in change.items() if name != "Enabled"}
        else:
            deliveries.pop(change["LogType"], None)
    group.log_delivery_configurations = list(deliveries.values())


def _set_auth_token(group: ReplicationGroup, token: str) -> None:
    if not group.transit_encryption_enabled:
        raise AwsError("InvalidParameterCombination", "An AUTH token requires in-transit encryption to be enabled.")
    if not 16 <= len(token) <= 128:
        raise AwsError("InvalidParameterValue", "The AUTH token must be 16 to 128 characters long.")
    group.auth_token_enabled, group.auth_token, group.auth_token_changed = True, token, utcnow()


def _subnet_zones(backend: Any, subnet_group: str) -> list[str]:
    """The availability zones for members: those of the subnet group, or all of the region."""
    if subnet_group == "default" and subnet_group not in backend.cache_subnet_groups:
        return [zone.name for zone in RegionsAndZonesBackend.zones[backend.region_name]]
    [group] = backend.describe_cache_subnet_groups(subnet_group)
    return [subnet["subnet_availability_zone"]["Name"] for subnet in group.subnets]


def _resize(backend: Any, group: ReplicationGroup, shard: Shard, replicas: int, zones: list[str]) -> None:
    """Add members to a shard, or remove its last replicas, until it has this many replicas."""
    prefix = group.replication_group_id
    if group.cluster_enabled:
        prefix = f"{prefix}-{shard.node_group_id}"
    ids = (f"{prefix}-{number:03d}" for number in count(1))
    for zone in islice(cycle(zones), len(shard.members), replicas + 1):
        id_ = next(id_ for id_ in ids if id_ not in backend.cache_clusters)
        member = MemberCluster(cache_cluster_id=id_, arn=arn(backend, "cluster", id_), zone=zone, group=group)
        shard.members.append(member)
        shard.primary = shard.primary or member
        backend.cache_clusters[id_] = member
        record_event(backend, "cache-cluster", id_, "Cache cluster created")
    for replica in shard.replicas[replicas:]:
        shard.members.remove(replica)
        del backend.cache_clusters[replica.cache_cluster_id]
        record_event(backend, "cache-cluster", replica.cache_cluster_id, "Cache cluster deleted")


def _change_replica_count(response: ElastiCacheResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = backend_of(response)
    group = _group(backend, parameters)
    replicas = parameters["NewReplicaCount"]
    _check_availability(group, replicas)
    for shard in group.shards:
        _resize(backend, group, shard, replicas, _subnet_zones(backend, group.cache_subnet_group_name))
    return {"ReplicationGroup": group.describe()}


def _promote(backend: Any, group: ReplicationGroup, shard: Shard, id_: str) -> None:
    """Make the member ``id_`` the primary of the shard, with an event."""
    promoted = next((member for member in shard.members if member.cache_cluster_id == id_), None)
    if promoted is None:
        raise AwsError("InvalidParameterValue", f"{id_} is not a member of {group.replication_group_id}.")
    if shard.primary is None or promoted is shard.primary:
        return
    demoted, shard.primary = shard.primary.cache_cluster_id, promoted
    group.failovers += 1
    message = f"Failover from primary node {demoted} to replica node {id_} completed"
    record_event(backend, "replication-group", group.replication_group_id, message)
