"""Reads a VPC: subnets, routes, rules, gateways and VPN links.

It needs permission for these calls: ec2:DescribeVpcs, DescribeSubnets, DescribeRouteTables, DescribeNetworkAcls,
DescribeSecurityGroups, DescribeSecurityGroupRules, DescribeInternetGateways, DescribeNatGateways, DescribeVpnGateways,
DescribeVpnConnections and DescribeTags; and, if a rule or a route names a prefix list, DescribeManagedPrefixLists
and GetManagedPrefixListEntries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from commands.aws_api import AwsApi, tags_of
from reachability.addresses import IPNetwork, within
from reachability.inventory import (
    LOCAL,
    AclEntry,
    Direction,
    NetworkAcl,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    VpnConnection,
)
from reachability.traffic import Traffic

_MOST_VALUES = 200
"""The most values of a filter ("List and filter using the CLI and API")."""
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)
_GONE = ("deleting", "deleted")
_TAKEN = ("disassociating", "disassociated", "failing", "failed")


@dataclass(frozen=True, kw_only=True)
class PrefixList:
    name: str
    networks: tuple[IPNetwork, ...]


class NetworkReader:
    """Reads the VPC with that id and those networks."""

    def __init__(self, api: AwsApi, vpc_id: str, networks: tuple[IPNetwork, ...]) -> None:
        self._api, self._networks = api, networks
        self._here = [{"Name": "vpc-id", "Values": [vpc_id]}]
        self._attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
        self._prefix_lists: dict[str, PrefixList] = {}

    def internet_gateways(self) -> frozenset[str]:
        found = self._ec2("describe_internet_gateways", "InternetGateways", Filters=self._attached)
        return frozenset(each["InternetGatewayId"] for each in found)

    def nat_gateways(self) -> tuple[dict[str, str], frozenset[str]]:
        """The subnet of each public NAT gateway, by the gateway's id; and the interfaces of all of them."""
        found = [
            each
            # The only one of these calls whose filters are called Filter.
            for each in self._ec2("describe_nat_gateways", "NatGateways", Filter=self._here)
            if each["State"] not in (*_GONE, "failed")
        ]
        public = {each["NatGatewayId"]: each["SubnetId"] for each in found if each["ConnectivityType"] == "public"}
        interfaces = {
            address.get("NetworkInterfaceId", "") for each in found for address in each["NatGatewayAddresses"]
        }
        return public, frozenset(interfaces)

    def vpn_connections(self, transit_gateway_ids: frozenset[str]) -> tuple[VpnConnection, ...]:
        """Connections of the VPC's own VPN gateway, and of transit gateways that it has routes to.

        They count also while their tunnels are down.
        """
        own = {
            each["VpnGatewayId"]
            for each in self._ec2("describe_vpn_gateways", "VpnGateways", Filters=self._attached)
            if any(attachment["State"] in ("attaching", "attached") for attachment in each["VpcAttachments"])
        }
        found = self._ec2("describe_vpn_connections", "VpnConnections")
        return tuple(
            VpnConnection(
                id=each["VpnConnectionId"],
                gateway_id=gateway_id,
                tags=tags_of(each.get("Tags")),
                remote_networks=tuple(
                    ip_network(route["DestinationCidrBlock"])
                    for route in each.get("Routes", [])
                    if route.get("State") not in _GONE
                ),
            )
            for each in found
            if each["State"] not in _GONE
            and (gateway_id := each.get("VpnGatewayId") or each.get("TransitGatewayId")) in own | transit_gateway_ids
        )

    def subnets(self, connections: Iterable[VpnConnection], tables: list[dict[str, Any]]) -> dict[str, Subnet]:
        acls = self._ec2("describe_network_acls", "NetworkAcls", Filters=self._here)
        acl_of = _by_subnet(acls, default=lambda acl: bool(acl["IsDefault"]))
        table_of = _by_subnet(tables, default=lambda table: any(each.get("Main") for each in table["Associations"]))
        found = self._ec2("describe_subnets", "Subnets", Filters=self._here)
        learned = tuple(connections)
        return {
            each["SubnetId"]: Subnet(
                id=each["SubnetId"],
                tags=tags_of(each.get("Tags")),
                networks=blocks(each),
                route_table=self._route_table(table_of(each["SubnetId"]), learned),
                acl=_network_acl(acl_of(each["SubnetId"])),
            )
            for each in found
        }

    def route_tables(self) -> list[dict[str, Any]]:
        return self._ec2("describe_route_tables", "RouteTables", Filters=self._here)

    def gateway_names(self, ids: frozenset[str]) -> dict[str, str]:
        """The Name tags of the gateways that belong to the account."""
        wanted = [{"Name": "resource-id", "Values": sorted(ids)}, {"Name": "key", "Values": ["Name"]}]
        found = self._ec2("describe_tags", "Tags", Filters=wanted) if ids else []
        return {each["ResourceId"]: each["Value"] for each in found}

    def security_groups(self) -> dict[str, SecurityGroup]:
        groups = {
            each["GroupId"]: tags_of(each.get("Tags")).get("Name", each["GroupName"])
            for each in self._ec2("describe_security_groups", "SecurityGroups", Filters=self._here)
        }
        rules: dict[str, list[SecurityGroupRule]] = {id: [] for id in groups}
        ids = sorted(groups)
        for start in range(0, len(ids), _MOST_VALUES):
            some = [{"Name": "group-id", "Values": ids[start : start + _MOST_VALUES]}]
            for each in self._ec2("describe_security_group_rules", "SecurityGroupRules", Filters=some):
                rules[each["GroupId"]].append(self._security_group_rule(each))
        return {
            id: SecurityGroup(id=id, name=name, rules=tuple(sorted(rules[id], key=lambda rule: rule.id)))
            for id, name in groups.items()
        }

    def _security_group_rule(self, written: dict[str, Any]) -> SecurityGroupRule:
        block = written.get("CidrIpv4") or written.get("CidrIpv6")
        prefix_list = self._prefix_list(written["PrefixListId"]) if written.get("PrefixListId") else None
        networks = prefix_list.networks if prefix_list else ()
        return SecurityGroupRule(
            id=written["SecurityGroupRuleId"],
            direction=Direction.OUT if written["IsEgress"] else Direction.IN,
            traffic=Traffic.of(written["IpProtocol"], written.get("FromPort"), written.get("ToPort")),
            networks=(ip_network(block),) if block else networks,
            prefix_list=prefix_list.name if prefix_list else None,
            group_id=written.get("ReferencedGroupInfo", {}).get("GroupId"),
            description=written.get("Description", ""),
        )

    def _route_table(self, table: dict[str, Any], connections: tuple[VpnConnection, ...]) -> RouteTable:
        routes = [route for written in table["Routes"] for route in self._routes(written)]
        known = {route.destination for route in routes}
        # AWS lists a link's propagated routes only while the link is up. Its static routes will be propagated.
        propagating = {each["GatewayId"] for each in table.get("PropagatingVgws", [])}
        for connection in connections:
            for network in connection.remote_networks if connection.gateway_id in propagating else ():
                if network not in known:
                    routes.append(Route(destination=network, target=connection.gateway_id, is_propagated=True))
                    known.add(network)
        name = tags_of(table.get("Tags")).get("Name", table["RouteTableId"])
        return RouteTable(id=table["RouteTableId"], name=name, routes=tuple(routes))

    def _routes(self, written: dict[str, Any]) -> list[Route]:
        target = next((written[name] for name in _TARGETS if written.get(name)), "nowhere")
        block = written.get("DestinationCidrBlock") or written.get("DestinationIpv6CidrBlock")
        if block:
            destinations: tuple[IPNetwork, ...] = (ip_network(block),)
        elif target.startswith("vpce-"):
            # The prefix list of a gateway endpoint holds only addresses of S3 or DynamoDB.
            return []
        else:
            destinations = self._prefix_list(written["DestinationPrefixListId"]).networks
        if written.get("State") == "blackhole":
            target = f"nowhere, since {target} is gone"
        learned = written.get("Origin") == "EnableVgwRoutePropagation"
        # A propagated route never overrides the local route ("Route priority").
        return [
            Route(destination=each, target=target, is_propagated=learned)
            for each in destinations
            if not (learned and target != LOCAL and any(within(each, network) for network in self._networks))
        ]

    def _prefix_list(self, id: str) -> PrefixList:
        if id not in self._prefix_lists:
            entries = self._ec2("get_managed_prefix_list_entries", "Entries", PrefixListId=id)
            [described] = self._ec2("describe_managed_prefix_lists", "PrefixLists", PrefixListIds=[id])
            self._prefix_lists[id] = PrefixList(
                name=described["PrefixListName"], networks=tuple(ip_network(each["Cidr"]) for each in entries)
            )
        return self._prefix_lists[id]

    def _ec2(self, operation: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._api.list("ec2", operation, member, **parameters)


def blocks(written: dict[str, Any]) -> tuple[IPNetwork, ...]:
    """The networks of a VPC or a subnet, in both versions of IP, without those that were disassociated."""
    found = [
        (each.get("CidrBlock") or each["Ipv6CidrBlock"], each.get("CidrBlockState") or each["Ipv6CidrBlockState"])
        for member in ("CidrBlockAssociationSet", "Ipv6CidrBlockAssociationSet")
        for each in written.get(member, [])
    ]
    in_force = [block for block, state in found if state["State"] not in _TAKEN]
    return tuple(ip_network(each) for each in dict.fromkeys([written["CidrBlock"], *in_force]))


def _by_subnet(
    found: list[dict[str, Any]], *, default: Callable[[dict[str, Any]], bool]
) -> Callable[[str], dict[str, Any]]:
    """Finds the route table or network ACL in force in a subnet: its own, or the VPC's default."""
    own = {
        association["SubnetId"]: each
        for each in found
        for association in each["Associations"]
        if association.get("SubnetId")
    }
    [fallback] = [each for each in found if default(each)]
    return lambda subnet_id: own.get(subnet_id, fallback)


def _network_acl(written: dict[str, Any]) -> NetworkAcl:
    entries = [_acl_entry(each) for each in written["Entries"]]
    return NetworkAcl(id=written["NetworkAclId"], entries=tuple(sorted(entries, key=lambda entry: entry.number)))


def _acl_entry(written: dict[str, Any]) -> AclEntry:
    ports, icmp = written.get("PortRange", {}), written.get("IcmpTypeCode", {})
    return AclEntry(
        number=written["RuleNumber"],
        direction=Direction.OUT if written["Egress"] else Direction.IN,
        traffic=Traffic.of(written["Protocol"], ports.get("From", icmp.get("Type")), ports.get("To")),
        network=ip_network(written.get("CidrBlock") or written["Ipv6CidrBlock"]),
        allows=written["RuleAction"] == "allow",
    )
