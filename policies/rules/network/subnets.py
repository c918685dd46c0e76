"""Subnets: private ones that are, zones that fail apart, and addresses that nothing else has."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from pulumi_policy import Severity

from policies.aws.routes import internet_routes, nat_gateways
from policies.engine.allow_list import Network, holds
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
                    has=f"the Tier private, and a way to the internet by {route}",
                    must="a NAT gateway as its only way out",
                    part=route.name,
                )
        case Absent():
            yield Violation(resource=subnet, has="no Tier in its tags", must="one, which tells who may live there")
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
            yield Undecided(resource=network, path="availabilityZone of its subnets")
        else:
            yield Violation(
                resource=network,
                has=f"{tier or 'untold'} subnets in one availability zone only",
                must="them in two at least",
                part=f"Tier {tier}",
            )


def _check_nat(subnet: Resource, stack: Stack, _: Config) -> Findings:
    if subnet.tag("Tier") != _PRIVATE:
        return
    own = _zone(subnet)
    for route, gateway in nat_gateways(stack, subnet):
        if gateway.properties.read("availabilityMode") == Known("regional"):
            continue
        # No subnet of this stack: somebody else's gateway, whose zone nothing here tells.
        zones = [_zone(each) for each in gateway.origin("subnetId", ec2.Subnet)]
        if not zones or (own in zones and isinstance(own, Known)):
            continue
        if any(isinstance(each, Unknown) for each in (own, *zones)):
            yield Undecided(resource=subnet, path="availabilityZone")
            continue
        yield Violation(
            resource=route,
            has=f"{gateway} as the way out of {subnet}, which lies in another availability zone",
            must="the NAT gateway of the subnet's own zone",
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
                has="no gateway endpoint of S3",
                must="one, which costs nothing and keeps the buckets' traffic off the NAT gateways",
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
        # From an address pool, say: nothing can be compared with it.
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
                has=f"{remote} behind it, of which the network itself has a part",
                must="a range that lies apart",
            )


def _check_subnet_ranges(network: Resource, stack: Stack, whole: list[Network]) -> Findings:
    before: list[tuple[Network, Resource]] = []
    for subnet in stack.from_origin(ec2.Subnet, "vpcId", network):
        addresses = _range(subnet, "cidrBlock")
        if addresses is None:
            yield Undecided(resource=subnet, path="cidrBlock")
            continue
        if not any(holds(each, addresses) for each in whole):
            yield Violation(resource=subnet, has=f"{addresses}, which {network} has not", must="a part of its range")
        for taken, by in before:
            if taken.overlaps(addresses):
                yield Violation(
                    resource=subnet, has=f"{addresses}, of which {by} has {taken}", must="a range of its own"
                )
        before.append((addresses, subnet))


def _range(resource: Resource, name: str) -> Network | None:
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
    why="An address given to whatever is launched puts servers on the internet that nobody meant to.",
    fix="set map_public_ip_on_launch=False, and give an Elastic IP to the few servers that need one.",
    sources=Sources(fsbp=("EC2.15",), pci=("1.3.1", "1.4.2")),
    applies_to=(ec2.Subnet,),
    check=_check_automatic_address,
)

PRIVATE_SUBNET_NO_INTERNET_ROUTE = StackRule(
    id="private-subnet-no-internet-route",
    severity=Severity.HIGH,
    why="What lives in a private subnet relies on nothing outside being able to open a connection to it.",
    fix="route it to a NAT gateway, and tag a subnet with Tier public or private for what it is.",
    sources=Sources(pci=("1.3.1", "1.4.4"), other="Amazon VPC User Guide, Subnet types"),
    applies_to=(ec2.Subnet,),
    check=_check_private_routes,
)

TIERS_SPAN_TWO_ZONES = StackRule(
    id="tiers-span-two-zones",
    severity=Severity.MEDIUM,
    why="When an availability zone fails, a tier that is in no other is gone, and no standby has a place to stand.",
    fix="name two zones at least in network.zones.",
    sources=Sources(other="AWS Well-Architected, Reliability Pillar, REL10-BP01"),
    production_only=True,
    applies_to=(ec2.Vpc,),
    check=_check_zones,
)

NAT_PER_ZONE = StackRule(
    id="nat-per-zone",
    severity=Severity.HIGH,
    why="With one NAT gateway for all, its zone takes the others' way to payment providers down with it.",
    fix="set network.nat_gateways to one-per-zone.",
    sources=Sources(other="Amazon VPC User Guide, NAT gateway basics"),
    production_only=True,
    applies_to=(ec2.Subnet,),
    check=_check_nat,
)

S3_GATEWAY_ENDPOINT = StackRule(
    id="s3-gateway-endpoint",
    severity=Severity.LOW,
    why="Without it, what servers read from S3 passes a NAT gateway, which costs money by the gigabyte.",
    fix="add the private route tables to an ec2.VpcEndpoint of S3 of type Gateway, as Network does.",
    sources=Sources(fsbp=("EC2.10",), cis=("6.8",)),
    production_only=True,
    applies_to=(ec2.Vpc,),
    check=_check_s3_endpoint,
)

CIDR_NO_OVERLAP = StackRule(
    id="cidr-no-overlap",
    severity=Severity.HIGH,
    why="Two places with the same addresses cannot talk to each other, and renumbering means making both anew.",
    fix="choose another network.cidr, or agree with whoever is behind vpn_links[].remote_cidrs on another range.",
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
