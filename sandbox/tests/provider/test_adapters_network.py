"""Adapters of VPCs, subnets, gateways, routes, endpoints and flow logs, against the embedded AWS."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.errors import ProviderError
from sandbox.tests.emulator.network_parts import (
    TAGS,
    a_nat_gateway,
    a_route_table,
    a_security_group,
    a_subnet,
    a_subnet_with_a_way_out,
    a_vpc,
    an_elastic_ip,
    an_internet_gateway,
)
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()


def a_role(aws: Aws) -> str:
    return f"arn:aws:iam::{aws.account_id}:role/flow-logs"


def a_log_bucket(aws: Aws, name: str) -> str:
    return create(aws, "aws:s3/bucket:Bucket", {"bucket": name})


ALLOW_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)


@SAMPLES.case("aws:ec2/vpc:Vpc")
def of_a_site(aws: Aws) -> Case:
    return Case(
        inputs={"cidrBlock": "10.20.0.0/16", "enableDnsHostnames": True, "tags": TAGS},
        updates=[
            {"enableDnsHostnames": False},
            {"enableDnsSupport": False},
        ],
    )


@SAMPLES.case("aws:ec2/subnet:Subnet")
def public_subnet(aws: Aws) -> Case:
    return Case(
        inputs={
            "vpcId": a_vpc(aws),
            "cidrBlock": "10.20.7.0/24",
            "availabilityZone": "eu-west-3b",
            "mapPublicIpOnLaunch": True,
            "tags": TAGS,
        },
        updates=[{"mapPublicIpOnLaunch": False}],
    )


@SAMPLES.case("aws:ec2/internetGateway:InternetGateway")
def moved_to_another_vpc(aws: Aws) -> Case:
    return Case(inputs={"vpcId": a_vpc(aws), "tags": TAGS}, updates=[{"vpcId": a_vpc(aws)}])


@SAMPLES.case("aws:ec2/eip:Eip")
def free_address(aws: Aws) -> Case:
    return Case(
        inputs={"domain": "vpc", "tags": TAGS},
    )


@SAMPLES.case("aws:ec2/natGateway:NatGateway")
def public_nat(aws: Aws) -> Case:
    return Case(
        inputs={
            "subnetId": a_subnet_with_a_way_out(aws),
            "allocationId": an_elastic_ip(aws),
            "tags": TAGS,
        }
    )


@SAMPLES.case("aws:ec2/routeTable:RouteTable")
def without_routes(aws: Aws) -> Case:
    return Case(inputs={"vpcId": a_vpc(aws), "tags": TAGS})


@SAMPLES.case("aws:ec2/route:Route")
def to_the_internet_then_a_nat(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    return Case(
        inputs={
            "routeTableId": a_route_table(aws, vpc_id),
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": an_internet_gateway(aws, vpc_id),
        },
        updates=[{"gatewayId": None, "natGatewayId": a_nat_gateway(aws, vpc_id)}],
    )


@SAMPLES.case("aws:ec2/route:Route")
def to_another_vpc(aws: Aws) -> Case:
    ec2 = aws.client("ec2")
    vpc_id = a_vpc(aws)
    peering = ec2.create_vpc_peering_connection(VpcId=vpc_id, PeerVpcId=a_vpc(aws))["VpcPeeringConnection"]
    return Case(
        inputs={
            "routeTableId": a_route_table(aws, vpc_id),
            "destinationCidrBlock": "192.0.2.0/24",
            "gatewayId": an_internet_gateway(aws, vpc_id),
        },
        updates=[{"gatewayId": None, "vpcPeeringConnectionId": peering["VpcPeeringConnectionId"]}],
    )


@SAMPLES.case("aws:ec2/routeTableAssociation:RouteTableAssociation")
def of_a_subnet(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    return Case(inputs={"subnetId": a_subnet(aws, vpc_id), "routeTableId": a_route_table(aws, vpc_id)})


@SAMPLES.case("aws:ec2/flowLog:FlowLog")
def to_a_log_group(aws: Aws) -> Case:
    group = create(aws, "aws:cloudwatch/logGroup:LogGroup", {"name": "flow-logs"})
    destination = f"arn:aws:logs:{aws.region}:{aws.account_id}:log-group:{group}"
    aws.client("iam").create_role(RoleName="flow-logs", AssumeRolePolicyDocument="{}")
    return Case(
        inputs={
            "vpcId": a_vpc(aws),
            "trafficType": "REJECT",
            "logDestinationType": "cloud-watch-logs",
            "logDestination": destination,
            "iamRoleArn": a_role(aws),
            "maxAggregationInterval": 60,
            "logFormat": "${version} ${srcaddr} ${dstaddr}",
            "tags": TAGS,
        },
    )


@SAMPLES.case("aws:ec2/flowLog:FlowLog")
def to_a_bucket(aws: Aws) -> Case:
    return Case(
        inputs={
            "vpcId": a_vpc(aws),
            "trafficType": "ALL",
            "logDestinationType": "s3",
            "logDestination": f"arn:aws:s3:::{a_log_bucket(aws, 'flow-logs')}",
        },
    )


@SAMPLES.case("aws:ec2/vpcEndpoint:VpcEndpoint")
def gateway_endpoint(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    tables = [a_route_table(aws, vpc_id) for _ in range(3)]
    return Case(
        inputs={
            "vpcId": vpc_id,
            "serviceName": "com.amazonaws.eu-west-3.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": tables[:2],
            "tags": TAGS,
        },
        updates=[{"routeTableIds": tables[1:]}, {"policy": ALLOW_ALL}],
    )


@SAMPLES.case("aws:ec2/vpcEndpoint:VpcEndpoint")
def interface_endpoint(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    subnets = [a_subnet(aws, vpc_id, "eu-west-3a", 1), a_subnet(aws, vpc_id, "eu-west-3b", 2)]
    groups = [a_security_group(aws, vpc_id, "a"), a_security_group(aws, vpc_id, "b")]
    return Case(
        inputs={
            "vpcId": vpc_id,
            "serviceName": "com.amazonaws.eu-west-3.ssm",
            "vpcEndpointType": "Interface",
            "subnetIds": subnets[:1],
            "securityGroupIds": groups[:1],
            "privateDnsEnabled": True,
        },
        updates=[{"subnetIds": subnets}, {"securityGroupIds": groups[1:]}, {"privateDnsEnabled": False}],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_import_ids_find_routes_and_associations(aws: Aws) -> None:
    """``pulumi import`` names both by what they join, not by the ids that they get."""
    vpc_id = a_vpc(aws)
    subnet_id, table_id = a_subnet(aws, vpc_id), a_route_table(aws, vpc_id)
    route = {"routeTableId": table_id, "destinationCidrBlock": "192.0.2.0/24"}
    create(aws, "aws:ec2/route:Route", {**route, "gatewayId": an_internet_gateway(aws, vpc_id)})
    association = {"routeTableId": table_id, "subnetId": subnet_id}
    create(aws, "aws:ec2/routeTableAssociation:RouteTableAssociation", association)
    found = read(aws, "aws:ec2/route:Route", f"{table_id}_192.0.2.0/24")
    assert found is not None
    assert found | route == found
    found = read(aws, "aws:ec2/routeTableAssociation:RouteTableAssociation", f"{subnet_id}/{table_id}")
    assert found is not None
    assert found | association == found


def test_a_nat_gateway_that_fails_says_why(aws: Aws) -> None:
    """AWS makes it, and gives it up when the VPC has no internet gateway."""
    inputs = {"subnetId": a_subnet(aws, a_vpc(aws)), "allocationId": an_elastic_ip(aws)}
    with pytest.raises(ProviderError, match=r"Gateway\.NotAttached: Network vpc-\w+ has no Internet gateway attached"):
        create(aws, "aws:ec2/natGateway:NatGateway", inputs)
