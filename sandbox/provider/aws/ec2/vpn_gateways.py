"""The two ends of a site-to-site VPN: Amazon's gateway on the VPC, and the customer's device."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications


@adapter
class VpnGateway(TaggedEc2Adapter):
    token = "aws:ec2/vpnGateway:VpnGateway"
    not_found = ("InvalidVpnGatewayID.NotFound",)
    properties = {
        "vpcId": Property(computed=True),
        "amazonSideAsn": Property(computed=True, replaces=True),
        "availabilityZone": Property(replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def create(self, aws: Aws, inputs: Values) -> str:
        # pulumi-aws writes the number as a text, since it may exceed 32 bits.
        asn = {"AmazonSideAsn": int(inputs["amazonSideAsn"])} if inputs.get("amazonSideAsn") else {}
        answer = aws.client("ec2").create_vpn_gateway(
            Type="ipsec.1",
            TagSpecifications=tag_specifications("vpn-gateway", inputs),
            **asn,
            **arguments(inputs, {"availabilityZone": "AvailabilityZone"}),
        )
        return str(answer["VpnGateway"]["VpnGatewayId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._attach(aws, id, inputs.get("vpcId"))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        gateway = _gateway(aws, id)
        if gateway is None:
            return None
        asn = gateway.get("AmazonSideAsn")
        return {
            "vpcId": next(iter(_attached(gateway)), None),
            "amazonSideAsn": None if asn is None else str(asn),
            "availabilityZone": gateway.get("AvailabilityZone"),
            "tags": tags.from_records(gateway.get("Tags")),
            "arn": arn(aws, "vpn-gateway", id),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._attach(aws, id, new.get("vpcId"))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        if _gateway(aws, id) is not None:
            self._attach(aws, id, None)
            aws.client("ec2").delete_vpn_gateway(VpnGatewayId=id)

    def _attach(self, aws: Aws, id: str, vpc_id: str | None) -> None:
        """Attach it to this VPC and no other, to none with ``None``, and wait for AWS to have done so."""
        ec2 = aws.client("ec2")
        attached = _attached(_gateway(aws, id))
        for other in attached:
            if other != vpc_id:
                ec2.detach_vpn_gateway(VpnGatewayId=id, VpcId=other)
        if vpc_id and vpc_id not in attached:
            ec2.attach_vpn_gateway(VpnGatewayId=id, VpcId=vpc_id)
        wanted = [vpc_id] if vpc_id else []
        aws.wait(f"VPN gateway {id} to change its VPC", lambda: _attached(_gateway(aws, id), "attached") == wanted)


@adapter
class VpnGatewayRoutePropagation(Adapter):
    """A gateway's routes in a route table; its id is ``<gateway>_<table>``."""

    token = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"
    service = "ec2"
    not_found = ("InvalidRouteTableID.NotFound", "InvalidVpnGatewayID.NotFound")
    properties = {
        "vpnGatewayId": Property(required=True, replaces=True),
        "routeTableId": Property(required=True, replaces=True),
    }
    emulation = "No route appears in the table."

    def create(self, aws: Aws, inputs: Values) -> str:
        gateway_id, table_id = inputs["vpnGatewayId"], inputs["routeTableId"]
        aws.client("ec2").enable_vgw_route_propagation(GatewayId=gateway_id, RouteTableId=table_id)
        return f"{gateway_id}_{table_id}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        gateway_id, _, table_id = id.partition("_")
        table = aws.client("ec2").describe_route_tables(RouteTableIds=[table_id])["RouteTables"][0]
        if gateway_id not in [gateway["GatewayId"] for gateway in table.get("PropagatingVgws", ())]:
            return None
        return {"vpnGatewayId": gateway_id, "routeTableId": table_id}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        gateway_id, _, table_id = id.partition("_")
        aws.client("ec2").disable_vgw_route_propagation(GatewayId=gateway_id, RouteTableId=table_id)


def _gateway(aws: Aws, id: str) -> Any:
    gateways = aws.client("ec2").describe_vpn_gateways(VpnGatewayIds=[id])["VpnGateways"]
    return gateways[0] if gateways and gateways[0]["State"] not in ("deleting", "deleted") else None


def _attached(gateway: Any, *states: str) -> list[str]:
    """The VPCs that it is attached to, or about to be unless ``states`` says otherwise."""
    return [
        attachment["VpcId"]
        for attachment in gateway.get("VpcAttachments", ())
        if attachment["State"] in (states or ("attached", "attaching"))
    ]
