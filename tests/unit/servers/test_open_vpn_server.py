"""Row 8, the OpenVPN server: its address, its keys' volume, who may connect and what a client is let through to."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pulumi_aws as aws
import pytest

from components.servers.open_vpn_server import OpenVpnServer, OpenVpnServerArgs, boot, configuration
from settings.server_size import ServerSizeSettings
from settings.vpn_access import VpnAccessSettings
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

ACCESS = VpnAccessSettings(size=ServerSizeSettings(instance_type="t4g.small"))
OFFICE, WAREHOUSE = IPv4Network("192.168.10.0/24"), IPv4Network("192.168.20.0/24")
ARGS = OpenVpnServerArgs(
    placement=PLACEMENT,
    access=ACCESS,
    network_cidr=IPv4Network("10.0.0.0/16"),
    remote_cidrs=(OFFICE, WAREHOUSE),
)


def built(args: OpenVpnServerArgs) -> Graph:
    return build(lambda: OpenVpnServer("vpn", args))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return built(ARGS)


def file(args: OpenVpnServerArgs, path: str) -> str:
    """What the server has at this path."""
    files = (*boot(args, address="192.0.2.1").files, *configuration(args).files)
    return next(each.content for each in files if each.path == path)


def pushed(args: OpenVpnServerArgs) -> list[str]:
    """What each client gets when it connects."""
    lines = [
        line
        for path in ("/etc/openvpn/clients/DEFAULT", "/etc/openvpn/server/server.conf")
        for line in file(args, path).splitlines()
    ]
    return [line.removeprefix('push "').removesuffix('"') for line in lines if line.startswith("push ")]


def let_through(args: OpenVpnServerArgs) -> str:
    [line] = [line for line in file(args, "/etc/openvpn/masquerade.nft").splitlines() if "ip daddr" in line]
    return line.partition("{ ")[2].partition(" }")[0]


@pytest.mark.row(8)
def test_the_address_in_everybodys_profile_is_kept(graph: Graph) -> None:
    """An Elastic IP that refuses to be deleted, on the server's interface, and what profiles say."""
    address = graph.one(aws.ec2.Eip)
    assert address.protect
    assert graph.one(aws.ec2.EipAssociation).inputs["allocationId"] == address.id
    assert "remote 192.0.2.1 1194\n" in file(ARGS, "/etc/openvpn/client.ovpn")
    assert graph.one(aws.ec2.Instance).comes_from("userDataBase64") >= {address.urn}


@pytest.mark.row(8)
def test_keys_are_on_an_encrypted_volume_of_their_own(graph: Graph) -> None:
    """They outlive the instance, and refuse to be deleted."""
    volume = graph.one(aws.ebs.Volume)
    assert volume.protect
    assert volume.inputs["encrypted"] is True
    assert graph.one(aws.ec2.VolumeAttachment).inputs["volumeId"] == volume.id


def test_nothing_but_openvpns_port_is_open(graph: Graph) -> None:
    """UDP 1194, from anywhere unless config narrows it."""
    rule = graph.one(aws.vpc.SecurityGroupIngressRule).inputs
    assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("udp", 1194, 1194)
    assert rule["cidrIpv4"] == "0.0.0.0/0"


def test_who_may_connect_is_config() -> None:
    allowed = (IPv4Network("203.0.113.0/24"), IPv4Network("198.51.100.7/32"))
    graph = built(replace(ARGS, access=ACCESS.changed(allowed_cidrs=allowed)))
    rules = graph.of_type(aws.vpc.SecurityGroupIngressRule)
    assert {rule.inputs["cidrIpv4"] for rule in rules} == {"203.0.113.0/24", "198.51.100.7/32"}


@pytest.mark.row(8)
def test_a_client_gets_routes_and_names() -> None:
    """To every subnet and what the IPSec links lead to, and the internal names by AWS's resolver."""
    assert pushed(ARGS) == [
        "route 10.0.0.0 255.255.0.0",
        "route 192.168.10.0 255.255.255.0",
        "route 192.168.20.0 255.255.255.0",
        "dhcp-option DNS 10.0.0.2",
        "dhcp-option DOMAIN internal-client.url",
    ]
    assert let_through(ARGS) == "10.0.0.0/16, 192.168.10.0/24, 192.168.20.0/24"


def test_remote_networks_can_be_kept_from_clients() -> None:
    """Not only unannounced: a client that sets the route itself is not let through."""
    args = replace(ARGS, access=ACCESS.changed(reaches_remote_networks=False))
    assert [line for line in pushed(args) if line.startswith("route")] == ["route 10.0.0.0 255.255.0.0"]
    assert let_through(args) == "10.0.0.0/16"


def test_another_route_is_no_other_instance(graph: Graph) -> None:
    """Nobody who is connected is cut: it is another version of the parameter."""
    changed = built(replace(ARGS, remote_cidrs=(OFFICE,)))
    instances = [each.one(aws.ec2.Instance).inputs["userDataBase64"] for each in (graph, changed)]
    assert instances[0] == instances[1]
    parameters = [each.one(aws.ssm.Parameter).inputs["value"] for each in (graph, changed)]
    assert parameters[0] != parameters[1]


def test_clients_are_numbered_as_config_says() -> None:
    args = replace(ARGS, access=ACCESS.changed(client_cidr=IPv4Network("172.20.0.0/22")))
    assert "\nserver 172.20.0.0 255.255.252.0\n" in file(args, "/etc/openvpn/server/server.conf")
    assert "ip saddr 172.20.0.0/22 " in file(args, "/etc/openvpn/masquerade.nft")


@pytest.mark.parametrize("cidr", ["52.95.0.0/16", "10.0.0.0/8", "10.8.0.0/30"])
def test_clients_need_a_private_network_that_openvpn_can_number(cidr: str) -> None:
    assert faults_of(lambda: ACCESS.changed(client_cidr=IPv4Network(cidr))) == [
        f'client_cidr: got "{cidr}", expected a private network of /16 to /29, such as 10.8.0.0/24'
    ]


def test_at_least_one_network_may_connect() -> None:
    assert faults_of(lambda: ACCESS.changed(allowed_cidrs=())) == [
        "allowed_cidrs: got 0 entries, expected 1 entry or more"
    ]


def test_user_data_holds_no_key() -> None:
    """Keys are made on the server: who may describe the instance must not read them."""
    assert "PRIVATE KEY" not in boot(ARGS, address="192.0.2.1").render()
