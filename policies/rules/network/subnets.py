"""Subnets: private ones cannot be reached from the internet, each tier spans two zones, and ranges do not overlap."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from pulumi_policy import Severity

from policies.aws.ip_ranges import IpRange, holds
from policies.aws.routes import internet_routes, nat_gateways
from policies.generated.aws_types import ec2
from policies.model.expectations import is_not
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_PRIVATE = "private"


def _check_automatic_address(subnet: Resource, _: Config) -> Findings:
    yield from is_not(subnet, "mapPublicIpOnLaunch", True)


def _check_private_routes(subnet: Resource, stack: Stack, _: Config) -> Findings:
    match subnet.properties.read("tags", "Tier"):
        case Known(tier) if tier == _PRIVATE:
            for route in internet_routes(stack, subnet):
                yield Violation(
                    resource=subnet,
                    got=f"Tier=private and a route to the internet in {route}",
                    expected="a NAT gateway as the only route to the internet",
                    part=route.name,
                )
        case Absent():
            yield Violation(resource=subnet, got="no tags.Tier", expected="public or private")
        case Unknown():
            yield Undecided(resource=subnet, path="tags.Tier")


def _check_zones(network: Resource, stack: Stack, _: Config) -> Findings:
    zones: dict[object, list[Reading]] = {}
    for subnet in stack.from_origin(ec2.Subnet, "vpcId", network):
        zones.setdefault(subnet.tag("Tier"), []).append(_zone(subnet))
    for tier, readings in zones.items():
        if len({each.value for each in readings if isinstance(each, Known)}) > 1:
            continue
        if any(isinstance(each, Unknown) for each in readings):
            yield Undecided(resource=network, path="availability_zone of its subnets")
        else:
            yield Violation(
                resource=network,
                got=f"{tier or 'untagged'} subnets in one availability zone",
                expected="two zones or more",
                part=f"Tier {tier}",
            )


def _check_nat(subnet: Resource, stack: Stack, _: Config) -> Findings:
    if subnet.tag("Tier") != _PRIVATE:
        return
    own = _zone(subnet)
    for route, gateway in nat_gateways(stack, subnet):
        if gateway.properties.read("availabilityMode") == Known("regional"):
            continue
        # No subnet of this stack: the gateway is another stack's, and its zone is not known here.
        zones = [_zone(each) for each in gateway.origin("subnetId", ec2.Subnet)]
        if not zones or (own in zones and isinstance(own, Known)):
            continue
        if any(isinstance(each, Unknown) for each in (own, *zones)):
            yield Undecided(resource=subnet, path="availabilityZone")
            continue
        yield Violation(
            resource=route,
            got=f"{gateway} for {subnet}, which is in another availability zone",
            expected="the NAT gateway of the subnet's zone",
        )


def _zone(subnet: Resource) -> Reading:
    readings = [subnet.properties.read(name) for name in ("availabilityZone", "availabilityZoneId")]
    return next((each for each in readings if not isinstance(each, Absent)), Absent())


def _check_s3_endpoint(network: Resource, stack: Stack, _: Config) -> Findings:
    covered = {
        table.urn
        for endpoint in stack.from_origin(ec2.VpcEndpoint, "vpcId", network)
        if _is_of_s3(endpoint)
        for table in _tables_of(stack, endpoint)
    }
    for table in _private_tables(stack, network):
        if table.urn not in covered:
            yield Violation(
                resource=table,
                got="no gateway endpoint for S3",
                expected="one",
            )


def _is_of_s3(endpoint: Resource) -> bool:
    match endpoint.properties.read("serviceName"):
        case Known(name):
            return str(name).endswith(".s3")
    return False


def _tables_of(stack: Stack, endpoint: Resource) -> Iterator[Resource]:
    yield from endpoint.origin("routeTableIds", ec2.RouteTable)
    for association in stack.from_origin(ec2.VpcEndpointRouteTableAssociation, "vpcEndpointId", endpoint):
        yield from association.origin("routeTableId", ec2.RouteTable)


def _private_tables(stack: Stack, network: Resource) -> Iterator[Resource]:
    for subnet in stack.from_origin(ec2.Subnet, "vpcId", network):
        if subnet.tag("Tier") == _PRIVATE:
            for association in stack.from_origin(ec2.RouteTableAssociation, "subnetId", subnet):
                yield from association.origin("routeTableId", ec2.RouteTable)


def _check_overlap(network: Resource, stack: Stack, _: Config) -> Findings:
    own = [_range(network, "cidrBlock")]
    own += [_range(more, "cidrBlock") for more in stack.from_origin(ec2.VpcIpv4CidrBlockAssociation, "vpcId", network)]
    if None in own:
        # It comes from an address pool, for example.
        yield Undecided(resource=network, path="cidrBlock")
        return
    known = [each for each in own if each is not None]
    yield from _check_subnet_ranges(network, stack, known)
    for route in _vpn_routes(stack, network):
        remote = _range(route, "destinationCidrBlock")
        if remote is None:
            yield Undecided(resource=route, path="destinationCidrBlock")
        elif any(remote.overlaps(each) for each in known):
            yield Violation(
                resource=route,
                got=f"{remote}, which overlaps the range of {network}",
                expected="a range that does not overlap it",
            )


def _check_subnet_ranges(network: Resource, stack: Stack, whole: list[IpRange]) -> Findings:
    before: list[tuple[IpRange, Resource]] = []
    for subnet in stack.from_origin(ec2.Subnet, "vpcId", network):
        addresses = _range(subnet, "cidrBlock")
        if addresses is None:
            yield Undecided(resource=subnet, path="cidrBlock")
            continue
        if not any(holds(each, addresses) for each in whole):
            yield Violation(
                resource=subnet, got=f"{addresses}, which is outside {network}", expected="a part of the VPC's range"
            )
        for taken, by in before:
            if taken.overlaps(addresses):
                yield Violation(
                    resource=subnet,
                    got=f"{addresses}, which overlaps {taken} of {by}",
                    expected="a range that does not overlap",
                )
        before.append((addresses, subnet))


def _range(resource: Resource, name: str) -> IpRange | None:
    match resource.properties.read(name):
        case Known(value):
            return ip_network(value, strict=False)
    return None


def _vpn_routes(stack: Stack, network: Resource) -> Iterator[Resource]:
    for gateway in stack.from_origin(ec2.VpnGateway, "vpcId", network):
        for connection in stack.from_origin(ec2.VpnConnection, "vpnGatewayId", gateway):
            yield from stack.from_origin(ec2.VpnConnectionRoute, "vpnConnectionId", connection)


SUBNET_NO_AUTO_PUBLIC_IP = ResourceRule(
    id="subnet-no-auto-public-ip",
    severity=Severity.HIGH,
    why="A subnet that assigns public addresses exposes every server that is launched in it.",
    fix="set map_public_ip_on_launch=False, and give an Elastic IP to the servers that need one.",
    sources=Sources(fsbp=("EC2.15",), pci=("1.3.1", "1.4.2")),
    applies_to=(ec2.Subnet,),
    check=_check_automatic_address,
)

PRIVATE_SUBNET_NO_INTERNET_ROUTE = StackRule(
    id="private-subnet-no-internet-route",
    severity=Severity.HIGH,
    why="Databases and servers in a private subnet rely on the internet being unable to connect to them.",
    fix="route the subnet to a NAT gateway, and tag every subnet with Tier public or private.",
    sources=Sources(pci=("1.3.1", "1.4.4"), other="Amazon VPC User Guide, Subnet types"),
    applies_to=(ec2.Subnet,),
    check=_check_private_routes,
)

TIERS_SPAN_TWO_ZONES = StackRule(
    id="tiers-span-two-zones",
    severity=Severity.MEDIUM,
    why="When an availability zone fails, a tier that is only in that zone fails with it.",
    fix="name two zones or more in network.zones.",
    sources=Sources(other="AWS Well-Architected, Reliability Pillar, REL10-BP01"),
    production_only=True,
    applies_to=(ec2.Vpc,),
    check=_check_zones,
)

NAT_PER_ZONE = StackRule(
    id="nat-per-zone",
    severity=Severity.HIGH,
    why="With one NAT gateway for all zones, the failure of its zone cuts off every server from payment providers.",
    fix="set network.nat_gateways to one-per-zone.",
    sources=Sources(other="Amazon VPC User Guide, NAT gateway basics"),
    production_only=True,
    applies_to=(ec2.Subnet,),
    check=_check_nat,
)

S3_GATEWAY_ENDPOINT = StackRule(
    id="s3-gateway-endpoint",
    severity=Severity.LOW,
    why="Without the endpoint, traffic to S3 goes through a NAT gateway, which charges by the gigabyte.",
    fix="add the private route tables to an ec2.VpcEndpoint for S3 of type Gateway, as Network does.",
    sources=Sources(fsbp=("EC2.10",), cis=("6.8",)),
    production_only=True,
    applies_to=(ec2.Vpc,),
    check=_check_s3_endpoint,
)

CIDR_NO_OVERLAP = StackRule(
    id="cidr-no-overlap",
    severity=Severity.HIGH,
    why="Two networks with the same addresses cannot reach each other, and a network must be recreated to change its "
    "range.",
    fix="choose another network.cidr, or agree on other vpn_links[].remote_cidrs with the owner of that network.",
    sources=Sources(other="Amazon VPC User Guide, VPC CIDR blocks"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(ec2.Vpc,),
    check=_check_overlap,
)

RULES = (
    SUBNET_NO_AUTO_PUBLIC_IP,
    PRIVATE_SUBNET_NO_INTERNET_ROUTE,
    TIERS_SPAN_TWO_ZONES,
    NAT_PER_ZONE,
    S3_GATEWAY_ENDPOINT,
    CIDR_NO_OVERLAP,
)
