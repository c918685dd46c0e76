"""ElastiCache of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.emulator import maintenance_window
from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"


@pytest.fixture
def elasticache(embedded_aws: None) -> Any:
    """A client of an empty region that has the subnet group ``private`` over three zones."""
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("abc")
    ]
    elasticache = client("elasticache", REGION)
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="private",
        CacheSubnetGroupDescription="Caches",
        SubnetIds=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
    )
    return elasticache


def create_group(elasticache: Any, **changes: Any) -> dict[str, Any]:
    """A group as prod makes it: a primary and a replica, TLS and a token; ``changes`` override, None leaves out."""
    settings = {
        "ReplicationGroupId": "prod",
        "ReplicationGroupDescription": "Magento cache",
        "Engine": "valkey",
        "EngineVersion": "8.0",
        "CacheNodeType": "cache.r7g.large",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "CacheSubnetGroupName": "private",
        "TransitEncryptionEnabled": True,
        "AtRestEncryptionEnabled": True,
        "AuthToken": "a-token-of-20-letters",
        "Tags": [{"Key": "Client", "Value": "client"}],
    }
    sent = {name: value for name, value in (settings | changes).items() if value is not None}
    group: dict[str, Any] = elasticache.create_replication_group(**sent)["ReplicationGroup"]
    return group


def roles(group: dict[str, Any]) -> dict[str, str]:
    """Each member's id and its role."""
    return {m["CacheClusterId"]: m["CurrentRole"] for m in group["NodeGroups"][0]["NodeGroupMembers"]}


def test_every_member_is_a_cache_cluster_with_the_groups_settings(elasticache: Any) -> None:
    """There are NumCacheClusters of them, in the availability zones of the subnet group."""
    assert create_group(elasticache)["MemberClusters"] == ["prod-001", "prod-002"]
    clusters = elasticache.describe_cache_clusters()["CacheClusters"]
    zones = {cluster["CacheClusterId"]: cluster["PreferredAvailabilityZone"] for cluster in clusters}
    assert zones == {"prod-001": "eu-west-3a", "prod-002": "eu-west-3b"}
    replica = clusters[1]
    assert (replica["Engine"], replica["EngineVersion"]) == ("valkey", "8.0.1")
    assert replica["CacheSubnetGroupName"] == "private"
    assert replica["CacheParameterGroup"]["CacheParameterGroupName"] == "default.valkey8"
    assert replica["ReplicationGroupId"] == "prod"


def test_members_follow_the_zones_asked_for(elasticache: Any) -> None:
    create_group(elasticache, PreferredCacheClusterAZs=["eu-west-3c", "eu-west-3a"])
    [primary] = elasticache.describe_cache_clusters(CacheClusterId="prod-001")["CacheClusters"]
    assert primary["PreferredAvailabilityZone"] == "eu-west-3c"


def test_endpoints_are_in_the_groups_region(elasticache: Any) -> None:
    """With TLS the primary is ``master.<group>…``, as AWS names it."""
    [shard] = create_group(elasticache)["NodeGroups"]
    assert shard["PrimaryEndpoint"]["Address"].startswith("master.prod.")
    assert shard["ReaderEndpoint"]["Address"].startswith("replica.prod.")
    assert shard["PrimaryEndpoint"]["Address"].endswith(".euw3.cache.amazonaws.com")


def test_endpoints_without_tls_are_named_after_the_group(elasticache: Any) -> None:
    group = create_group(elasticache, TransitEncryptionEnabled=False, AuthToken=None)
    assert group["NodeGroups"][0]["PrimaryEndpoint"]["Address"].startswith("prod.")


def test_nodes_are_shown_only_when_asked_for(elasticache: Any) -> None:
    create_group(elasticache)
    [bare] = elasticache.describe_cache_clusters(CacheClusterId="prod-001")["CacheClusters"]
    assert "CacheNodes" not in bare
    [full] = elasticache.describe_cache_clusters(CacheClusterId="prod-001", ShowCacheNodeInfo=True)["CacheClusters"]
    assert full["CacheNodes"][0]["Endpoint"]["Address"].startswith("prod-001.prod.")


def test_encryption_and_token_read_back_without_the_token(elasticache: Any) -> None:
    group = create_group(elasticache)
    assert group["TransitEncryptionEnabled"]
    assert group["TransitEncryptionMode"] == "required"
    assert group["AtRestEncryptionEnabled"]
    assert group["AuthTokenEnabled"]
    assert "a-token-of-20-letters" not in str(group)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"NumCacheClusters": 1, "MultiAZEnabled": False}, id="failover with one cluster"),
        pytest.param({"AutomaticFailoverEnabled": False}, id="multi-AZ without failover"),
        pytest.param({"TransitEncryptionEnabled": False}, id="token without TLS"),
        pytest.param({"EngineVersion": "9.9"}, id="unknown version"),
    ],
)
def test_combinations_that_aws_refuses(elasticache: Any, changes: dict[str, Any]) -> None:
    """A refused request leaves no group and no cluster behind."""
    with aws_refuses("InvalidParameterCombination"):
        create_group(elasticache, **changes)
    assert elasticache.describe_replication_groups()["ReplicationGroups"] == []
    assert elasticache.describe_cache_clusters()["CacheClusters"] == []


@pytest.mark.parametrize("node_type", ["r7g.large", "cache.z9.large", "cache.r7g.tiny", "cache.r7g.large\n"])
def test_a_node_type_that_is_none_is_refused(elasticache: Any, node_type: str) -> None:
    with aws_refuses("InvalidParameterValue", "parameter CacheNodeType has an invalid value"):
        create_group(elasticache, CacheNodeType=node_type)
    create_group(elasticache)
    with aws_refuses("InvalidParameterValue", "parameter CacheNodeType has an invalid value"):
        elasticache.modify_replication_group(ReplicationGroupId="prod", CacheNodeType=node_type)


def test_modification_reaches_the_members(elasticache: Any) -> None:
    create_group(elasticache)
    elasticache.modify_replication_group(
        ReplicationGroupId="prod",
        CacheNodeType="cache.r7g.xlarge",
        EngineVersion="8.1",
        SnapshotRetentionLimit=7,
        PreferredMaintenanceWindow="mon:01:00-mon:02:00",
        ApplyImmediately=True,
    )
    [group] = elasticache.describe_replication_groups(ReplicationGroupId="prod")["ReplicationGroups"]
    assert group["SnapshottingClusterId"] == "prod-002"
    [primary] = elasticache.describe_cache_clusters(CacheClusterId="prod-001")["CacheClusters"]
    assert primary["CacheNodeType"] == "cache.r7g.xlarge"
    assert primary["EngineVersion"] == "8.1.0"
    assert primary["PreferredMaintenanceWindow"] == "mon:01:00-mon:02:00"


def test_a_change_waits_for_the_window_unless_it_is_to_be_made_now(
    elasticache: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another line of Valkey has another parameter group, and the old one cannot be deleted while the change waits."""
    for line in ("8", "9"):
        elasticache.create_cache_parameter_group(
            CacheParameterGroupName=f"line-{line}", CacheParameterGroupFamily=f"valkey{line}", Description="A line"
        )
    create_group(elasticache, CacheParameterGroupName="line-8")
    with aws_refuses("InvalidParameterCombination", "Expected a parameter group of family valkey9"):
        elasticache.modify_replication_group(ReplicationGroupId="prod", EngineVersion="9.0")
    elasticache.modify_replication_group(
        ReplicationGroupId="prod", EngineVersion="9.0", CacheParameterGroupName="line-9", SnapshotRetentionLimit=7
    )

    def found() -> tuple[str, str, dict[str, Any]]:
        [group] = elasticache.describe_replication_groups(ReplicationGroupId="prod")["ReplicationGroups"]
        assert group["SnapshotRetentionLimit"] == 7
        [node] = elasticache.describe_cache_clusters(CacheClusterId="prod-001")["CacheClusters"]
        parameters = node["CacheParameterGroup"]["CacheParameterGroupName"]
        return node["EngineVersion"], parameters, node["PendingModifiedValues"]

    assert found() == ("8.0.1", "line-8", {"EngineVersion": "9.0.0"})
    with aws_refuses("InvalidCacheParameterGroupState"):
        elasticache.delete_cache_parameter_group(CacheParameterGroupName="line-8")
    monkeypatch.setattr(maintenance_window, "now", lambda: datetime.now(UTC) + timedelta(days=7))
    assert found() == ("9.0.0", "line-9", {})
    elasticache.delete_cache_parameter_group(CacheParameterGroupName="line-8")


def test_what_waits_is_made_with_the_next_change_that_is_made_now(elasticache: Any) -> None:
    create_group(elasticache)
    elasticache.modify_replication_group(ReplicationGroupId="prod", CacheNodeType="cache.r7g.xlarge")
    elasticache.modify_replication_group(ReplicationGroupId="prod", EngineVersion="8.1", ApplyImmediately=True)
    [node] = elasticache.describe_cache_clusters(CacheClusterId="prod-001")["CacheClusters"]
    assert (node["CacheNodeType"], node["EngineVersion"]) == ("cache.r7g.xlarge", "8.1.0")
    assert node["PendingModifiedValues"] == {}


def test_a_refused_modification_changes_nothing(elasticache: Any) -> None:
    before = create_group(elasticache, NumCacheClusters=1, AutomaticFailoverEnabled=False, MultiAZEnabled=False)
    with aws_refuses("InvalidParameterCombination"):
        elasticache.modify_replication_group(
            ReplicationGroupId="prod", AutomaticFailoverEnabled=True, SnapshotRetentionLimit=7
        )
    assert elasticache.describe_replication_groups(ReplicationGroupId="prod")["ReplicationGroups"] == [before]


def test_failover_swaps_the_roles_and_is_an_event(elasticache: Any) -> None:
    create_group(elasticache)
    failed_over = elasticache.test_failover(ReplicationGroupId="prod", NodeGroupId="0001")["ReplicationGroup"]
    assert roles(failed_over) == {"prod-001": "replica", "prod-002": "primary"}
    events = elasticache.describe_events(SourceType="replication-group", SourceIdentifier="prod")["Events"]
    assert "Failover from primary node prod-001 to replica node prod-002 completed" in [e["Message"] for e in events]


def test_failover_needs_a_replica(elasticache: Any) -> None:
    create_group(elasticache, NumCacheClusters=1, AutomaticFailoverEnabled=False, MultiAZEnabled=False)
    with aws_refuses("InvalidReplicationGroupState"):
        elasticache.test_failover(ReplicationGroupId="prod", NodeGroupId="0001")


def test_scaling_keeps_the_primary(elasticache: Any) -> None:
    """After a failover the promoted replica survives a decrease to one replica."""
    create_group(elasticache)
    elasticache.increase_replica_count(ReplicationGroupId="prod", NewReplicaCount=2, ApplyImmediately=True)
    [third] = elasticache.describe_cache_clusters(CacheClusterId="prod-003")["CacheClusters"]
    assert third["PreferredAvailabilityZone"] == "eu-west-3c"
    elasticache.modify_replication_group(ReplicationGroupId="prod", PrimaryClusterId="prod-003")
    answer = elasticache.decrease_replica_count(ReplicationGroupId="prod", NewReplicaCount=1, ApplyImmediately=True)
    assert roles(answer["ReplicationGroup"]) == {"prod-001": "replica", "prod-003": "primary"}
    with aws_refuses("CacheClusterNotFound"):
        elasticache.describe_cache_clusters(CacheClusterId="prod-002")


def test_a_deleted_group_is_gone_with_its_members_and_leaves_its_final_snapshot(elasticache: Any) -> None:
    create_group(elasticache)
    elasticache.delete_replication_group(ReplicationGroupId="prod", FinalSnapshotIdentifier="last")
    with aws_refuses("ReplicationGroupNotFoundFault"):
        elasticache.describe_replication_groups(ReplicationGroupId="prod")
    assert elasticache.describe_cache_clusters()["CacheClusters"] == []
    assert elasticache.describe_snapshots(SnapshotName="last")["Snapshots"][0]["SnapshotStatus"] == "available"


def test_a_member_is_not_deleted_without_its_group(elasticache: Any) -> None:
    create_group(elasticache)
    with aws_refuses("InvalidCacheClusterState"):
        elasticache.delete_cache_cluster(CacheClusterId="prod-002")


def test_parameter_group_keeps_what_the_user_set(elasticache: Any) -> None:
    group = {"CacheParameterGroupName": "magento"}
    elasticache.create_cache_parameter_group(**group, CacheParameterGroupFamily="valkey8", Description="Magento")
    elasticache.modify_cache_parameter_group(
        **group,
        ParameterNameValues=[
            {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"},
            {"ParameterName": "timeout", "ParameterValue": "300"},
        ],
    )
    elasticache.reset_cache_parameter_group(**group, ParameterNameValues=[{"ParameterName": "timeout"}])
    [own] = elasticache.describe_cache_parameters(**group, Source="user")["Parameters"]
    assert (own["ParameterName"], own["ParameterValue"]) == ("maxmemory-policy", "allkeys-lru")
    system = elasticache.describe_cache_parameters(**group, Source="system")["Parameters"]
    assert {p["ParameterName"]: p["ParameterValue"] for p in system}["timeout"] == "0"


def test_a_fixed_parameter_is_not_changed(elasticache: Any) -> None:
    """And the list says which changes wait for a reboot."""
    group = {"CacheParameterGroupName": "magento"}
    elasticache.create_cache_parameter_group(**group, CacheParameterGroupFamily="valkey8", Description="Magento")
    with aws_refuses("InvalidParameterValue", "not modifiable"):
        elasticache.modify_cache_parameter_group(
            **group, ParameterNameValues=[{"ParameterName": "replica-allow-chaining", "ParameterValue": "no"}]
        )
    listed = {each["ParameterName"]: each for each in elasticache.describe_cache_parameters(**group)["Parameters"]}
    assert listed["databases"]["ChangeType"] == "requires-reboot"
    assert listed["maxmemory-policy"]["ChangeType"] == "immediate"
    assert listed["replica-allow-chaining"]["IsModifiable"] is False


def test_parameter_group_of_a_family_that_does_not_exist_is_refused(elasticache: Any) -> None:
    with aws_refuses("InvalidParameterValue"):
        elasticache.create_cache_parameter_group(
            CacheParameterGroupName="magento", CacheParameterGroupFamily="valkey99", Description="Magento"
        )


def test_groups_in_use_are_not_deleted(elasticache: Any) -> None:
    """Subnet and parameter group outlive their cluster, and can go after it."""
    elasticache.create_cache_parameter_group(
        CacheParameterGroupName="magento", CacheParameterGroupFamily="valkey8", Description="Magento"
    )
    create_group(elasticache, CacheParameterGroupName="magento")
    with aws_refuses("InvalidCacheParameterGroupState"):
        elasticache.delete_cache_parameter_group(CacheParameterGroupName="magento")
    with aws_refuses("CacheSubnetGroupInUse"):
        elasticache.delete_cache_subnet_group(CacheSubnetGroupName="private")
    elasticache.delete_replication_group(ReplicationGroupId="prod")
    elasticache.delete_cache_parameter_group(CacheParameterGroupName="magento")
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName="private")
    assert elasticache.describe_cache_subnet_groups()["CacheSubnetGroups"] == []


def test_subnet_group_shows_zones_and_follows_a_change(elasticache: Any) -> None:
    [group] = elasticache.describe_cache_subnet_groups(CacheSubnetGroupName="private")["CacheSubnetGroups"]
    assert [s["SubnetAvailabilityZone"]["Name"] for s in group["Subnets"]] == [f"{REGION}{zone}" for zone in "abc"]
    fewer = [subnet["SubnetIdentifier"] for subnet in group["Subnets"][:2]]
    changed = elasticache.modify_cache_subnet_group(CacheSubnetGroupName="private", SubnetIds=fewer)["CacheSubnetGroup"]
    assert [subnet["SubnetIdentifier"] for subnet in changed["Subnets"]] == fewer
    assert changed["CacheSubnetGroupDescription"] == "Caches"


def test_tags_of_groups_are_listed_by_arn(elasticache: Any) -> None:
    group = elasticache.create_cache_parameter_group(
        CacheParameterGroupName="magento",
        CacheParameterGroupFamily="valkey8",
        Description="Magento",
        Tags=[{"Key": "System", "Value": "cache"}],
    )["CacheParameterGroup"]
    assert elasticache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"] == [
        {"Key": "System", "Value": "cache"}
    ]
    arn = create_group(elasticache)["ARN"]
    assert elasticache.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "Client", "Value": "client"}]


def test_log_deliveries_are_changed_by_type(elasticache: Any) -> None:
    """``Enabled`` false ends the delivery of its type and leaves the others."""

    def delivery(type_: str) -> dict[str, Any]:
        group = {"CloudWatchLogsDetails": {"LogGroup": f"/client/{type_}"}}
        return {
            "LogType": type_,
            "DestinationType": "cloudwatch-logs",
            "DestinationDetails": group,
            "LogFormat": "json",
        }

    create_group(elasticache, LogDeliveryConfigurations=[delivery("slow-log"), delivery("engine-log")])
    elasticache.modify_replication_group(
        ReplicationGroupId="prod", LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}]
    )
    [group] = elasticache.describe_replication_groups(ReplicationGroupId="prod")["ReplicationGroups"]
    assert [known["LogType"] for known in group["LogDeliveryConfigurations"]] == ["engine-log"]


def test_a_subnet_group_in_use_stays_in_its_vpc_and_keeps_the_zones_of_its_nodes(elasticache: Any) -> None:
    create_group(elasticache, NumCacheClusters=1, AutomaticFailoverEnabled=False, MultiAZEnabled=False)
    [group] = elasticache.describe_cache_subnet_groups(CacheSubnetGroupName="private")["CacheSubnetGroups"]
    [cluster] = elasticache.describe_cache_clusters()["CacheClusters"]
    in_use = cluster["PreferredAvailabilityZone"]
    others = [each["SubnetIdentifier"] for each in group["Subnets"] if each["SubnetAvailabilityZone"]["Name"] != in_use]
    with aws_refuses("SubnetInUse", "currently in use"):
        elasticache.modify_cache_subnet_group(CacheSubnetGroupName="private", SubnetIds=others)
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone=in_use)["Subnet"]["SubnetId"]
    with aws_refuses("InvalidSubnet", "not in the same VPC"):
        elasticache.modify_cache_subnet_group(CacheSubnetGroupName="private", SubnetIds=[subnet])
