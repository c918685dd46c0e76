"""Row 17, the network: one VPC over three zones, and the three links to the client's places."""

from __future__ import annotations

import pulumi_aws as aws
import pytest

from tests.unit.graph import Graph
from tests.unit.program import SITE_ALONE, build_program, program


@pytest.fixture(scope="module")
def prod() -> Graph:
    return program("prod")


@pytest.mark.row(17)
def test_one_vpc_with_the_notes_subnets(prod: Graph) -> None:
    """One /16; a public and a private /24 in each of the three zones; no instance gets a public address by itself."""
    assert prod.one(aws.ec2.Vpc).inputs["cidrBlock"] == "10.0.0.0/16"
    subnets = {
        (each.inputs["tags"]["Tier"], each.inputs["availabilityZone"]): each.inputs["cidrBlock"]
        for each in prod.of_type(aws.ec2.Subnet)
    }
    assert subnets == {
        ("public", "eu-west-3a"): "10.0.1.0/24",
        ("public", "eu-west-3b"): "10.0.2.0/24",
        ("public", "eu-west-3c"): "10.0.3.0/24",
        ("private", "eu-west-3a"): "10.0.101.0/24",
        ("private", "eu-west-3b"): "10.0.102.0/24",
        ("private", "eu-west-3c"): "10.0.103.0/24",
    }
    assert not any(each.inputs["mapPublicIpOnLaunch"] for each in prod.of_type(aws.ec2.Subnet))


@pytest.mark.row(17)
def test_names_are_resolved_inside_the_network(prod: Graph) -> None:
    """Without DNS support and host names, neither the private zone nor any endpoint of AWS has a name there."""
    vpc = prod.one(aws.ec2.Vpc).inputs
    assert vpc["enableDnsSupport"] is True
    assert vpc["enableDnsHostnames"] is True


@pytest.mark.row(17)
def test_all_traffic_is_logged(prod: Graph) -> None:
    """What was refused and what was let through."""
    log = prod.one(aws.ec2.FlowLog).inputs
    assert log["trafficType"] == "ALL"
    assert log["vpcId"] == prod.one(aws.ec2.Vpc).id


def test_storage_is_reached_without_the_nat_gateways(prod: Graph) -> None:
    """Every gigabyte through a NAT gateway costs; a gateway endpoint on every route table costs nothing."""
    endpoint = prod.one(aws.ec2.VpcEndpoint).inputs
    assert endpoint["serviceName"] == "com.amazonaws.eu-west-3.s3"
    assert endpoint.get("vpcEndpointType", "Gateway") == "Gateway"
    assert set(endpoint["routeTableIds"]) == {each.id for each in prod.of_type(aws.ec2.RouteTable)}


def default_routes(graph: Graph) -> dict[str, str]:
    """Which gateway the default route of each route table leads to, by logical names."""
    names = {each.id: each.name for each in graph.resources if each.custom}
    return {
        names[route.inputs["routeTableId"]]: names[route.inputs.get("natGatewayId") or route.inputs["gatewayId"]]
        for route in graph.of_type(aws.ec2.Route)
        if route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
    }


@pytest.mark.row(17)
def test_each_private_subnet_leaves_by_the_nat_of_its_own_zone(prod: Graph) -> None:
    """A zone that fails takes no other zone's way out with it: the route, the table and the NAT share a zone."""
    assert default_routes(prod) == {
        "shared-platform-network-public-routes": "shared-platform-network-internet",
        "shared-platform-network-private-a-routes": "shared-platform-network-nat-a",
        "shared-platform-network-private-b-routes": "shared-platform-network-nat-b",
        "shared-platform-network-private-c-routes": "shared-platform-network-nat-c",
    }
    subnets = {each.id: each.inputs for each in prod.of_type(aws.ec2.Subnet)}
    for gateway in prod.of_type(aws.ec2.NatGateway):
        subnet = subnets[gateway.inputs["subnetId"]]
        assert subnet["tags"]["Tier"] == "public"
        assert subnet["availabilityZone"].endswith(gateway.name[-1])


def test_every_subnet_uses_the_table_of_its_tier_and_zone(prod: Graph) -> None:
    """A private subnet on the public table would be on the internet: each association joins equal tiers and zones."""
    names = {each.id: each.name for each in prod.resources if each.custom}
    associations = {
        names[each.inputs["subnetId"]]: names[each.inputs["routeTableId"]]
        for each in prod.of_type(aws.ec2.RouteTableAssociation)
    }
    assert associations == {
        **{f"shared-platform-network-public-{zone}": "shared-platform-network-public-routes" for zone in "abc"},
        **{
            f"shared-platform-network-private-{zone}": f"shared-platform-network-private-{zone}-routes"
            for zone in "abc"
        },
    }


@pytest.mark.row(17)
def test_three_ipsec_links_with_their_routes(prod: Graph) -> None:
    """Each link goes to its own peer, carries its own network, and every route table learns the way."""
    peers = {each.id: each.inputs["ipAddress"] for each in prod.of_type(aws.ec2.CustomerGateway)}
    links = {
        each.id: (peers[each.inputs["customerGatewayId"]], each.inputs["staticRoutesOnly"])
        for each in prod.of_type(aws.ec2.VpnConnection)
    }
    routes = {
        links[each.inputs["vpnConnectionId"]]: each.inputs["destinationCidrBlock"]
        for each in prod.of_type(aws.ec2.VpnConnectionRoute)
    }
    assert routes == {
        ("192.0.2.10", True): "192.168.10.0/24",
        ("198.51.100.10", True): "192.168.20.0/24",
        ("203.0.113.10", True): "192.168.30.0/24",
    }
    propagated = {each.inputs["routeTableId"] for each in prod.of_type(aws.ec2.VpnGatewayRoutePropagation)}
    assert propagated == {each.id for each in prod.of_type(aws.ec2.RouteTable)}


def test_both_tunnels_of_a_link_are_strong_and_come_up_by_themselves(prod: Graph) -> None:
    """AWS takes one tunnel at a time down for its maintenance, and would agree on AES-128, SHA-1 and group 2."""
    strong = {
        "IkeVersions": ["ikev2"],
        "StartupAction": "start",
        "DpdTimeoutAction": "restart",
        **{f"Phase{number}EncryptionAlgorithms": ["AES256", "AES256-GCM-16"] for number in (1, 2)},
        **{f"Phase{number}IntegrityAlgorithms": ["SHA2-256", "SHA2-384", "SHA2-512"] for number in (1, 2)},
        **{f"Phase{number}DhGroupNumbers": [14, 15, 16, 17, 18, 19, 20, 21] for number in (1, 2)},
    }
    expected = {f"tunnel{number}{option}": value for number in (1, 2) for option, value in strong.items()}
    for connection in prod.of_type(aws.ec2.VpnConnection):
        assert {name: value for name, value in connection.inputs.items() if name.startswith("tunnel")} == expected


def test_pre_shared_keys_leave_the_stack_as_secrets_only(prod: Graph) -> None:
    """The configuration of a client's device holds the tunnel's key."""
    assert set(prod.exports["vpn_configurations"]) == {"lan", "ml", "cetsi"}
    assert all(prod.is_secret_export(f"vpn_configurations.{name}") for name in ("lan", "ml", "cetsi"))


def test_the_vpcs_default_security_group_lets_nothing_through(prod: Graph) -> None:
    group = prod.one(aws.ec2.DefaultSecurityGroup)
    assert not group.inputs.get("ingress")
    assert not group.inputs.get("egress")


@pytest.mark.parametrize(("choice", "gateways"), [("one-per-zone", 3), ("single", 1)])
def test_the_number_of_nat_gateways_is_config(choice: str, gateways: int) -> None:
    """Prices: one a zone is row 17's choice, and a smaller client may choose otherwise. Every private subnet has a way
    out, since its instances speak with AWS."""
    network = {"cidr": "10.0.0.0/16", "nat_gateways": choice}
    graph = build_program("prod", config={**SITE_ALONE, "magento:network": network})
    addresses = [each for each in graph.of_type(aws.ec2.Eip) if each.name.startswith("shared-platform-network-")]
    assert len(graph.of_type(aws.ec2.NatGateway)) == len(addresses) == gateways
    assert len(default_routes(graph)) == 4


def test_links_exist_where_config_lists_them() -> None:
    """Without links there is no VPN gateway to pay for, and with one there is one."""
    none = build_program("prod", config={"magento:vpn_links": []})
    assert not none.of_type(aws.ec2.VpnGateway)
    assert not none.of_type(aws.ec2.VpnGatewayRoutePropagation)


def test_preprod_makes_no_network_of_its_own() -> None:
    """Pre-production lives in production's network, found by stack reference."""
    preprod = program("preprod")
    assert not preprod.of_type(aws.ec2.Vpc)
    assert not preprod.of_type(aws.ec2.Subnet)
    vpc = program("prod").one(aws.ec2.Vpc).id
    assert {each.inputs["vpcId"] for each in preprod.of_type(aws.ec2.SecurityGroup)} == {vpc}
