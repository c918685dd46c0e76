"""Both stacks can be destroyed completely once config no longer protects them, and not before; and made again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_replacement import SERVERS
from tests.platform.test_rows import tags
from tests.platform.test_server_rows import volumes

pytestmark = pytest.mark.long

STATE_BUCKET = "client-pulumi-state-storage"


def left(platform: Platform) -> dict[str, list[str]]:
    """What AWS's API shows beyond what a new account holds, by kind."""
    ec2, elb = platform.client("ec2"), platform.client("elbv2")
    beanstalk, iam = platform.client("elasticbeanstalk"), platform.client("iam")
    mine = [{"Name": "tag:ManagedBy", "Values": ["pulumi"]}]
    reservations = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    found = {
        "vpcs": [each["VpcId"] for each in ec2.describe_vpcs(Filters=mine)["Vpcs"]],
        "instances": [each["InstanceId"] for held in reservations["Reservations"] for each in held["Instances"]],
        "addresses": [each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]],
        "VPN connections": [
            each["VpnConnectionId"]
            for each in ec2.describe_vpn_connections()["VpnConnections"]
            if each["State"] != "deleted"
        ],
        "security groups": [each["GroupId"] for each in ec2.describe_security_groups(Filters=mine)["SecurityGroups"]],
        "load balancers": [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]],
        "target groups": [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]],
        "auto scaling groups": [
            each["AutoScalingGroupName"]
            for each in platform.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        ],
        "applications": [each["ApplicationName"] for each in beanstalk.describe_applications()["Applications"]],
        "databases": [
            each["DBInstanceIdentifier"] for each in platform.client("rds").describe_db_instances()["DBInstances"]
        ],
        "caches": [
            each["ReplicationGroupId"]
            for each in platform.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        ],
        "search domains": [
            each["DomainName"] for each in platform.client("opensearch").list_domain_names()["DomainNames"]
        ],
        "secrets": [each["Name"] for each in platform.client("secretsmanager").list_secrets()["SecretList"]],
        "zones": [each["Name"] for each in platform.client("route53").list_hosted_zones()["HostedZones"]],
        "certificates": [
            each["CertificateArn"]
            for region in ("eu-west-3", "us-east-1")
            for each in platform.client("acm", region).list_certificates()["CertificateSummaryList"]
        ],
        "buckets": [
            each["Name"]
            for each in platform.client("s3").list_buckets()["Buckets"]
            if each["Name"] != STATE_BUCKET and not each["Name"].startswith("elasticbeanstalk-")
        ],
        "roles": [
            each["RoleName"] for each in iam.list_roles()["Roles"] if not each["Path"].startswith("/aws-service-role/")
        ],
        "log groups": [
            each["logGroupName"]
            for each in platform.client("logs").describe_log_groups()["logGroups"]
            # All databases of an account share it, also those of others.
            if each["logGroupName"] != "RDSOSMetrics"
        ],
    }
    return {kind: ids for kind, ids in found.items() if ids}


def data(platform: Platform) -> Counter[str]:
    """The names of production's databases and data volumes."""
    databases = platform.client("rds").describe_db_instances()["DBInstances"]
    of_databases = [tags(each["TagList"]) for each in databases]
    of_servers = [name for server in SERVERS for name in volumes(platform, f"client-prod-{server}")]
    return Counter([each["Name"] for each in of_databases if each["Environment"] == "prod"] + of_servers)


def last_copies(platform: Platform) -> Counter[str]:
    """Of how many snapshots each database and volume of production is the source, by its name."""
    databases = platform.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    of_volumes = platform.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    tagged = [tags(each.get("TagList") or each.get("Tags", [])) for each in (*databases, *of_volumes)]
    return Counter(each["Name"] for each in tagged if each.get("Environment") == "prod")


def assert_only_keys_and_copies_are_left(platform: Platform) -> None:
    """Snapshots can be read for 30 days, in which the deletion of their key can be cancelled."""
    assert left(platform) == {}
    assert platform.client("elasticache").describe_snapshots()["Snapshots"] == []
    kms = platform.client("kms")
    keys = [
        kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
        for each in kms.list_keys()["Keys"]
        # The key of Pulumi's state, and AWS's own, are not the stacks'.
        if {"TagKey": "ManagedBy", "TagValue": "pulumi"} in kms.list_resource_tags(KeyId=each["KeyId"])["Tags"]
    ]
    assert {each["KeyState"] for each in keys} == {"PendingDeletion"}
    assert all(each["DeletionDate"] > datetime.now(UTC) + timedelta(days=29) for each in keys)


def test_production_refuses_and_then_leaves_nothing(platform: Platform) -> None:
    """While config protects it, destroy stops before it deletes anything. Unprotected, nothing of either stack is left
    but the last snapshots of production and its keys, and the state bucket, which is not the stacks' own, stays. Made
    and destroyed again, production leaves other snapshots. This is the last test of the shared platform."""
    before, kept, earlier = left(platform), data(platform), last_copies(platform)
    refused = platform.pulumi("destroy", "-s", "prod", "--yes", check=False)
    assert refused.returncode != 0
    assert "protect" in refused.stdout + refused.stderr
    assert left(platform) == before

    platform.edit("Pulumi.prod.yaml", "magento:protect: true", "magento:protect: false")
    platform.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    for stack in ("preprod", "prod"):
        platform.pulumi("destroy", "-s", stack, "--yes", "--skip-preview")
    assert_only_keys_and_copies_are_left(platform)
    assert last_copies(platform) - earlier == kept
    assert STATE_BUCKET in {each["Name"] for each in platform.client("s3").list_buckets()["Buckets"]}

    platform.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    assert data(platform) == kept
    platform.pulumi("destroy", "-s", "prod", "--yes", "--skip-preview")
    assert_only_keys_and_copies_are_left(platform)
    assert last_copies(platform) - earlier == kept + kept
