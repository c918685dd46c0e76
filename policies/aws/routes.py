"""Finds the subnets that the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator

from policies.generated.aws_types import ec2, lb
from policies.model.properties import Known, Properties
from policies.model.resources import Resource, Stack

_GATEWAY_ID = "igw-"


def internet_routes(stack: Stack, subnet: Resource) -> Iterator[Resource]:
    """The routes to an internet gateway that make a subnet public; a route table for its inline routes."""
    for table in _tables(stack, subnet):
        yield from _internet_routes_of(stack, table)


def nat_gateways(stack: Stack, subnet: Resource) -> Iterator[tuple[Resource, Resource]]:
    """Each NAT gateway that a subnet's routes lead to, with the route, or the route table for inline routes."""
    for table in _tables(stack, subnet):
        yield from ((table, gateway) for gateway in table.origin("routes", ec2.NatGateway))
        for route in stack.from_origin(ec2.Route, "routeTableId", table):
            yield from ((route, gateway) for gateway in route.origin("natGatewayId", ec2.NatGateway))


def subnets_of_public_load_balancers(stack: Stack) -> dict[object, Resource]:
    """The ids of subnets with an internet-facing load balancer, where known: AWS requires those to be public."""
    return {
        reading.value: balancer
        for balancer in stack.of_type(lb.LoadBalancer)
        if not balancer.properties.is_true("internal")
        for reading in balancer.properties.each("subnets")
        if isinstance(reading, Known)
    }


def public_subnet_ids(stack: Stack) -> dict[object, Resource]:
    """The ids of public subnets, where known, with the route table or load balancer that shows it.

    For properties that hold ids within a text, whose origins cannot be told apart.
    """
    public = subnets_of_public_load_balancers(stack)
    for association in stack.of_type(ec2.RouteTableAssociation):
        match association.properties.read("subnetId"):
            case Known(subnet_id):
                for table in association.origins.get("routeTableId", ()):
                    public |= dict.fromkeys((subnet_id for _ in _internet_routes_of(stack, table)), table)
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
    # A subnet without an association uses the VPC's main table: routes refer to it by the VPC or by a default table.
    for vpc in subnet.origin("vpcId", ec2.Vpc):
        yield vpc
        yield from stack.from_origin(ec2.DefaultRouteTable, "defaultRouteTableId", vpc)


def _internet_routes_of(stack: Stack, table: Resource) -> Iterator[Resource]:
    if _names_gateway(table, "routes"):
        yield table
    yield from (
        route for route in stack.from_origin(ec2.Route, "routeTableId", table) if _names_gateway(route, "gatewayId")
    )


def _names_gateway(resource: Resource, property_name: str) -> bool:
    """Whether a route's target is an internet gateway of the stack, or one named by its id.

    Only the origins of a table's whole list of inline routes are known: an internet gateway makes the table public.
    """
    if resource.origin(property_name, ec2.InternetGateway):
        return True
    readings = [resource.properties.read(property_name), *_inline_targets(resource, property_name)]
    return any(isinstance(each, Known) and str(each.value).startswith(_GATEWAY_ID) for each in readings)


def _inline_targets(resource: Resource, property_name: str) -> Iterator[object]:
    for route in resource.properties.each(property_name):
        if isinstance(route, Known) and isinstance(route.value, Properties):
            yield route.value.read("gatewayId")
