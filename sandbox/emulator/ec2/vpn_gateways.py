"""Virtual private gateways: propagation of their routes to route tables."""

from __future__ import annotations

from typing import Any

from moto.ec2.responses import EC2Response

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation


@operation(EC2Response)
def enable_vgw_route_propagation(response: EC2Response, parameters: dict[str, Any]) -> None:
    table = response.ec2_backend.get_route_table(parameters["RouteTableId"])
    gateway = response.ec2_backend.get_vpn_gateway(parameters["GatewayId"])
    attachment = gateway.attachments.get(table.vpc_id)
    if attachment is None or attachment.state != "attached":
        raise AwsError("Gateway.NotAttached", f"resource {gateway.id} is not attached to {table.vpc_id}")
    if gateway.id not in _propagating(table):
        table.propagating_vgws = [{"GatewayId": id_} for id_ in (*_propagating(table), gateway.id)]


@operation(EC2Response)
def disable_vgw_route_propagation(response: EC2Response, parameters: dict[str, Any]) -> None:
    table = response.ec2_backend.get_route_table(parameters["RouteTableId"])
    left = [id_ for id_ in _propagating(table) if id_ != parameters["GatewayId"]]
    table.propagating_vgws = [{"GatewayId": id_} for id_ in left]


def _propagating(table: Any) -> list[str]:
    """The ids of the gateways that propagate routes to a table. DescribeRouteTables answers this attribute."""
    return [entry["GatewayId"] for entry in getattr(table, "propagating_vgws", [])]
