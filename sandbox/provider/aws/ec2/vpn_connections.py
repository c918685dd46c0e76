"""Site-to-site VPN connections and their static routes."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2 import vpn_tunnels
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications

GATEWAYS = {
    "customerGatewayId": "CustomerGatewayId",
    "vpnGatewayId": "VpnGatewayId",
}
NETWORKS = {
    "localIpv4NetworkCidr": "LocalIpv4NetworkCidr",
    "remoteIpv4NetworkCidr": "RemoteIpv4NetworkCidr",
}
FIXED_OPTIONS = {
    "staticRoutesOnly": "StaticRoutesOnly",
}
ROUTE = Shape({"destinationCidrBlock": "DestinationCidrBlock", "source": "Source", "state": "State"})
TELEMETRY = Shape(
    {
        "acceptedRouteCount": "AcceptedRouteCount",
        "certificateArn": "CertificateArn",
        "outsideIpAddress": "OutsideIpAddress",
        "status": "Status",
        "statusMessage": "StatusMessage",
    }
)


@adapter
class VpnConnection(TaggedEc2Adapter):
    token = "aws:ec2/vpnConnection:VpnConnection"
    not_found = ("InvalidVpnConnectionID.NotFound", "InvalidVpnConnectionID")
    properties = {
        "type": Property(required=True, replaces=True),
        "customerGatewayId": Property(required=True),
        "vpnGatewayId": Property(),
        **{name: Property(computed=True, replaces=True) for name in FIXED_OPTIONS},
        **{name: Property(computed=True) for name in NETWORKS},
        **vpn_tunnels.PROPERTIES,
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "customerGatewayConfiguration",
        "routes",
        "vgwTelemetries",
        *vpn_tunnels.OUTPUTS,
    )
    secret_outputs = ("customerGatewayConfiguration", "tunnel1PresharedKey", "tunnel2PresharedKey")
    emulation = "No tunnel is ever negotiated."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return vpn_tunnels.unknown_keys(inputs)

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_vpn_connection(
            Type=inputs["type"],
            Options={
                **arguments(inputs, {**FIXED_OPTIONS, **NETWORKS}),
                "TunnelOptions": [vpn_tunnels.to_aws(inputs, number) for number in vpn_tunnels.TUNNELS],
            },
            TagSpecifications=tag_specifications("vpn-connection", inputs),
            **arguments(inputs, GATEWAYS),
        )
        return str(answer["VpnConnection"]["VpnConnectionId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._wait(aws, id)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        connection = _connection(aws, id)
        if connection is None:
            return None
        options = connection.get("Options", {})
        return {
            "type": connection["Type"],
            **{name: connection.get(field) for name, field in GATEWAYS.items()},
            **{name: options.get(field) for name, field in {**FIXED_OPTIONS, **NETWORKS}.items()},
            **vpn_tunnels.from_aws(connection),
            "tags": tags.from_records(connection.get("Tags")),
            "arn": arn(aws, "vpn-connection", id),
            "customerGatewayConfiguration": connection.get("CustomerGatewayConfiguration"),
            "routes": [ROUTE.from_aws(route) for route in connection.get("Routes", ())],
            "vgwTelemetries": [_telemetry(record) for record in connection.get("VgwTelemetry", ())],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        ec2 = aws.client("ec2")
        # AWS takes the three kinds of change apart, and each only once the one before is through.
        if changed & GATEWAYS.keys():
            ec2.modify_vpn_connection(VpnConnectionId=id, **arguments(new, GATEWAYS))
            self._wait(aws, id)
        if changed & NETWORKS.keys():
            ec2.modify_vpn_connection_options(VpnConnectionId=id, **arguments(new, NETWORKS))
            self._wait(aws, id)
        for number in vpn_tunnels.TUNNELS:
            options = vpn_tunnels.to_aws(new, number, vpn_tunnels.changed_options(changed, number))
            if options:
                ec2.modify_vpn_tunnel_options(
                    VpnConnectionId=id, VpnTunnelOutsideIpAddress=old[f"tunnel{number}Address"], TunnelOptions=options
                )
                self._wait(aws, id)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_vpn_connection(VpnConnectionId=id)
        # Its gateways cannot be deleted before it is gone.
        aws.wait(f"VPN connection {id} to be deleted", lambda: _connection(aws, id) is None)

    def _wait(self, aws: Aws, id: str) -> None:
        def available() -> bool:
            connection = _connection(aws, id)
            return connection is not None and connection["State"] == "available"

        aws.wait(f"VPN connection {id} to be available", available)


@adapter
class VpnConnectionRoute(Adapter):
    """A static route of a connection; its id is ``<destination>:<connection>``."""

    token = "aws:ec2/vpnConnectionRoute:VpnConnectionRoute"
    service = "ec2"
    not_found = ("InvalidVpnConnectionID.NotFound", "InvalidVpnConnectionID", "InvalidRoute.NotFound")
    properties = {
        "destinationCidrBlock": Property(required=True, replaces=True),
        "vpnConnectionId": Property(required=True, replaces=True),
    }

    def create(self, aws: Aws, inputs: Values) -> str:
        destination, connection_id = inputs["destinationCidrBlock"], inputs["vpnConnectionId"]
        aws.client("ec2").create_vpn_connection_route(DestinationCidrBlock=destination, VpnConnectionId=connection_id)
        return f"{destination}:{connection_id}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        destination, _, connection_id = id.rpartition(":")
        connection = _connection(aws, connection_id)
        for route in connection.get("Routes", ()) if connection else ():
            if route["DestinationCidrBlock"] == destination and route["State"] not in ("deleting", "deleted"):
                return {"destinationCidrBlock": destination, "vpnConnectionId": connection_id}
        return None

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        destination, _, connection_id = id.rpartition(":")
        aws.client("ec2").delete_vpn_connection_route(DestinationCidrBlock=destination, VpnConnectionId=connection_id)


def _connection(aws: Aws, id: str) -> Any:
    """AWS's record of a connection, or ``None`` when it is deleted; AWS shows it for another hour."""
    connections = aws.client("ec2").describe_vpn_connections(VpnConnectionIds=[id])["VpnConnections"]
    return connections[0] if connections and connections[0]["State"] not in ("deleting", "deleted") else None


def _telemetry(record: Any) -> Values:
    changed_at = record.get("LastStatusChange")
    return {**TELEMETRY.from_aws(record), **({"lastStatusChange": changed_at.isoformat()} if changed_at else {})}
