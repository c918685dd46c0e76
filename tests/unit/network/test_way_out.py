"""Nothing that needs the internet is made before its subnet reaches it."""

from __future__ import annotations

import pulumi_aws as aws
import pytest

from tests.unit.graph import STACK_REFERENCE, Graph, Resource
from tests.unit.program import build_program, program

NEEDS_A_SUBNET = (
    aws.ec2.EipAssociation,
    aws.ec2.Instance,
    aws.ec2.NatGateway,
    aws.elasticache.ReplicationGroup,
    aws.elasticbeanstalk.Environment,
    aws.lb.LoadBalancer,
    aws.opensearch.Domain,
    aws.rds.Instance,
)
"""AWS refuses some of these in a VPC without an internet gateway. The others would start without a route."""


def before(graph: Graph, resource: Resource) -> set[str]:
    """The URNs of everything that the engine makes before a resource."""
    known = {each.urn: each for each in graph.resources}
    found: set[str] = set()
    left = [resource.urn]
    while left:
        each = known[left.pop()]
        waits_for = set(each.dependencies)
        for urn in each.dependencies:
            waits_for |= {child.urn for child in graph.descendants(urn)} if not known[urn].custom else set()
        left += waits_for - found
        found |= waits_for
    return found


def way_out(graph: Graph) -> dict[str, set[str]]:
    """What makes a subnet reach the internet, by the subnet's URN: its association and the default route."""
    subnets = {each.id: each.urn for each in graph.of_type(aws.ec2.Subnet)}
    routes = {
        each.inputs["routeTableId"]: each.urn
        for each in graph.of_type(aws.ec2.Route)
        if each.inputs["destinationCidrBlock"] == "0.0.0.0/0"
    }
    return {
        subnets[each.inputs["subnetId"]]: {each.urn, routes[each.inputs["routeTableId"]]}
        for each in graph.of_type(aws.ec2.RouteTableAssociation)
    }


def in_a_hurry(graph: Graph) -> list[str]:
    """The resources that stand in a subnet and do not wait for its way out."""
    ways = way_out(graph)
    assert ways.keys() == {each.urn for each in graph.of_type(aws.ec2.Subnet)}
    return [
        resource.name
        for resource in graph.resources
        if resource not in graph.of_type(aws.ec2.RouteTableAssociation)
        for subnet in before(graph, resource) & ways.keys()
        if not ways[subnet] <= before(graph, resource)
    ]


@pytest.mark.parametrize("choice", ["one-per-zone", "single"])
def test_whatever_stands_in_a_subnet_waits_for_its_way_out(choice: str) -> None:
    graph = build_program("prod", config={"magento:network": {"cidr": "10.0.0.0/16", "nat_gateways": choice}})
    assert in_a_hurry(graph) == []


def test_whatever_needs_the_internet_stands_in_a_subnet() -> None:
    """And thereby waits: the internet gateway is there before each of them."""
    graph = program("prod")
    gateway = graph.one(aws.ec2.InternetGateway).urn
    waiting = {kind: graph.of_type(kind) for kind in NEEDS_A_SUBNET}
    assert all(waiting.values())
    assert [each.name for found in waiting.values() for each in found if gateway not in before(graph, each)] == []


def test_a_joining_stack_waits_for_the_network_that_it_joins() -> None:
    """The outputs of the other stack are there only when all of it is."""
    graph = program("preprod")
    reference = graph.one(STACK_REFERENCE).urn
    waiting = [each for kind in NEEDS_A_SUBNET for each in graph.of_type(kind)]
    assert waiting
    assert [each.name for each in waiting if reference not in before(graph, each)] == []
