"""The rules against the shipped stacks: satisfied as they are, and each fires when what it watches is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pulumi_aws as aws
import pytest

from policies.resources import token_of
from policies.stack_permissions import initial_config
from tests.policies.analyzer import Node, analyze, fired, nodes_of
from tests.unit.program import program

PERMITTED: dict[str, dict[str, Any]] = {
    rule: {name: value for name, value in config.items() if name != "enforcementLevel"}
    for rule, config in initial_config().items()
    if isinstance(config, dict)
}
"""What the shipped stack files permit, as the pack has it."""


def _nodes(stack: str) -> tuple[Node, ...]:
    return nodes_of(program(stack))


def _databases_public(nodes: Sequence[Node]) -> list[Node]:
    return [each.but(publiclyAccessible=True) if each.token == token_of(aws.rds.Instance) else each for each in nodes]


def _databases_in_public_subnets(nodes: Sequence[Node]) -> list[Node]:
    """Every subnet group takes its subnets from those with a route to the internet."""
    gateways = {each.urn for each in nodes if each.token == token_of(aws.ec2.InternetGateway)}
    tables = {
        table
        for each in nodes
        if gateways & set(each.origins.get("gatewayId", ()))
        for table in each.origins["routeTableId"]
    }
    public = tuple(
        subnet
        for each in nodes
        if tables & set(each.origins.get("routeTableId", ())) and each.token == token_of(aws.ec2.RouteTableAssociation)
        for subnet in each.origins["subnetId"]
    )
    assert public
    return [
        each.taken_from(subnetIds=public) if each.token == token_of(aws.rds.SubnetGroup) else each for each in nodes
    ]


def _databases_open_to_the_vpc(nodes: Sequence[Node]) -> list[Node]:
    return [
        each.but(cidrIpv4="10.0.0.0/16")
        if each.token == token_of(aws.vpc.SecurityGroupIngressRule) and each.properties.get("fromPort") == 3306
        else each
        for each in nodes
    ]


def _preprod_database_beside_its_load_balancer(nodes: Sequence[Node]) -> list[Node]:
    (public,) = (each.properties["subnets"] for each in nodes if each.token == token_of(aws.lb.LoadBalancer))
    return [each.but(subnetIds=public) if each.token == token_of(aws.rds.SubnetGroup) else each for each in nodes]


BREAKAGES: dict[str, Callable[[Sequence[Node]], list[Node]]] = {
    "rds-private": _databases_public,
    "rds-private-subnets": _databases_in_public_subnets,
    "rds-private-ingress": _databases_open_to_the_vpc,
}


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_the_shipped_stacks_satisfy_every_rule(stack: str) -> None:
    """Nothing is said of them, not even that something could not be decided."""
    assert analyze(_nodes(stack), config=PERMITTED) == []


@pytest.mark.parametrize(("rule", "breakage"), BREAKAGES.items(), ids=BREAKAGES.keys())
def test_breaking_production_fires_exactly_its_rule(
    rule: str, breakage: Callable[[Sequence[Node]], list[Node]]
) -> None:
    """One thing broken in the whole production graph is found by the rule that is meant to find it, and no other."""
    assert {found for found, _ in fired(analyze(breakage(_nodes("prod")), config=PERMITTED))} == {rule}


def test_a_database_in_another_stacks_public_subnets_is_found() -> None:
    """Taking the wrong list of subnets from the stack that owns the network does not go unseen."""
    broken = _preprod_database_beside_its_load_balancer(_nodes("preprod"))
    assert {found for found, _ in fired(analyze(broken, config=PERMITTED))} == {"rds-private-subnets"}
