"""What the sites share, row by row: buckets, certificate, network and domain names, read with AWS's API alone."""

from __future__ import annotations

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_rows import STACKS, tags, vpc


@pytest.mark.row(13)
def test_row_13_the_buckets_exist_and_none_is_public(platform: Platform) -> None:
    """Row 13's four, one for CloudFront's logs, one for releases, Ansible's, the state's and Beanstalk's own."""
    s3 = platform.client("s3")
    names = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    [ansible] = (name for name in names if name.startswith("operations-rundeck-ansible-bucket-"))
    ours = {
        ansible,
        "client-billing",
        "client-magento-cdn-logs",
        "client-magento-config",
        "client-magento-elb-logs",
        "client-magento-releases",
        "client-temp-storage",
    }
    assert names == ours | {
        "client-pulumi-state-storage",
        "elasticbeanstalk-eu-west-3-123456789012",
    } or names == ours | {"client-pulumi-state-storage"}
    for name in ours | {"client-pulumi-state-storage"}:
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        assert all(block[switch] for switch in block)
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"


@pytest.mark.row(13)
def test_row_13_the_cost_report_goes_to_its_bucket(platform: Platform) -> None:
    exports = platform.client("bcm-data-exports", region="us-east-1")
    [listed] = exports.list_exports()["Exports"]
    report = exports.get_export(ExportArn=listed["ExportArn"])["Export"]
    assert report["Name"] == "client-costs"
    assert report["DestinationConfigurations"]["S3Destination"]["S3Bucket"] == "client-billing"


@pytest.mark.row(14)
def test_row_14_the_certificate_is_in_both_regions_and_on_the_load_balancers(platform: Platform) -> None:
    elb = platform.client("elbv2")
    [regional] = platform.client("acm").list_certificates()["CertificateSummaryList"]
    [cloudfront] = platform.client("acm", region="us-east-1").list_certificates()["CertificateSummaryList"]
    assert (regional["DomainName"], regional["Type"]) == ("*.client.url", "IMPORTED")
    assert cloudfront["DomainName"] == "*.client.url"
    sites = {platform.outputs(stack)["load_balancer"] for stack in STACKS}
    balancers = [each for each in elb.describe_load_balancers()["LoadBalancers"] if each["DNSName"] in sites]
    assert len(balancers) == len(STACKS)
    for balancer in balancers:
        listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        https = next(each for each in listeners if each["Port"] == 443)
        assert [each["CertificateArn"] for each in https["Certificates"]] == [regional["CertificateArn"]]


@pytest.mark.row(17)
def test_row_17_the_network_is_the_notes(platform: Platform) -> None:
    """A /16 with its six subnets; every private subnet leaves by a NAT in its own zone, every public one directly."""
    ec2 = platform.client("ec2")
    network = vpc(platform)
    assert network["CidrBlock"] == "10.0.0.0/16"
    mine = [{"Name": "vpc-id", "Values": [network["VpcId"]]}]
    subnets = {each["SubnetId"]: each for each in ec2.describe_subnets(Filters=mine)["Subnets"]}
    assert sorted(each["CidrBlock"] for each in subnets.values()) == [
        *(f"10.0.{number}.0/24" for number in (1, 101, 102, 103, 2, 3)),
    ]
    nats = {
        each["NatGatewayId"]: subnets[each["SubnetId"]]["AvailabilityZone"]
        for each in ec2.describe_nat_gateways(Filter=mine)["NatGateways"]
    }
    assert len(nats) == 3
    for table in ec2.describe_route_tables(Filters=mine)["RouteTables"]:
        out = [each for each in table["Routes"] if each.get("DestinationCidrBlock") == "0.0.0.0/0"]
        for association in table["Associations"]:
            if not association.get("SubnetId"):
                continue
            subnet = subnets[association["SubnetId"]]
            [route] = out
            if tags(subnet["Tags"])["Tier"] == "public":
                assert route["GatewayId"].startswith("igw-")
            else:
                assert nats[route["NatGatewayId"]] == subnet["AvailabilityZone"]


@pytest.mark.row(17)
def test_row_17_three_vpn_links(platform: Platform) -> None:
    """Each to its peer, with a static route to what lies behind it and two tunnels; every table learns the routes."""
    ec2 = platform.client("ec2")
    peers = {
        each["CustomerGatewayId"]: each["IpAddress"] for each in ec2.describe_customer_gateways()["CustomerGateways"]
    }
    links = {
        peers[each["CustomerGatewayId"]]: [route["DestinationCidrBlock"] for route in each["Routes"]]
        for each in ec2.describe_vpn_connections()["VpnConnections"]
    }
    assert links == {
        "192.0.2.10": ["192.168.10.0/24"],
        "198.51.100.10": ["192.168.20.0/24"],
        "203.0.113.10": ["192.168.30.0/24"],
    }
    assert all(len(each["VgwTelemetry"]) == 2 for each in ec2.describe_vpn_connections()["VpnConnections"])
    ours = [{"Name": "tag:ManagedBy", "Values": ["pulumi"]}]
    assert all(each["PropagatingVgws"] for each in ec2.describe_route_tables(Filters=ours)["RouteTables"])


@pytest.mark.row(18)
def test_row_18_names_lead_to_the_right_load_balancer(platform: Platform) -> None:
    """The public zone answers the sites' names with their load balancers; the internal zone is the VPC's alone."""
    route53 = platform.client("route53")
    zones = {each["Name"]: each for each in route53.list_hosted_zones()["HostedZones"]}
    assert zones["client.url."]["Config"]["PrivateZone"] is False
    assert zones["internal-client.url."]["Config"]["PrivateZone"] is True
    internal = route53.get_hosted_zone(Id=zones["internal-client.url."]["Id"])
    assert [each["VPCId"] for each in internal["VPCs"]] == [vpc(platform)["VpcId"]]
    records = route53.list_resource_record_sets(HostedZoneId=zones["client.url."]["Id"])["ResourceRecordSets"]
    aliases = {
        each["Name"]: each["AliasTarget"]["DNSName"].rstrip(".")
        for each in records
        if each["Type"] == "A" and not each["Name"].startswith(("media.", "static."))
    }
    prod, preprod = (platform.outputs(stack)["load_balancer"] for stack in STACKS)
    assert {name: target.removeprefix("dualstack.") for name, target in aliases.items()} == {
        "client.url.": prod,
        "www.client.url.": prod,
        "origin.client.url.": prod,
        "preprod.client.url.": preprod,
    }
