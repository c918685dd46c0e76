"""The rows of servers, satellites, delivery and monitoring, read with AWS's API alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_rows import admitted, database, tags


def instance(platform: Platform, name: str) -> dict[str, Any]:
    """The running instance of that Name tag."""
    wanted = [
        {"Name": "tag:Name", "Values": [name]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    reservations = platform.client("ec2").describe_instances(Filters=wanted)["Reservations"]
    [found] = [each for reservation in reservations for each in reservation["Instances"]]
    only: dict[str, Any] = found
    return only


def ways_in(platform: Platform, name: str) -> set[tuple[str, int]]:
    return admitted(platform, [each["GroupId"] for each in instance(platform, name)["SecurityGroups"]])


def volumes(platform: Platform, name: str) -> dict[str, dict[str, Any]]:
    """The data volumes attached to a server, by the end of their Name tags; all of them encrypted."""
    server = instance(platform, name)
    attached = [{"Name": "attachment.instance-id", "Values": [server["InstanceId"]]}]
    found = platform.client("ec2").describe_volumes(Filters=attached)["Volumes"]
    data = [each for each in found if each["Attachments"][0]["Device"] != server["RootDeviceName"]]
    assert all(each["Encrypted"] for each in data)
    return {tags(each["Tags"])["Name"]: each for each in data}


def internal_records(platform: Platform) -> dict[str, list[str]]:
    route53 = platform.client("route53")
    zones = {each["Name"]: each["Id"] for each in route53.list_hosted_zones()["HostedZones"]}
    records = route53.list_resource_record_sets(HostedZoneId=zones["internal-client.url."])["ResourceRecordSets"]
    return {
        each["Name"]: [value["Value"] for value in each["ResourceRecords"]] for each in records if each["Type"] == "A"
    }


@pytest.mark.row(3)
@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_row_3_the_file_server_keeps_four_shares_for_its_own_site(platform: Platform, stack: str) -> None:
    """A volume a share and one for locks, and NFS from the site's own instances alone."""
    name = f"client-{stack}-site-files"
    assert len(volumes(platform, name)) == 5
    assert ways_in(platform, name) == {
        (f"client-{stack}-site-front-instances", 2049),
        (f"client-{stack}-site-back-office-instances", 2049),
    }


@pytest.mark.row(6)
@pytest.mark.parametrize("satellite", ["pim", "custom-connection", "mirakl-cashout"])
def test_row_6_a_satellite_is_one_instance_behind_its_own_load_balancer(platform: Platform, satellite: str) -> None:
    """HTTP by the load balancer's own name, and the shared database lets its instance in."""
    beanstalk = platform.client("elasticbeanstalk")
    name = f"client-prod-{satellite}"
    [environment] = beanstalk.describe_environments(EnvironmentNames=[name])["Environments"]
    assert (environment["Status"], environment["Health"]) == ("Ready", "Green")
    resources = beanstalk.describe_environment_resources(EnvironmentName=name)["EnvironmentResources"]
    assert len(resources["Instances"]) == 1
    assert len(resources["LoadBalancers"]) == 1
    groups = [
        each["VpcSecurityGroupId"] for each in database(platform, "client-prod-shared-database")["VpcSecurityGroups"]
    ]
    assert (f"{name}-instances", 3306) in admitted(platform, groups)


@pytest.mark.row(6)
def test_row_6_ftp_reaches_custom_connection_through_the_gateway_alone(platform: Platform) -> None:
    [group] = [
        each
        for each in platform.client("ec2").describe_security_groups()["SecurityGroups"]
        if tags(each.get("Tags", [])).get("Name") == "client-prod-custom-connection-instances"
    ]
    sources = admitted(platform, [group["GroupId"]])
    assert {who for who, port in sources if port in (21, 5000)} == {"client-prod-gateway-server-access"}


@pytest.mark.row(7)
def test_row_7_windows_is_reached_through_the_gateway_and_the_vpn_only(platform: Platform) -> None:
    """Two data volumes; the forwarded ports from the gateway, Remote Desktop from the VPN as well."""
    assert len(volumes(platform, "client-prod-windows")) == 2
    sources = ways_in(platform, "client-prod-windows")
    assert {who for who, _ in sources} == {"client-prod-gateway-server-access", "client-prod-vpn-server-access"}
    assert {port for who, port in sources if "vpn" in who} == {3389}
    assert "PublicIpAddress" not in instance(platform, "client-prod-windows")


@pytest.mark.row(8)
def test_row_8_the_vpn_has_a_fixed_address_and_keys_that_outlive_it(platform: Platform) -> None:
    addresses = platform.client("ec2").describe_addresses()["Addresses"]
    [interface] = instance(platform, "client-prod-vpn-server")["NetworkInterfaces"]
    assert interface["NetworkInterfaceId"] in {each.get("NetworkInterfaceId") for each in addresses}
    assert len(volumes(platform, "client-prod-vpn-server")) == 1
    assert {port for _, port in ways_in(platform, "client-prod-vpn-server")} == {1194}


@pytest.mark.row(9)
def test_row_9_rundeck_is_opened_from_the_vpn_only(platform: Platform) -> None:
    assert ways_in(platform, "client-prod-rundeck-server") == {("client-prod-vpn-server-access", 4440)}
    assert len(volumes(platform, "client-prod-rundeck-server")) == 1


@pytest.mark.row(10)
def test_row_10_the_gateway_admits_listed_addresses_only(platform: Platform) -> None:
    """Every way in is one of the addresses that config lists: nothing is open to the world."""
    sources = ways_in(platform, "client-prod-gateway-server")
    assert {who for who, _ in sources} == {"192.0.2.0/28", "198.51.100.0/28"}


@pytest.mark.row(11)
def test_row_11_phpmyadmin_reaches_the_shared_database_only(platform: Platform) -> None:
    assert ways_in(platform, "client-prod-phpmyadmin-server") == {("client-prod-vpn-server-access", 80)}
    for name, reached in (("shared-database", True), ("site-database", False)):
        found = database(platform, f"client-prod-{name}")
        sources = admitted(platform, [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]])
        assert (("client-prod-phpmyadmin-server-access", 3306) in sources) is reached


@pytest.mark.row(12)
def test_row_12_two_distributions_https_only(platform: Platform) -> None:
    listed = platform.client("cloudfront", region="us-east-1").list_distributions()["DistributionList"]["Items"]
    found = {
        each["Aliases"]["Items"][0]: (
            each["Origins"]["Items"][0]["DomainName"],
            each["Origins"]["Items"][0]["OriginPath"],
            each["DefaultCacheBehavior"]["ViewerProtocolPolicy"],
        )
        for each in listed
    }
    assert found == {
        "media.client.url": ("origin.client.url", "/media", "https-only"),
        "static.client.url": ("origin.client.url", "/static", "https-only"),
    }


@pytest.mark.row(12)
def test_row_12_every_request_is_logged_to_a_private_bucket(platform: Platform) -> None:
    """From both distributions, by CloudFront's newer logging, which needs no ACLs."""
    logs = platform.client("logs", region="us-east-1")
    distributions = platform.client("cloudfront", region="us-east-1").list_distributions()["DistributionList"]["Items"]
    sources = {each["name"]: each["resourceArns"] for each in logs.describe_delivery_sources()["deliverySources"]}
    assert sorted(sources.values()) == sorted([each["ARN"]] for each in distributions)
    deliveries = logs.describe_deliveries()["deliveries"]
    assert sorted(each["deliverySourceName"] for each in deliveries) == sorted(sources)
    [destination] = logs.describe_delivery_destinations()["deliveryDestinations"]
    assert {each["deliveryDestinationArn"] for each in deliveries} == {destination["arn"]}
    assert destination["deliveryDestinationConfiguration"] == {
        "destinationResourceArn": "arn:aws:s3:::client-magento-cdn-logs"
    }


@pytest.mark.row(15)
def test_row_15_a_full_disk_is_mailed_while_connections_are_in_alarm(platform: Platform) -> None:
    """Each fault of the database sends its own mail, under the name that people gave the alarm."""
    cloudwatch, sqs, sns = (platform.client(each) for each in ("cloudwatch", "sqs", "sns"))
    topic = platform.outputs("prod")["alarm_topic"]
    queue = sqs.create_queue(QueueName="mails")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    named = "awsrds-client-magento-prod-High-DB-Connections"
    [connections] = cloudwatch.describe_alarms(AlarmNames=[named])["MetricAlarms"]

    def put(metric: str, minutes: int, value: float) -> None:
        """Three values, so many minutes apart, the last one now."""
        now = datetime.now(UTC)
        data = {"MetricName": metric, "Dimensions": connections["Dimensions"], "Value": value}
        moments = [now - timedelta(minutes=minutes * age) for age in (2, 1, 0)]
        cloudwatch.put_metric_data(
            Namespace="AWS/RDS", MetricData=[{**data, "Timestamp": moment} for moment in moments]
        )

    def subjects() -> list[str]:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"])["Subject"] for each in received]

    put("DatabaseConnections", 1, 150)
    assert subjects() == [f'ALARM: "{named}"']
    put("DatabaseConnections", 1, 160)
    assert subjects() == []
    put("FreeStorageSpace", 5, 2**30)
    assert subjects() == ['ALARM: "client-prod-database-storage"']
    put("CPUUtilization", 1, 99)
    assert subjects() == ['ALARM: "DB CPU Prod"']
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


@pytest.mark.row(15)
def test_row_15_each_vpn_link_has_its_alarm(platform: Platform) -> None:
    names = {each["AlarmName"] for each in platform.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert {"DLM-Lan VPN status", "DLM-Ml VPN status", "DLM-Cetsi VPN status", "Prod eb health"} <= names


@pytest.mark.row(16)
def test_row_16_the_dashboard_has_a_widget_a_row_of_the_note(platform: Platform) -> None:
    name = platform.outputs("prod")["dashboard"]
    body = json.loads(platform.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    assert len([each for each in body["widgets"] if each["type"] == "metric"]) >= 7


@pytest.mark.row(18)
def test_row_18_servers_have_names_in_the_network(platform: Platform) -> None:
    """Each internal name leads to its server's own private address."""
    found = internal_records(platform)
    for name, server in (("nfs", "site-files"), ("rundeck", "rundeck-server"), ("windows", "windows")):
        address = instance(platform, f"client-prod-{server}")["PrivateIpAddress"]
        assert found[f"{name}.internal-client.url."] == [address]
