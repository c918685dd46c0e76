"""Route tables, their routes and the subnets that use them."""

from __future__ import annotations

import re
import zlib
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications

TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
}


@adapter
class RouteTable(TaggedEc2Adapter):
    token = "aws:ec2/routeTable:RouteTable"
    not_found = ("InvalidRouteTableID.NotFound",)
    properties = {
        "vpcId": Property(required=True, replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_route_table(
            VpcId=inputs["vpcId"], TagSpecifications=tag_specifications("route-table", inputs)
        )
        return str(answer["RouteTable"]["RouteTableId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        table = _route_table(aws, id)
        return {
            "vpcId": table["VpcId"],
            "tags": tags.from_records(table.get("Tags")),
            "arn": arn(aws, "route-table", id),
            "ownerId": table["OwnerId"],
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_route_table(RouteTableId=id)


@adapter
class Route(Adapter):
    """Its id is the official provider's, ``r-<table><CRC-32 of the destination>``; ``<table>_<destination>``, which
    ``pulumi import`` takes, names it too."""

    token = "aws:ec2/route:Route"
    service = "ec2"
    not_found = ("InvalidRouteTableID.NotFound", "InvalidRoute.NotFound")
    properties = {
        "routeTableId": Property(required=True, replaces=True),
        **{name: Property(replaces=True) for name in DESTINATIONS},
        **{name: Property() for name in TARGETS},
    }
    outputs = ("instanceId", "instanceOwnerId", "origin", "state")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if sum(name in inputs for name in TARGETS) > 1:
            return [("gatewayId", f"got several targets, expected one of {', '.join(TARGETS)}")]
        return []

    def create(self, aws: Aws, inputs: Values) -> str:
        destination = arguments(inputs, DESTINATIONS)
        aws.client("ec2").create_route(RouteTableId=inputs["routeTableId"], **destination, **arguments(inputs, TARGETS))
        return _route_id(inputs["routeTableId"], next(iter(destination.values())))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = _find_route(aws, id)
        if found is None:
            return None
        table_id, route = found
        return {
            "routeTableId": table_id,
            **{name: route.get(field) for name, field in {**DESTINATIONS, **TARGETS}.items()},
            # AWS names the instance of a route that goes through its interface.
            "instanceId": route.get("InstanceId"),
            "instanceOwnerId": route.get("InstanceOwnerId"),
            "origin": route.get("Origin"),
            "state": route.get("State"),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("ec2").replace_route(
            RouteTableId=new["routeTableId"], **arguments(new, DESTINATIONS), **arguments(new, TARGETS)
        )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        found = _find_route(aws, id)
        if found is not None:
            table_id, route = found
            aws.client("ec2").delete_route(RouteTableId=table_id, **_arguments_of(route, DESTINATIONS))


@adapter
class RouteTableAssociation(Adapter):
    """Its id is AWS's own; ``<subnet>/<table>``, which ``pulumi import`` takes, names it too."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    service = "ec2"
    not_found = ("InvalidAssociationID.NotFound", "InvalidRouteTableID.NotFound")
    properties = {
        # Replacing an association changes its id, which an update cannot.
        "routeTableId": Property(required=True, replaces=True),
        "subnetId": Property(required=True, replaces=True),
    }
    # A subnet has one table.
    delete_before_replace = True

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").associate_route_table(
            RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
        )
        return str(answer["AssociationId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        association = _find_association(aws, id)
        if association is None:
            return None
        return {"routeTableId": association["RouteTableId"], "subnetId": association.get("SubnetId")}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        association = _find_association(aws, id)
        if association is not None:
            aws.client("ec2").disassociate_route_table(AssociationId=association["RouteTableAssociationId"])


def _route_table(aws: Aws, id: str) -> Any:
    return aws.client("ec2").describe_route_tables(RouteTableIds=[id])["RouteTables"][0]


def _arguments_of(route: Any, names: dict[str, str]) -> Values:
    return {field: route[field] for field in names.values() if route.get(field)}


def _route_id(table_id: str, destination: str) -> str:
    return f"r-{table_id}{zlib.crc32(destination.encode())}"


def _find_route(aws: Aws, id: str) -> tuple[str, Any] | None:
    table_id = re.match(r"(?:r-)?(rtb-(?:[0-9a-f]{17}|[0-9a-f]{8}))", id)
    if table_id is None:
        return None
    for route in _route_table(aws, table_id[1])["Routes"]:
        for destination in _arguments_of(route, DESTINATIONS).values():
            if id in (_route_id(table_id[1], destination), f"{table_id[1]}_{destination}"):
                return table_id[1], route
    return None


def _find_association(aws: Aws, id: str) -> Any:
    """The association of an id, or ``None``. It belongs to the table that lists it."""
    tables = aws.client("ec2").describe_route_tables()["RouteTables"]
    for table in tables:
        for association in table["Associations"]:
            member = association.get("SubnetId") or association.get("GatewayId")
            if id in (association["RouteTableAssociationId"], f"{member}/{table['RouteTableId']}"):
                return {"RouteTableId": table["RouteTableId"], **association}
    return None
