"""Site-to-Site VPN connections: options, two tunnels, static routes and the configuration of the customer gateway."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.vpn_connections import VPNConnection
from moto.ec2.responses import EC2Response
from moto.ec2.utils import add_tag_specification

from sandbox.emulator.ec2.vpn_tunnels import configuration, new_tunnel, tunnel_settings
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch

CONNECTION_OPTIONS = ("LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr", "LocalIpv6NetworkCidr", "RemoteIpv6NetworkCidr")
"""What ModifyVpnConnectionOptions changes."""


@operation(EC2Response)
def create_vpn_connection(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = response.ec2_backend
    gateway = parameters.get("TransitGatewayId")
    connection = backend.create_vpn_connection(
        parameters["Type"],
        parameters["CustomerGatewayId"],
        vpn_gateway_id=parameters.get("VpnGatewayId"),
        transit_gateway_id=gateway,
        tags=add_tag_specification(parameters.get("TagSpecifications", [])),
    )
    if gateway:
        backend.create_transit_gateway_vpn_attachment(vpn_id=connection.id, transit_gateway_id=gateway)
    asked = parameters.get("Options", {})
    tunnels = [*asked.get("TunnelOptions", []), {}, {}][:2]  # there are always two
    connection.options = {
        "EnableAcceleration": asked.get("EnableAcceleration", False),
        "StaticRoutesOnly": asked.get("StaticRoutesOnly", False),
        "LocalIpv4NetworkCidr": "0.0.0.0/0",
        "RemoteIpv4NetworkCidr": "0.0.0.0/0",
        "OutsideIpAddressType": asked.get("OutsideIpAddressType", "PublicIpv4"),
        "TunnelInsideIpVersion": asked.get("TunnelInsideIpVersion", "ipv4"),
        **{name: asked[name] for name in CONNECTION_OPTIONS if name in asked},
        "TunnelOptions": [new_tunnel(settings) for settings in tunnels],
    }
    connection.category = "VPN"
    connection.gateway_association_state = "associated"
    connection.routes = []
    # There is no device on the other side.
    connection.vgw_telemetry = [
        {
            "OutsideIpAddress": tunnel["OutsideIpAddress"],
            "Status": "DOWN",
            "StatusMessage": "IPSEC IS DOWN",
            "LastStatusChange": utcnow(),
            "AcceptedRouteCount": 0,
        }
        for tunnel in connection.options["TunnelOptions"]
    ]
    return {"VpnConnection": connection}


@patch(
    "moto.ec2.models.vpn_connections:VPNConnection.customer_gateway_configuration",
    sha256="e106b41a7bf9b226fb1fb86fc4470161e5e28886cb473e68a539ee485e7743fa",
    upstream="CustomerGatewayConfiguration has the same made-up tunnels for every VPN connection.",
)
def _customer_gateway_configuration(_original: Any, connection: VPNConnection) -> str:
    backend = connection.ec2_backend
    virtual = backend.vpn_gateways.get(connection.vpn_gateway_id)
    return configuration(
        connection,
        backend.get_customer_gateway(connection.customer_gateway_id),
        aws_asn=int(virtual.amazon_side_asn or 64512) if virtual else 64512,
    )


@patch(
    "moto.ec2.models.vpn_connections:VPNConnection.get_filter_value",
    sha256="e14a63429da694179fb5663757240abd63ad5ce4fcaa82185d6cd39348a16bc4",
)
def _get_filter_value(
    original: Any, connection: VPNConnection, filter_name: str, method_name: str | None = None
) -> Any:
    """Add the filters that clients use to wait for a route and to find the connections of a gateway."""
    values = {
        "vpn-connection-id": connection.id,
        "customer-gateway-id": connection.customer_gateway_id,
        "vpn-gateway-id": connection.vpn_gateway_id,
        "state": connection.state,
        "route.destination-cidr-block": [route["DestinationCidrBlock"] for route in connection.routes],
    }
    return values[filter_name] if filter_name in values else original(connection, filter_name, method_name)


@operation(EC2Response)
def create_vpn_connection_route(response: EC2Response, parameters: dict[str, Any]) -> None:
    connection = _connection(response, parameters)
    if not connection.options["StaticRoutesOnly"]:
        raise AwsError("InvalidParameterValue", f"{connection.id} uses BGP, which announces its own routes.")
    block = parameters["DestinationCidrBlock"]
    if all(route["DestinationCidrBlock"] != block for route in connection.routes):
        connection.routes.append({"DestinationCidrBlock": block, "Source": "Static", "State": "available"})


@operation(EC2Response)
def delete_vpn_connection_route(response: EC2Response, parameters: dict[str, Any]) -> None:
    connection = _connection(response, parameters)
    block = parameters["DestinationCidrBlock"]
    left = [route for route in connection.routes if route["DestinationCidrBlock"] != block]
    if len(left) == len(connection.routes):
        raise AwsError("InvalidRoute.NotFound", f"The route {block} does not exist in {connection.id}.")
    connection.routes = left


@operation(EC2Response)
def modify_vpn_connection(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    connection = _connection(response, parameters)
    if "CustomerGatewayId" in parameters:
        response.ec2_backend.get_customer_gateway(parameters["CustomerGatewayId"])
        connection.customer_gateway_id = parameters["CustomerGatewayId"]
    if "VpnGatewayId" in parameters:
        response.ec2_backend.get_vpn_gateway(parameters["VpnGatewayId"])
        connection.vpn_gateway_id, connection.transit_gateway_id = parameters["VpnGatewayId"], None
    elif "TransitGatewayId" in parameters:
        connection.vpn_gateway_id, connection.transit_gateway_id = None, parameters["TransitGatewayId"]
    return {"VpnConnection": connection}


@operation(EC2Response)
def modify_vpn_connection_options(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    connection = _connection(response, parameters)
    connection.options.update({name: parameters[name] for name in CONNECTION_OPTIONS if name in parameters})
    return {"VpnConnection": connection}


@operation(EC2Response)
def modify_vpn_tunnel_options(response: EC2Response, parameters: dict[str, Any]) -> dict[str, Any]:
    connection = _connection(response, parameters)
    address = parameters["VpnTunnelOutsideIpAddress"]
    for tunnel in connection.options["TunnelOptions"]:
        if tunnel["OutsideIpAddress"] == address:
            tunnel.update(tunnel_settings(parameters["TunnelOptions"]))
            return {"VpnConnection": connection}
    raise AwsError("InvalidParameterValue", f"{connection.id} has no tunnel at {address}.")


def _connection(response: EC2Response, parameters: dict[str, Any]) -> VPNConnection:
    """Raises moto's InvalidVpnConnectionID.NotFound."""
    [connection] = response.ec2_backend.describe_vpn_connections([parameters["VpnConnectionId"]])
    return connection
