"""Reads the inventory of one VPC from AWS's API.

Besides what `network_reading` and `service_reading` list it calls ec2:DescribeInstances and
ec2:DescribeNetworkInterfaces: none of these calls changes anything, or reads stored data.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from commands.aws_api import AwsApi, tags_of
from commands.errors import CannotRunError
from reachability.inventory import OUTWARD, Instance, Interface, Inventory
from reachability.network_reading import NetworkReader, blocks
from reachability.service_reading import ServiceReader


class NoSuchNetworkError(CannotRunError):
    """Not exactly one VPC fits the options. The message lists the VPCs."""


def read(api: AwsApi, *, vpc_id: str | None = None, client: str | None = None) -> Inventory:
    """The VPC with that id or ``Client`` tag. Without either, the account's only VPC besides default ones.

    Raises `NoSuchNetworkError`, and `RefusedError` when AWS refuses a call.
    """
    vpc = _the_one(api.list("ec2", "describe_vpcs", "Vpcs"), vpc_id, client)
    networks = blocks(vpc)
    network = NetworkReader(api, vpc["VpcId"], networks)
    tables = network.route_tables()
    transit = frozenset(
        route["TransitGatewayId"] for table in tables for route in table["Routes"] if route.get("TransitGatewayId")
    )
    connections = network.vpn_connections(transit)
    subnets = network.subnets(connections, tables)
    nat_gateways, nat_interfaces = network.nat_gateways()
    led_to = {route.target for subnet in subnets.values() for route in subnet.route_table.routes}
    outward = frozenset(target for target in led_to if target.startswith(OUTWARD))
    return Inventory(
        vpc_id=vpc["VpcId"],
        region=api.region,
        tags=tags_of(vpc.get("Tags")),
        networks=networks,
        subnets=subnets,
        security_groups=network.security_groups(),
        internet_gateway_ids=network.internet_gateways(),
        nat_gateways=nat_gateways,
        vpn_connections=connections,
        gateway_names=network.gateway_names(outward),
        interfaces=_interfaces(api, vpc["VpcId"], but_not=nat_interfaces),
        instances=_instances(api, vpc["VpcId"]),
        services=ServiceReader(api, vpc["VpcId"]).services(),
    )


def _the_one(vpcs: list[dict[str, Any]], vpc_id: str | None, client: str | None) -> dict[str, Any]:
    own = [each for each in vpcs if not each.get("IsDefault")]
    found = [
        each
        for each in own
        if vpc_id in (None, each["VpcId"]) and client in (None, tags_of(each.get("Tags")).get("Client"))
    ]
    if len(found) == 1:
        return found[0]
    options = " and ".join(filter(None, [vpc_id and f"--vpc {vpc_id}", client and f"--client {client}"]))
    there = ", ".join(sorted(_described(each) for each in own)) or "none except default VPCs"
    got = f"{len(found)} VPCs" + (f" for {options}" if options else "")
    raise NoSuchNetworkError(f"VPC: got {got}, expected one. Use --vpc to choose from: {there}")


def _described(vpc: dict[str, Any]) -> str:
    name = tags_of(vpc.get("Tags")).get("Name")
    return f"{vpc['VpcId']} ({name})" if name else str(vpc["VpcId"])


def _interfaces(api: AwsApi, vpc_id: str, *, but_not: frozenset[str]) -> tuple[Interface, ...]:
    """Network interfaces in use. The others have no traffic."""
    here = [{"Name": "vpc-id", "Values": [vpc_id]}]
    return tuple(
        Interface(
            id=each["NetworkInterfaceId"],
            subnet_id=each["SubnetId"],
            addresses=tuple(
                ip_network(address)
                for address in (
                    *(private["PrivateIpAddress"] for private in each["PrivateIpAddresses"]),
                    *(ipv6["Ipv6Address"] for ipv6 in each.get("Ipv6Addresses", [])),
                )
            ),
            group_ids=tuple(group["GroupId"] for group in each["Groups"]),
            public_address=each.get("Association", {}).get("PublicIp"),
            instance_id=each.get("Attachment", {}).get("InstanceId"),
            description=each.get("Description", ""),
            tags=tags_of(each.get("TagSet")),
        )
        for each in api.list("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=here)
        if each["Status"] == "in-use" and each["NetworkInterfaceId"] not in but_not
    )


def _instances(api: AwsApi, vpc_id: str) -> tuple[Instance, ...]:
    wanted = [
        {"Name": "vpc-id", "Values": [vpc_id]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    return tuple(
        Instance(id=each["InstanceId"], tags=tags_of(each.get("Tags")))
        for reservation in api.list("ec2", "describe_instances", "Reservations", Filters=wanted)
        for each in reservation["Instances"]
    )
