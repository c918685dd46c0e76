"""Parts of a network that the resources under test need around them."""

from __future__ import annotations

from sandbox.provider.adapter import Aws
from sandbox.tests.provider.adapter_round_trip import create

TAGS = {"Name": "main", "Client": "client"}


def a_vpc(aws: Aws) -> str:
    return create(aws, "aws:ec2/vpc:Vpc", {"cidrBlock": "10.20.0.0/16"})


def a_subnet(aws: Aws, vpc_id: str, zone: str = "eu-west-3a", number: int = 1) -> str:
    inputs = {"vpcId": vpc_id, "cidrBlock": f"10.20.{number}.0/24", "availabilityZone": zone}
    return create(aws, "aws:ec2/subnet:Subnet", inputs)


def a_subnet_with_a_way_out(aws: Aws, zone: str = "eu-west-3a") -> str:
    """In a VPC of its own, which has an internet gateway."""
    vpc_id = a_vpc(aws)
    an_internet_gateway(aws, vpc_id)
    return a_subnet(aws, vpc_id, zone)


def a_route_table(aws: Aws, vpc_id: str) -> str:
    return create(aws, "aws:ec2/routeTable:RouteTable", {"vpcId": vpc_id})


def an_internet_gateway(aws: Aws, vpc_id: str) -> str:
    return create(aws, "aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc_id})


def an_elastic_ip(aws: Aws) -> str:
    return create(aws, "aws:ec2/eip:Eip", {"domain": "vpc"})


def a_nat_gateway(aws: Aws, vpc_id: str) -> str:
    """The VPC needs an internet gateway."""
    inputs = {"subnetId": a_subnet(aws, vpc_id), "allocationId": an_elastic_ip(aws)}
    return create(aws, "aws:ec2/natGateway:NatGateway", inputs)


def a_security_group(aws: Aws, vpc_id: str, name: str) -> str:
    return create(aws, "aws:ec2/securityGroup:SecurityGroup", {"name": name, "vpcId": vpc_id})


def a_network_interface(aws: Aws, subnet_id: str) -> str:
    interface = aws.client("ec2").create_network_interface(SubnetId=subnet_id)["NetworkInterface"]
    return str(interface["NetworkInterfaceId"])


def a_prefix_list(aws: Aws) -> str:
    prefix_list = aws.client("ec2").create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": "192.0.2.0/24"}]
    )["PrefixList"]
    return str(prefix_list["PrefixListId"])


def a_vpn_gateway(aws: Aws, vpc_id: str | None = None) -> str:
    return create(aws, "aws:ec2/vpnGateway:VpnGateway", {"vpcId": vpc_id or a_vpc(aws)})
