"""Customer gateways: the far ends of VPN connections."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications


@adapter
class CustomerGateway(TaggedEc2Adapter):
    token = "aws:ec2/customerGateway:CustomerGateway"
    not_found = ("InvalidCustomerGatewayID.NotFound",)
    properties = {
        "type": Property(required=True, replaces=True),
        "bgpAsn": Property(replaces=True),
        "ipAddress": Property(replaces=True),
        "deviceName": Property(replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def create(self, aws: Aws, inputs: Values) -> str:
        asn = {"BgpAsn": int(inputs["bgpAsn"])} if inputs.get("bgpAsn") else {}
        answer = aws.client("ec2").create_customer_gateway(
            Type=inputs["type"],
            TagSpecifications=tag_specifications("customer-gateway", inputs),
            **asn,
            **arguments(
                inputs,
                {"ipAddress": "IpAddress", "deviceName": "DeviceName"},
            ),
        )
        return str(answer["CustomerGateway"]["CustomerGatewayId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        gateways = aws.client("ec2").describe_customer_gateways(CustomerGatewayIds=[id])["CustomerGateways"]
        if not gateways or gateways[0]["State"] in ("deleting", "deleted"):
            return None
        gateway = gateways[0]
        return {
            "type": gateway["Type"],
            "bgpAsn": gateway.get("BgpAsn"),
            "ipAddress": gateway.get("IpAddress"),
            "deviceName": gateway.get("DeviceName"),
            "tags": tags.from_records(gateway.get("Tags")),
            "arn": arn(aws, "customer-gateway", id),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_customer_gateway(CustomerGatewayId=id)
