"""The rows of docs/requirements.md, read from the running platform with AWS's API only, as any AWS client would."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.tests.platform import Platform

STACKS = ("prod", "preprod")


def tags(of: list[dict[str, str]]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in of}


def vpc(platform: Platform) -> dict[str, Any]:
    found = platform.client("ec2").describe_vpcs(Filters=[{"Name": "tag:ManagedBy", "Values": ["pulumi"]}])["Vpcs"]
    assert len(found) == 1
    only: dict[str, Any] = found[0]
    return only


def database(platform: Platform, name: str) -> dict[str, Any]:
    """By the Name tag."""
    found = [
        each
        for each in platform.client("rds").describe_db_instances()["DBInstances"]
        if tags(each["TagList"])["Name"] == name
    ]
    assert len(found) == 1
    only: dict[str, Any] = found[0]
    return only


def security_group_names(platform: Platform) -> dict[str, str]:
    groups = platform.client("ec2").describe_security_groups()["SecurityGroups"]
    return {each["GroupId"]: tags(each.get("Tags", [])).get("Name", each["GroupName"]) for each in groups}


def admitted(platform: Platform, group_ids: list[str]) -> set[tuple[str, int]]:
    """Who is let in by security groups, on which port: groups by their names, addresses as they are."""
    names = security_group_names(platform)
    found = set()
    for group in platform.client("ec2").describe_security_groups(GroupIds=group_ids)["SecurityGroups"]:
        for permission in group["IpPermissions"]:
            sources = [names[pair["GroupId"]] for pair in permission["UserIdGroupPairs"]]
            sources += [each["CidrIp"] for each in permission["IpRanges"]]
            found |= {(source, permission["FromPort"]) for source in sources}
    return found


@pytest.mark.row(1)
@pytest.mark.parametrize(("stack", "front", "back"), [("prod", 4, 1), ("preprod", 1, 1)])
def test_row_1_instances_of_both_environments_serve(platform: Platform, stack: str, front: int, back: int) -> None:
    """Each environment is Ready and Green, and runs as many instances as row 1 says, all in private subnets."""
    beanstalk, ec2 = platform.client("elasticbeanstalk"), platform.client("ec2")
    private = {
        each["SubnetId"]
        for each in ec2.describe_subnets(Filters=[{"Name": "tag:Tier", "Values": ["private"]}])["Subnets"]
    }
    for tier, count in (("front", front), ("back-office", back)):
        name = f"client-{stack}-{tier}"
        [environment] = beanstalk.describe_environments(EnvironmentNames=[name])["Environments"]
        assert (environment["Status"], environment["Health"]) == ("Ready", "Green")
        resources = beanstalk.describe_environment_resources(EnvironmentName=name)["EnvironmentResources"]
        assert len(resources["Instances"]) == count
        reservations = ec2.describe_instances(InstanceIds=[each["Id"] for each in resources["Instances"]])
        for reservation in reservations["Reservations"]:
            for instance in reservation["Instances"]:
                assert instance["State"]["Name"] == "running"
                assert instance["SubnetId"] in private
                assert "PublicIpAddress" not in instance


@pytest.mark.row(1)
@pytest.mark.parametrize("stack", STACKS)
def test_row_1_one_load_balancer_splits_the_back_office_from_the_front(platform: Platform, stack: str) -> None:
    """In the order that requests meet them: the three rules of the hold, /backend to the back office, the rest to the
    front; each to a target group that holds exactly that environment's instances."""
    elb, beanstalk = platform.client("elbv2"), platform.client("elasticbeanstalk")
    dns_name = platform.outputs(stack)["load_balancer"]
    [balancer] = [each for each in elb.describe_load_balancers()["LoadBalancers"] if each["DNSName"] == dns_name]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    https = next(each for each in listeners if each["Port"] == 443)
    rules = elb.describe_rules(ListenerArn=https["ListenerArn"])["Rules"]
    ordered = sorted((each for each in rules if not each["IsDefault"]), key=lambda each: int(each["Priority"]))
    assert [each["Actions"][0]["Type"] for each in ordered] == ["fixed-response"] * 3 + ["forward"] * 2
    paths = [
        condition["PathPatternConfig"]["Values"]
        for each in ordered[3:]
        for condition in each["Conditions"]
        if condition["Field"] == "path-pattern"
    ]
    assert paths == [["/backend*"], ["/*"]]
    for rule, tier in zip(ordered[3:], ("back-office", "front"), strict=True):
        health = elb.describe_target_health(TargetGroupArn=rule["Actions"][0]["TargetGroupArn"])
        targets = {each["Target"]["Id"] for each in health["TargetHealthDescriptions"]}
        resources = beanstalk.describe_environment_resources(EnvironmentName=f"client-{stack}-{tier}")
        assert targets == {each["Id"] for each in resources["EnvironmentResources"]["Instances"]}


@pytest.mark.row(1)
@pytest.mark.parametrize("stack", STACKS)
def test_row_1_deployments_are_rolling_in_batches_of_one(platform: Platform, stack: str) -> None:
    for tier in ("front", "back-office"):
        [settings] = platform.client("elasticbeanstalk").describe_configuration_settings(
            ApplicationName=f"client-magento-{stack}", EnvironmentName=f"client-{stack}-{tier}"
        )["ConfigurationSettings"]
        command = {
            each["OptionName"]: each.get("Value")
            for each in settings["OptionSettings"]
            if each["Namespace"] == "aws:elasticbeanstalk:command"
        }
        assert (command["DeploymentPolicy"], command["BatchSizeType"], command["BatchSize"]) == (
            "Rolling",
            "Fixed",
            "1",
        )


@pytest.mark.row(2)
@pytest.mark.parametrize("stack", STACKS)
def test_row_2_the_configuration_is_a_private_encrypted_object(platform: Platform, stack: str) -> None:
    """One key a site, encrypted with the stack's KMS key, and it leads to the site's own database."""
    stored = platform.client("s3").get_object(Bucket="client-magento-config", Key=f"{stack}/env.php")
    assert stored["ServerSideEncryption"] == "aws:kms"
    content = stored["Body"].read().decode()
    address = database(platform, f"client-{stack}-site-database")["Endpoint"]["Address"]
    assert f"'host' => '{address}:3306'" in content


@pytest.mark.row(2)
@pytest.mark.parametrize("stack", STACKS)
def test_row_2_the_newest_version_of_the_configuration_can_be_pinned(platform: Platform, stack: str) -> None:
    """What a release pins is the output; S3 gives that version, and it is the newest."""
    version = platform.outputs(stack)["configuration_version"]
    where = {"Bucket": "client-magento-config", "Key": f"{stack}/env.php"}
    assert platform.client("s3").get_object(**where, VersionId=version)["VersionId"] == version
    assert platform.client("s3").head_object(**where)["VersionId"] == version


@pytest.mark.row(4)
@pytest.mark.parametrize(("stack", "members"), [("prod", 2), ("preprod", 1)])
def test_row_4_the_cache_fails_over_in_production(platform: Platform, stack: str, members: int) -> None:
    """Production has a primary and a replica in different zones; both stacks have TLS, a token and encryption."""
    cache = platform.client("elasticache")
    [group] = [
        each
        for each in cache.describe_replication_groups()["ReplicationGroups"]
        if each["Description"].endswith(f" {stack}")
    ]
    assert len(group["MemberClusters"]) == members
    assert group["AutomaticFailover"] == ("enabled" if members > 1 else "disabled")
    assert group["TransitEncryptionEnabled"]
    assert group["AtRestEncryptionEnabled"]
    assert group["AuthTokenEnabled"]
    zones = {
        cache.describe_cache_clusters(CacheClusterId=each)["CacheClusters"][0]["PreferredAvailabilityZone"]
        for each in group["MemberClusters"]
    }
    assert len(zones) == members


@pytest.mark.row(5)
@pytest.mark.parametrize(
    ("name", "instance_class", "multi_az"),
    [
        ("client-prod-site-database", "db.r8g.4xlarge", True),
        ("client-preprod-site-database", "db.r8g.large", False),
        ("client-prod-shared-database", "db.r8g.large", False),
    ],
)
def test_row_5_three_private_databases(platform: Platform, name: str, instance_class: str, multi_az: bool) -> None:
    """Sizes of row 5, a snapshot a day kept until the next, encrypted, and nothing outside the VPC reaches them."""
    found = database(platform, name)
    assert (found["DBInstanceClass"], found["MultiAZ"]) == (instance_class, multi_az)
    assert found["BackupRetentionPeriod"] == 1
    assert found["StorageEncrypted"]
    assert not found["PubliclyAccessible"]
    assert found["DBSubnetGroup"]["VpcId"] == vpc(platform)["VpcId"]


@pytest.mark.row(5)
@pytest.mark.parametrize("stack", STACKS)
def test_row_5_a_site_reaches_its_own_database_only(platform: Platform, stack: str) -> None:
    groups = [
        each["VpcSecurityGroupId"] for each in database(platform, f"client-{stack}-site-database")["VpcSecurityGroups"]
    ]
    assert admitted(platform, groups) == {
        (f"client-{stack}-site-front-instances", 3306),
        (f"client-{stack}-site-back-office-instances", 3306),
    }


@pytest.mark.row(5)
def test_row_5_only_satellites_and_phpmyadmin_reach_the_shared_database(platform: Platform) -> None:
    found = database(platform, "client-prod-shared-database")
    assert admitted(platform, [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]]) == {
        ("client-prod-pim-instances", 3306),
        ("client-prod-custom-connection-instances", 3306),
        ("client-prod-mirakl-cashout-instances", 3306),
        ("client-prod-phpmyadmin-server-access", 3306),
    }


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_in_the_outputs(platform: Platform, stack: str) -> None:
    """The CLI shows [secret] for what is one, and no password is in what it shows."""
    shown = platform.pulumi("stack", "output", "--json", "-s", stack).stdout
    content = platform.client("s3").get_object(Bucket="client-magento-config", Key=f"{stack}/env.php")["Body"].read()
    passwords = re.findall(r"'(?:password|key|opensearch_password)' => '([^']+)'", content.decode())
    assert len(passwords) >= 4
    assert not [each for each in passwords if each in shown]
