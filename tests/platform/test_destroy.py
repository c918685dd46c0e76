"""Both stacks can be destroyed completely once config no longer protects them, and not before."""

from __future__ import annotations

import pytest

from sandbox.tests.platform import Platform

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


def test_production_refuses_and_then_leaves_nothing(platform: Platform) -> None:
    """While config protects it, destroy stops before it deletes anything. Unprotected, nothing of either stack is left,
    and the state bucket, which is not the stacks' own, stays. This is the last test of the shared platform."""
    before = left(platform)
    refused = platform.pulumi("destroy", "-s", "prod", "--yes", check=False)
    assert refused.returncode != 0
    assert "protect" in refused.stdout + refused.stderr
    assert left(platform) == before

    platform.edit("Pulumi.prod.yaml", "magento:protect: true", "magento:protect: false")
    platform.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    for stack in ("preprod", "prod"):
        platform.pulumi("destroy", "-s", stack, "--yes", "--skip-preview")
    assert left(platform) == {}
    assert STATE_BUCKET in {each["Name"] for each in platform.client("s3").list_buckets()["Buckets"]}
