"""Ways out of a VPC: internet gateways, Elastic IPs and NAT gateways."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications
from sandbox.provider.errors import ProviderError


@adapter
class InternetGateway(TaggedEc2Adapter):
    token = "aws:ec2/internetGateway:InternetGateway"
    not_found = ("InvalidInternetGatewayID.NotFound",)
    properties = {"vpcId": Property(computed=True), "tags": TAGS}
    outputs = ("arn", "ownerId")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_internet_gateway(
            TagSpecifications=tag_specifications("internet-gateway", inputs)
        )
        return str(answer["InternetGateway"]["InternetGatewayId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._attach(aws, id, inputs.get("vpcId"))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        gateway = aws.client("ec2").describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"][0]
        return {
            "vpcId": next((attachment["VpcId"] for attachment in gateway["Attachments"]), None),
            "tags": tags.from_records(gateway.get("Tags")),
            "arn": arn(aws, "internet-gateway", id),
            "ownerId": gateway.get("OwnerId", aws.account_id),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._attach(aws, id, new.get("vpcId"))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self._attach(aws, id, None)
        aws.client("ec2").delete_internet_gateway(InternetGatewayId=id)

    def _attach(self, aws: Aws, id: str, vpc_id: str | None) -> None:
        """Attach it to this VPC and no other; to none with ``None``."""
        ec2 = aws.client("ec2")
        gateway = ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"][0]
        attached = [attachment["VpcId"] for attachment in gateway["Attachments"]]
        for other in attached:
            if other != vpc_id:
                ec2.detach_internet_gateway(InternetGatewayId=id, VpcId=other)
        if vpc_id and vpc_id not in attached:
            ec2.attach_internet_gateway(InternetGatewayId=id, VpcId=vpc_id)


@adapter
class Eip(TaggedEc2Adapter):
    token = "aws:ec2/eip:Eip"
    not_found = ("InvalidAllocationID.NotFound", "InvalidAddress.NotFound")
    properties = {
        "domain": Property(computed=True, replaces=True),
        "tags": TAGS,
    }
    outputs = ("allocationId", "arn", "associationId", "privateDns", "privateIp", "publicDns", "publicIp")
    emulation = "The address is made up, and nothing answers on it."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").allocate_address(
            Domain=inputs.get("domain") or "vpc",
            TagSpecifications=tag_specifications("elastic-ip", inputs),
        )
        return str(answer["AllocationId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        address = aws.client("ec2").describe_addresses(AllocationIds=[id])["Addresses"][0]
        private_ip = address.get("PrivateIpAddress")
        return {
            "domain": address["Domain"],
            "tags": tags.from_records(address.get("Tags")),
            "allocationId": id,
            "arn": arn(aws, "elastic-ip", id),
            "associationId": address.get("AssociationId"),
            "privateIp": private_ip,
            "privateDns": _dns_name("ip", private_ip, aws.region, "compute.internal", "ec2.internal"),
            "publicIp": address["PublicIp"],
            "publicDns": _dns_name(
                "ec2", address["PublicIp"], aws.region, "compute.amazonaws.com", "compute-1.amazonaws.com"
            ),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        self._disassociate(aws, id)
        aws.client("ec2").release_address(AllocationId=id)

    def _disassociate(self, aws: Aws, id: str) -> None:
        ec2 = aws.client("ec2")
        association = ec2.describe_addresses(AllocationIds=[id])["Addresses"][0].get("AssociationId")
        if association:
            ec2.disassociate_address(AssociationId=association)


class NatGatewayFailedError(ProviderError):
    """AWS could not make the NAT gateway. The message has AWS's reason."""


@adapter
class NatGateway(TaggedEc2Adapter):
    token = "aws:ec2/natGateway:NatGateway"
    not_found = ("NatGatewayNotFound",)
    properties = {
        "subnetId": Property(required=True, replaces=True),
        "allocationId": Property(replaces=True),
        "tags": TAGS,
    }
    outputs = ("associationId", "networkInterfaceId", "privateIp", "publicIp")
    emulation = "No traffic is translated."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_nat_gateway(
            SubnetId=inputs["subnetId"],
            TagSpecifications=tag_specifications("natgateway", inputs),
            **arguments(inputs, {"allocationId": "AllocationId"}),
        )
        return str(answer["NatGateway"]["NatGatewayId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        aws.wait(f"NAT gateway {id} to be available", lambda: _is_available(aws, id))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        gateways = aws.client("ec2").describe_nat_gateways(NatGatewayIds=[id])["NatGateways"]
        if not gateways or gateways[0]["State"] in ("deleting", "deleted"):
            return None
        gateway = gateways[0]
        # The primary address is listed first.
        address: Values = next(iter(gateway.get("NatGatewayAddresses", ())), {})
        return {
            "subnetId": gateway["SubnetId"],
            "allocationId": address.get("AllocationId"),
            "privateIp": address.get("PrivateIp"),
            "tags": tags.from_records(gateway.get("Tags")),
            "associationId": address.get("AssociationId"),
            "networkInterfaceId": address.get("NetworkInterfaceId"),
            "publicIp": address.get("PublicIp"),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_nat_gateway(NatGatewayId=id)
        # Its Elastic IP cannot be released, nor its subnet deleted, before it is gone.
        aws.wait(f"NAT gateway {id} to be deleted", lambda: _nat_state(aws, id) in (None, "deleted"))


def _is_available(aws: Aws, id: str) -> bool:
    """Raises ``NatGatewayFailedError`` when AWS has given the gateway up."""
    [gateway] = aws.client("ec2").describe_nat_gateways(NatGatewayIds=[id])["NatGateways"]
    if gateway["State"] == "failed":
        raise NatGatewayFailedError(f"NAT gateway {id}: {gateway['FailureCode']}: {gateway['FailureMessage']}")
    return str(gateway["State"]) == "available"


def _nat_state(aws: Aws, id: str) -> str | None:
    gateways = aws.client("ec2").describe_nat_gateways(NatGatewayIds=[id])["NatGateways"]
    return str(gateways[0]["State"]) if gateways else None


def _dns_name(prefix: str, address: str | None, region: str, domain: str, us_east_1_domain: str) -> str | None:
    """The name that AWS's resolver gives an address; the oldest region has a domain of its own."""
    if not address:
        return None
    host = f"{prefix}-{address.replace('.', '-')}"
    return f"{host}.{us_east_1_domain}" if region == "us-east-1" else f"{host}.{region}.{domain}"
