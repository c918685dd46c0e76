"""``aws.elasticache.ReplicationGroup``: a Valkey or Redis cache of a primary node and its replicas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.data_stores import tagging
from sandbox.provider.aws.elasticache import log_delivery
from sandbox.provider.aws.tags import to_records

ON_THE_GROUP = Shape(
    {
        "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
        "description": "Description",
        "kmsKeyId": "KmsKeyId",
        "nodeType": "CacheNodeType",
        "replicationGroupId": "ReplicationGroupId",
        "snapshotRetentionLimit": "SnapshotRetentionLimit",
        "snapshotWindow": "SnapshotWindow",
        "transitEncryptionEnabled": "TransitEncryptionEnabled",
    }
)
"""What DescribeReplicationGroups answers about the group itself."""

ON_A_MEMBER = Shape(
    {
        "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
        "engine": "Engine",
        "engineVersion": "EngineVersion",
        "maintenanceWindow": "PreferredMaintenanceWindow",
        "subnetGroupName": "CacheSubnetGroupName",
    }
)
"""What only DescribeCacheClusters answers, the same for every member."""

CREATED = Shape(
    {
        **{name: field for name, field in ON_THE_GROUP.fields.items() if name != "description"},
        **ON_A_MEMBER.fields,
        "authToken": "AuthToken",
        "automaticFailoverEnabled": "AutomaticFailoverEnabled",
        "description": "ReplicationGroupDescription",
        "multiAzEnabled": "MultiAZEnabled",
        "notificationTopicArn": "NotificationTopicArn",
        "numCacheClusters": "NumCacheClusters",
        "parameterGroupName": "CacheParameterGroupName",
        "port": "Port",
        "securityGroupIds": "SecurityGroupIds",
        "snapshotName": "SnapshotName",
    }
)
"""The arguments of CreateReplicationGroup, but for tags and log delivery."""

MODIFIED = Shape(
    {
        name: CREATED.fields[name]
        for name in (
            "autoMinorVersionUpgrade",
            "automaticFailoverEnabled",
            "description",
            "engine",
            "engineVersion",
            "maintenanceWindow",
            "multiAzEnabled",
            "nodeType",
            "notificationTopicArn",
            "parameterGroupName",
            "securityGroupIds",
            "snapshotRetentionLimit",
            "snapshotWindow",
            "transitEncryptionEnabled",
        )
    }
)
"""The arguments of ModifyReplicationGroup that simply take the new value."""


@adapter
class ReplicationGroup(Adapter):
    """Its id is its name, which AWS keeps in lower case."""

    token = "aws:elasticache/replicationGroup:ReplicationGroup"
    service = "elasticache"
    tagging = tagging("elasticache")
    not_found = ("ReplicationGroupNotFoundFault",)
    emulation = "no cache runs: settings, members and endpoints are kept, and nothing answers at the endpoints"
    properties = {
        "applyImmediately": Property(default=False, write_only=True),
        "atRestEncryptionEnabled": Property(computed=True, replaces=True),
        "authToken": Property(secret=True, write_only=True),
        "authTokenUpdateStrategy": Property(default="ROTATE", write_only=True),
        "autoMinorVersionUpgrade": Property(computed=True),
        "automaticFailoverEnabled": Property(default=False),
        "description": Property(required=True),
        "engine": Property(default="redis"),
        "engineVersion": Property(computed=True),
        "finalSnapshotIdentifier": Property(write_only=True),
        "kmsKeyId": Property(replaces=True),
        "logDeliveryConfigurations": Property(unordered=True),
        "maintenanceWindow": Property(computed=True),
        "multiAzEnabled": Property(default=False),
        "nodeType": Property(computed=True),
        "notificationTopicArn": Property(),
        "numCacheClusters": Property(computed=True),
        "parameterGroupName": Property(computed=True),
        "port": Property(replaces=True, default=6379),
        "replicationGroupId": Property(replaces=True, autoname=AutoName(max_length=40, lowercase=True)),
        "securityGroupIds": Property(computed=True, unordered=True),
        "snapshotName": Property(replaces=True, write_only=True),
        "snapshotRetentionLimit": Property(default=0),
        "snapshotWindow": Property(computed=True),
        "subnetGroupName": Property(computed=True, replaces=True),
        "tags": TAGS,
        "transitEncryptionEnabled": Property(computed=True),
    }
    outputs = (
        "arn",
        "clusterEnabled",
        "clusterMode",
        "configurationEndpointAddress",
        "engineVersionActual",
        "memberClusters",
        "numNodeGroups",
        "primaryEndpointAddress",
        "readerEndpointAddress",
        "replicasPerNodeGroup",
    )
    volatile_outputs = ("engineVersionActual", "memberClusters")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        problems = []
        if inputs.get("multiAzEnabled") and inputs.get("automaticFailoverEnabled") is False:
            problems.append(("multiAzEnabled", "got True, expected automaticFailoverEnabled with it"))
        if inputs.get("automaticFailoverEnabled") and inputs.get("numCacheClusters", 2) < 2:
            problems.append(("automaticFailoverEnabled", "got True, expected numCacheClusters of 2 or more with it"))
        return problems

    def replaced(self, old: Values, new: Values) -> frozenset[str]:
        """ElastiCache goes from Redis to Valkey and to newer versions only. The official provider replaces the group
        for any other change of the two."""
        engines = old.get("engine", "redis"), new.get("engine", "redis")
        replaces = {"engine"} if engines[0] != engines[1] and engines != ("redis", "valkey") else set()
        before, after = old.get("engineVersion"), new.get("engineVersion")
        if isinstance(before, str) and isinstance(after, str) and _numbers(after) < _numbers(before):
            replaces.add("engineVersion")
        return frozenset(replaces)

    def create(self, aws: Aws, inputs: Values) -> str:
        deliveries = log_delivery.requests([], inputs.get("logDeliveryConfigurations") or [])
        answer = aws.client("elasticache").create_replication_group(
            **CREATED.to_aws(inputs),
            **({"LogDeliveryConfigurations": deliveries} if deliveries else {}),
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["ReplicationGroup"]["ReplicationGroupId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._wait_available(aws, id)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        group = _find(aws, id)
        if group is None or group["Status"] == "deleting":
            return None
        member = _first_member(aws, group)
        shards = group["NodeGroups"]
        return {
            **ON_THE_GROUP.from_aws(group),
            **ON_A_MEMBER.from_aws(member),
            "automaticFailoverEnabled": group["AutomaticFailover"] in {"enabled", "enabling"},
            "engineVersion": _major_minor(member["EngineVersion"]),
            "logDeliveryConfigurations": log_delivery.as_written(group.get("LogDeliveryConfigurations", [])),
            "multiAzEnabled": group.get("MultiAZ") == "enabled",
            "notificationTopicArn": _topic(member),
            "numCacheClusters": len(group["MemberClusters"]),
            "numNodeGroups": len(shards),
            "parameterGroupName": member.get("CacheParameterGroup", {}).get("CacheParameterGroupName"),
            "port": _port(group),
            "replicasPerNodeGroup": len(group["MemberClusters"]) // len(shards) - 1,
            "securityGroupIds": [item["SecurityGroupId"] for item in member.get("SecurityGroups", [])],
            "tags": self.tagging.read(aws, group["ARN"]),
            "arn": group["ARN"],
            "clusterEnabled": group["ClusterEnabled"],
            "clusterMode": group.get("ClusterMode"),
            "configurationEndpointAddress": group.get("ConfigurationEndpoint", {}).get("Address"),
            "engineVersionActual": member["EngineVersion"],
            "memberClusters": group["MemberClusters"],
            "primaryEndpointAddress": shards[0].get("PrimaryEndpoint", {}).get("Address"),
            "readerEndpointAddress": shards[0].get("ReaderEndpoint", {}).get("Address"),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        members = len(_existing(aws, id)["MemberClusters"])
        wanted = new.get("numCacheClusters") or members
        # Failover needs a replica: replicas are added before it is turned on, and removed after it is turned off.
        if wanted > members:
            self._resize(aws, id, "increase_replica_count", wanted)
        if modification := _modification(old, new, changed):
            aws.client("elasticache").modify_replication_group(
                ReplicationGroupId=id, ApplyImmediately=new["applyImmediately"], **modification
            )
            self._wait_available(aws, id)
        if wanted < members:
            self._resize(aws, id, "decrease_replica_count", wanted)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        snapshot = state.get("finalSnapshotIdentifier")
        aws.client("elasticache").delete_replication_group(
            ReplicationGroupId=id, **({"FinalSnapshotIdentifier": snapshot} if snapshot else {})
        )
        aws.wait(f"deletion of cache {id}", lambda: _find(aws, id) is None)

    def _resize(self, aws: Aws, id: str, operation: str, members: int) -> None:
        # One of the members is the primary; AWS refuses to put this off to the maintenance window.
        getattr(aws.client("elasticache"), operation)(
            ReplicationGroupId=id, NewReplicaCount=members - 1, ApplyImmediately=True
        )
        self._wait_available(aws, id)

    def _wait_available(self, aws: Aws, id: str) -> None:
        aws.wait(f"cache {id} to be available", lambda: bool(_existing(aws, id)["Status"] == "available"))


def _modification(old: Values, new: Values, changed: frozenset[str]) -> dict[str, Any]:
    """The arguments of ModifyReplicationGroup for the properties that change."""
    arguments = MODIFIED.to_aws({name: new.get(name) for name in changed})
    if "notificationTopicArn" in changed:
        # AWS remembers the topic of a cache that no longer notifies anybody.
        arguments["NotificationTopicStatus"] = "active" if new.get("notificationTopicArn") else "inactive"
    if "authToken" in changed:
        removed = "authToken" not in new
        arguments["AuthToken"] = old["authToken"] if removed else new["authToken"]
        arguments["AuthTokenUpdateStrategy"] = "DELETE" if removed else new["authTokenUpdateStrategy"]
    if "logDeliveryConfigurations" in changed:
        before, after = (values.get("logDeliveryConfigurations") or [] for values in (old, new))
        arguments["LogDeliveryConfigurations"] = log_delivery.requests(before, after)
    return arguments


def _existing(aws: Aws, id: str) -> Mapping[str, Any]:
    answer = aws.client("elasticache").describe_replication_groups(ReplicationGroupId=id)
    group: Mapping[str, Any] = answer["ReplicationGroups"][0]
    return group


def _find(aws: Aws, id: str) -> Mapping[str, Any] | None:
    """The group, or ``None`` when it is gone."""
    try:
        return _existing(aws, id)
    except ClientError as error:
        if error.response["Error"]["Code"] in ReplicationGroup.not_found:
            return None
        raise


def _first_member(aws: Aws, group: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = aws.client("elasticache").describe_cache_clusters(CacheClusterId=group["MemberClusters"][0])
    member: Mapping[str, Any] = answer["CacheClusters"][0]
    return member


def _major_minor(version: str) -> str:
    """The part of a version that a program chooses: ElastiCache keeps the rest up to date by itself."""
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, ...]:
    """A version to compare. ``6.x`` is the newest of 6."""
    return tuple(int(part) if part.isdecimal() else 99 for part in version.split("."))


def _topic(member: Mapping[str, Any]) -> str | None:
    notification = member.get("NotificationConfiguration", {})
    return None if notification.get("TopicStatus") == "inactive" else notification.get("TopicArn")


def _port(group: Mapping[str, Any]) -> int | None:
    endpoint = group.get("ConfigurationEndpoint") or group["NodeGroups"][0].get("PrimaryEndpoint", {})
    port: int | None = endpoint.get("Port")
    return port
