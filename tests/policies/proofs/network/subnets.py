"""Subnets: see ``policies/rules/network/subnets.py``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.subnets import (
    CIDR_NO_OVERLAP,
    NAT_PER_ZONE,
    PRIVATE_SUBNET_NO_INTERNET_ROUTE,
    S3_GATEWAY_ENDPOINT,
    SUBNET_NO_AUTO_PUBLIC_IP,
    TIERS_SPAN_TWO_ZONES,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.ingress_rules import named
from tests.policies.networks import INTERNET, NETWORK, PRIVATE_SUBNET, PRIVATE_TABLE, PUBLIC_SUBNET, PUBLIC_TABLE, VPC
from tests.policies.proof import Nodes, Proof, changed, removed, replaced

PRIVATE = {"tags": {"Tier": "private"}}
GROUP = node(aws.ec2.SecurityGroup, "group")
TAGGED_PRIVATE = PRIVATE_SUBNET.but(**PRIVATE, availabilityZone="eu-west-3a", cidrBlock="10.0.101.0/24")
TAGGED_PUBLIC = PUBLIC_SUBNET.but(
    tags={"Tier": "public"}, availabilityZone="eu-west-3a", cidrBlock="10.0.1.0/24", mapPublicIpOnLaunch=False
)
OTHER_ZONE = node(
    aws.ec2.Subnet,
    "private-b",
    vpcId=VPC,
    availabilityZone="eu-west-3b",
    cidrBlock="10.0.102.0/24",
    tags={"Tier": "private"},
)
ROUTES = tuple(each for each in NETWORK if each not in (VPC, PRIVATE_SUBNET, PUBLIC_SUBNET))
TO_INTERNET = node(aws.ec2.Route, "to-internet-too", routeTableId=PRIVATE_TABLE, gatewayId=INTERNET)
WITH_OWN_TABLE = node(aws.ec2.RouteTableAssociation, "a", subnetId=TAGGED_PRIVATE, routeTableId=PRIVATE_TABLE)
GATEWAY = node(aws.ec2.VpnGateway, "gateway", vpcId=VPC)
CONNECTION = node(aws.ec2.VpnConnection, "link", vpnGatewayId=GATEWAY)
REMOTE = node(aws.ec2.VpnConnectionRoute, "remote", vpnConnectionId=CONNECTION, destinationCidrBlock="192.168.10.0/24")


def _by_nat(in_subnet: Node, **nat: object) -> Nodes:
    """A private subnet's network, with the default route at the end and its NAT gateway in a subnet."""
    gateway = node(aws.ec2.NatGateway, "nat-gateway", **{"subnetId": in_subnet, **nat})
    route = node(aws.ec2.Route, "to-nat", routeTableId=PRIVATE_TABLE, natGatewayId=gateway)
    return (VPC, in_subnet, PRIVATE_TABLE, gateway, WITH_OWN_TABLE, TAGGED_PRIVATE, route)


def _subnet_last(nodes: Nodes) -> Nodes:
    return (*(each for each in nodes if each is not TAGGED_PRIVATE), TAGGED_PRIVATE)


def _endpoint(*tables: Node, service: str = "com.amazonaws.eu-west-3.s3") -> Nodes:
    endpoint = node(aws.ec2.VpcEndpoint, "s3", vpcId=VPC, serviceName=service, routeTableIds=list(tables))
    return (VPC, TAGGED_PRIVATE, WITH_OWN_TABLE, endpoint, PRIVATE_TABLE)


def _out_by_another_zone(nodes: Sequence[Node]) -> list[Node]:
    """The second zone's private subnet goes out by the first one's NAT gateway."""
    first = named(nodes, aws.ec2.NatGateway, "shared-platform-network-nat-a").urn
    route = "shared-platform-network-private-b-internet"
    return replaced(aws.ec2.Route, route, lambda each: each.taken_from(natGatewayId=(first,)))(nodes)


def _tagged(tier: str, *names: str) -> Callable[[Node], Node]:
    def retag(subnet: Node) -> Node:
        return subnet.but(tags={**subnet.properties["tags"], "Tier": tier}) if subnet.name in names else subnet

    return retag


PROOFS = (
    Proof(
        rule=SUBNET_NO_AUTO_PUBLIC_IP,
        passing={"off": (TAGGED_PUBLIC,)},
        failing={"gives addresses": (TAGGED_PUBLIC.but(mapPublicIpOnLaunch=True),)},
        absent=(PUBLIC_SUBNET,),
        absent_is=Status.PASSED,
        unknown=(TAGGED_PUBLIC.but(mapPublicIpOnLaunch=UNKNOWN),),
        not_applicable=(GROUP,),
        breakage=changed(aws.ec2.Subnet, "shared-platform-network-public-b", mapPublicIpOnLaunch=True),
    ),
    Proof(
        rule=PRIVATE_SUBNET_NO_INTERNET_ROUTE,
        passing={"by NAT": (VPC, *ROUTES, TAGGED_PRIVATE), "public": (VPC, *ROUTES, TAGGED_PUBLIC)},
        failing={
            "a route": (VPC, *ROUTES, TO_INTERNET, TAGGED_PRIVATE),
            "a route to an id": (
                VPC,
                *ROUTES,
                node(aws.ec2.Route, "literal", routeTableId=PRIVATE_TABLE, gatewayId="igw-1"),
                TAGGED_PRIVATE,
            ),
            "a table's own route": (
                VPC,
                *(each for each in ROUTES if each is not PRIVATE_TABLE),
                PRIVATE_TABLE.but(routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]),
                TAGGED_PRIVATE,
            ),
            "called private": (VPC, *ROUTES, TAGGED_PUBLIC.but(**PRIVATE)),
        },
        absent=(VPC, *ROUTES, PRIVATE_SUBNET),
        unknown=(VPC, *ROUTES, PRIVATE_SUBNET.derived(tags={"Tier": UNKNOWN})),
        not_applicable=(GROUP,),
        breakage=replaced(aws.ec2.Subnet, None, _tagged("private", "shared-platform-network-public-a")),
    ),
    Proof(
        rule=TIERS_SPAN_TWO_ZONES,
        passing={"two zones": (TAGGED_PRIVATE, OTHER_ZONE, VPC)},
        failing={
            "one zone": (TAGGED_PRIVATE, OTHER_ZONE.but(availabilityZone="eu-west-3a"), VPC),
            "one tier in one": (TAGGED_PRIVATE, OTHER_ZONE, TAGGED_PUBLIC, VPC),
        },
        absent=(TAGGED_PRIVATE.but(availabilityZone=None), OTHER_ZONE.but(availabilityZone=None), VPC),
        unknown=(TAGGED_PRIVATE, OTHER_ZONE.derived(availabilityZone=UNKNOWN), VPC),
        not_applicable=(GROUP,),
        # All zones are still there, under other names of their tiers.
        breakage=replaced(
            aws.ec2.Subnet,
            None,
            _tagged("edge", "shared-platform-network-public-b", "shared-platform-network-public-c"),
        ),
    ),
    Proof(
        rule=NAT_PER_ZONE,
        passing={
            "the same zone": _by_nat(TAGGED_PUBLIC),
            "a regional gateway": _by_nat(OTHER_ZONE, availabilityMode="regional"),
            "another stack's gateway": _by_nat(TAGGED_PUBLIC, subnetId="subnet-1"),
        },
        failing={
            "another zone": _by_nat(TAGGED_PUBLIC.but(availabilityZone="eu-west-3b")),
            "a table's own route": (
                TAGGED_PRIVATE,
                node(aws.ec2.NatGateway, "nat-gateway", subnetId=OTHER_ZONE),
                OTHER_ZONE,
                WITH_OWN_TABLE,
                PRIVATE_TABLE.taken_from(routes=(node(aws.ec2.NatGateway, "nat-gateway").urn,)),
            ),
        },
        absent=tuple(
            each.but(availabilityZone=None) if each is TAGGED_PRIVATE else each for each in _by_nat(TAGGED_PUBLIC)
        ),
        unknown=_subnet_last(_by_nat(TAGGED_PUBLIC.derived(availabilityZone=UNKNOWN))),
        not_applicable=(GROUP,),
        breakage=_out_by_another_zone,
    ),
    Proof(
        rule=S3_GATEWAY_ENDPOINT,
        passing={"on the table": _endpoint(PRIVATE_TABLE)},
        failing={
            "on another table": _endpoint(PUBLIC_TABLE),
            "of another service": _endpoint(PRIVATE_TABLE, service="com.amazonaws.eu-west-3.dynamodb"),
        },
        absent=(VPC, TAGGED_PRIVATE, WITH_OWN_TABLE, PRIVATE_TABLE),
        unknown=(*_endpoint()[:3], _endpoint()[3].derived(routeTableIds=UNKNOWN), PRIVATE_TABLE),
        not_applicable=(GROUP,),
        breakage=removed(aws.ec2.VpcEndpoint),
    ),
    Proof(
        rule=CIDR_NO_OVERLAP,
        passing={
            "apart": (VPC, TAGGED_PUBLIC, TAGGED_PRIVATE, OTHER_ZONE, GATEWAY, CONNECTION, REMOTE),
            "in a second range": (
                VPC,
                node(aws.ec2.VpcIpv4CidrBlockAssociation, "more", vpcId=VPC, cidrBlock="10.9.0.0/16"),
                TAGGED_PRIVATE.but(cidrBlock="10.9.1.0/24"),
            ),
        },
        failing={
            "subnets overlap": (VPC, TAGGED_PRIVATE, OTHER_ZONE.but(cidrBlock="10.0.101.128/25")),
            "outside": (VPC, TAGGED_PRIVATE.but(cidrBlock="10.1.101.0/24")),
            "behind a link": (VPC, GATEWAY, CONNECTION, REMOTE.but(destinationCidrBlock="10.0.0.0/8")),
        },
        absent=(VPC.but(cidrBlock=None),),
        absent_is=Status.UNKNOWN,
        unknown=(VPC, TAGGED_PRIVATE.derived(cidrBlock=UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(GROUP,),
        breakage=changed(aws.ec2.Subnet, "shared-platform-network-private-b", cidrBlock="10.0.101.0/25"),
    ),
)
