"""A little network, for rules that follow resources to their subnets."""

from __future__ import annotations

import pulumi_aws as aws

from tests.policies.analyzer import node

VPC = node(aws.ec2.Vpc, "vpc", cidrBlock="10.0.0.0/16")
INTERNET = node(aws.ec2.InternetGateway, "internet", vpcId=VPC)
NAT = node(aws.ec2.NatGateway, "nat")
PUBLIC_SUBNET = node(aws.ec2.Subnet, "public-a", vpcId=VPC)
PRIVATE_SUBNET = node(aws.ec2.Subnet, "private-a", vpcId=VPC)
PUBLIC_TABLE = node(aws.ec2.RouteTable, "public-table", vpcId=VPC)
PRIVATE_TABLE = node(aws.ec2.RouteTable, "private-table", vpcId=VPC)
NETWORK = (
    VPC,
    INTERNET,
    NAT,
    PUBLIC_SUBNET,
    PRIVATE_SUBNET,
    PUBLIC_TABLE,
    PRIVATE_TABLE,
    node(aws.ec2.RouteTableAssociation, "public-association", subnetId=PUBLIC_SUBNET, routeTableId=PUBLIC_TABLE),
    node(aws.ec2.RouteTableAssociation, "private-association", subnetId=PRIVATE_SUBNET, routeTableId=PRIVATE_TABLE),
    node(aws.ec2.Route, "to-internet", routeTableId=PUBLIC_TABLE, gatewayId=INTERNET),
    node(aws.ec2.Route, "to-nat", routeTableId=PRIVATE_TABLE, natGatewayId=NAT),
)
