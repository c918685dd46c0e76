"""That what is meant to be private is in subnets which the internet cannot reach."""

from __future__ import annotations

from policies.aws.routes import internet_routes, subnets_of_public_load_balancers
from policies.generated.aws_types import ec2
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Findings, Undecided, Violation

_MUST = "subnets without a route to an internet gateway"


def private_subnets(stack: Stack, resource: Resource, *path: str) -> Findings:
    """The list of subnets at a path of a resource, such as a subnet group: none of them may be public."""
    name = ".".join(path)
    subnets = resource.origin(path[0], ec2.Subnet)
    for subnet in subnets:
        for route in internet_routes(stack, subnet):
            yield Violation(
                resource=resource,
                has=f"the public {subnet} in {name}, which {route} connects to the internet",
                must=_MUST,
                part=subnet.name,
            )
    if subnets:
        return
    # Subnets of the stack that owns the network: the engine shows a policy neither them nor what was read from there.
    public = subnets_of_public_load_balancers(stack)
    for reading in resource.properties.each(*path):
        match reading:
            case Known(subnet_id) if subnet_id in public:
                yield Violation(
                    resource=resource,
                    has=f"{subnet_id} in {name}, where {public[subnet_id]} faces the internet",
                    must=_MUST,
                    part=str(subnet_id),
                )
            case Unknown():
                yield Undecided(resource=resource, path=name)


def in_subnet_group(stack: Stack, store: Resource, property_name: str, kind: str) -> Findings:
    """A data store must name a subnet group of its own stack, and the group's subnets must be private."""
    groups = store.origin(property_name, kind)
    if not groups:
        yield Violation(
            resource=store,
            has=f"no subnet group of this stack in {property_name}",
            must="one, whose subnets can be judged",
        )
    for group in groups:
        yield from private_subnets(stack, group, "subnetIds")
