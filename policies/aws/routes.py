"""Which subnets the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator

from policies.generated.aws_types import ec2, lb
from policies.model.properties import Known, Properties
from policies.model.resources import Resource, Stack

_GATEWAY_ID = "igw-"


def internet_routes(stack: Stack, subnet: Resource) -> Iterator[Resource]:
    """What makes a subnet public: each route, or table with an inline route, that leads to an internet gateway."""
    for table in _tables(stack, subnet):
        yield from _ways_out(stack, table)


def nat_gateways(stack: Stack, subnet: Resource) -> Iterator[tuple[Resource, Resource]]:
    """Each NAT gateway that a subnet goes out by, after the route or the table that says so."""
    for table in _tables(stack, subnet):
        yield from ((table, gateway) for gateway in table.origin("routes", ec2.NatGateway))
        for route in stack.from_origin(ec2.Route, "routeTableId", table):
            yield from ((route, gateway) for gateway in route.origin("natGatewayId", ec2.NatGateway))


def subnets_of_public_load_balancers(stack: Stack) -> dict[object, Resource]:
    """Subnets that are public because AWS puts an internet-facing load balancer into no other, by id where known."""
    return {
        reading.value: balancer
        for balancer in stack.of_type(lb.LoadBalancer)
        if not balancer.properties.is_true("internal")
        for reading in balancer.properties.each("subnets")
        if isinstance(reading, Known)
    }


def public_subnet_ids(stack: Stack) -> dict[object, Resource]:
    """The ids of public subnets, where known, with what says so: a route, or what faces the internet there.

    For properties that hold ids within a text, which no origin can tell apart.
    """
    public = subnets_of_public_load_balancers(stack)
    for association in stack.of_type(ec2.RouteTableAssociation):
        match association.properties.read("subnetId"):
            case Known(subnet_id):
                for table in association.origins.get("routeTableId", ()):
                    public |= dict.fromkeys((subnet_id for _ in _ways_out(stack, table)), table)
    return public


def _tables(stack: Stack, subnet: Resource) -> Iterator[Resource]:
    own = [
        table
        for association in stack.from_origin(ec2.RouteTableAssociation, "subnetId", subnet)
        for table in association.origins.get("routeTableId", ())
    ]
    if own:
        yield from own
        return
    # A subnet without a table of its own uses its VPC's main one: routes name it through the VPC, or an adopted table.
    for vpc in subnet.origin("vpcId", ec2.Vpc):
        yield vpc
        yield from stack.from_origin(ec2.DefaultRouteTable, "defaultRouteTableId", vpc)


def _ways_out(stack: Stack, table: Resource) -> Iterator[Resource]:
    if _names_gateway(table, "routes"):
        yield table
    yield from (
        route for route in stack.from_origin(ec2.Route, "routeTableId", table) if _names_gateway(route, "gatewayId")
    )


def _names_gateway(resource: Resource, property_name: str) -> bool:
    """Whether a route's target is an internet gateway of the stack, or one named by its id.

    Of a table's inline routes only the whole list's origin is known: one to an internet gateway makes the table public.
    """
    if resource.origin(property_name, ec2.InternetGateway):
        return True
    readings = [resource.properties.read(property_name), *_inline_targets(resource, property_name)]
    return any(isinstance(each, Known) and str(each.value).startswith(_GATEWAY_ID) for each in readings)


def _inline_targets(resource: Resource, property_name: str) -> Iterator[object]:
    for route in resource.properties.each(property_name):
        if isinstance(route, Known) and isinstance(route.value, Properties):
            yield route.value.read("gatewayId")
