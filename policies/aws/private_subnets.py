"""Checks that resources are in subnets without a route to the internet."""

from __future__ import annotations

from policies.aws.routes import internet_routes, subnets_of_public_load_balancers
from policies.generated.aws_types import ec2
from policies.model.expectations import spelled
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Findings, Undecided, Violation

_EXPECTED = "subnets without a route to an internet gateway"


def private_subnets(stack: Stack, resource: Resource, *path: str) -> Findings:
    """The list of subnets at a path of a resource, such as a subnet group: none of them may be public."""
    name = spelled(".".join(path))
    subnets = resource.origin(path[0], ec2.Subnet)
    for subnet in subnets:
        for route in internet_routes(stack, subnet):
            yield Violation(
                resource=resource,
                got=f"{subnet} in {name}, which {route} connects to the internet",
                expected=_EXPECTED,
                part=subnet.name,
            )
    if subnets:
        return
    # The subnets are another stack's: the engine does not show them to policies.
    public = subnets_of_public_load_balancers(stack)
    for reading in resource.properties.each(*path):
        match reading:
            case Known(subnet_id) if subnet_id in public:
                yield Violation(
                    resource=resource,
                    got=f"{subnet_id} in {name}, a public subnet of {public[subnet_id]}",
                    expected=_EXPECTED,
                    part=str(subnet_id),
                )
            case Unknown():
                yield Undecided(resource=resource, path=name)


def in_subnet_group(stack: Stack, store: Resource, property_name: str, kind: str) -> Findings:
    """A data store must name a subnet group of the same stack, and the group's subnets must be private."""
    groups = store.origin(property_name, kind)
    if not groups:
        yield Violation(
            resource=store,
            got=f"no subnet group of this stack in {spelled(property_name)}",
            expected="one",
        )
    for group in groups:
        yield from private_subnets(stack, group, "subnetIds")
