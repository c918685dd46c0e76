"""Networks for the resources of other tests to live in."""

from __future__ import annotations

from sandbox.provider.adapter import Aws


def subnets(aws: Aws) -> list[str]:
    """Three subnets of a new VPC with an internet gateway, each in a zone of its own."""
    ec2 = aws.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    zones = [f"{aws.region}{letter}" for letter in "abc"]
    return [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.30.{index}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for index, zone in enumerate(zones)
    ]


def vpc_of(aws: Aws, subnet_id: str) -> str:
    """The VPC of a subnet."""
    return str(aws.client("ec2").describe_subnets(SubnetIds=[subnet_id])["Subnets"][0]["VpcId"])


def security_groups(aws: Aws, subnet_id: str) -> list[str]:
    """Two security groups of a subnet's VPC."""
    ec2, vpc_id = aws.client("ec2"), vpc_of(aws, subnet_id)
    return [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc_id)["GroupId"] for name in ("one", "two")
    ]
