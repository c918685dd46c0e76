"""Network interfaces, and the Elastic IPs associated with them."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications


@adapter
class NetworkInterface(TaggedEc2Adapter):
    token = "aws:ec2/networkInterface:NetworkInterface"
    not_found = ("InvalidNetworkInterfaceID.NotFound",)
    properties = {
        "subnetId": Property(required=True, replaces=True),
        "privateIp": Property(computed=True, replaces=True),
        "securityGroups": Property(computed=True, unordered=True),
        "description": Property(),
        "sourceDestCheck": Property(default=True),
        "tags": TAGS,
    }
    outputs = ("arn", "macAddress", "ownerId", "privateDnsName")
    emulation = "Nothing answers at its address."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_network_interface(
            SubnetId=inputs["subnetId"],
            TagSpecifications=tag_specifications("network-interface", inputs),
            **arguments(
                inputs, {"privateIp": "PrivateIpAddress", "securityGroups": "Groups", "description": "Description"}
            ),
        )
        return str(answer["NetworkInterface"]["NetworkInterfaceId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        # A fresh interface checks.
        if not inputs["sourceDestCheck"]:
            self._modify(aws, id, SourceDestCheck={"Value": False})

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[id])["NetworkInterfaces"][0]
        return {
            "subnetId": found["SubnetId"],
            "privateIp": found["PrivateIpAddress"],
            "securityGroups": [group["GroupId"] for group in found["Groups"]],
            "description": found.get("Description", ""),
            "sourceDestCheck": found["SourceDestCheck"],
            "tags": tags.from_records(found.get("TagSet")),
            "arn": arn(aws, "network-interface", id),
            "macAddress": found["MacAddress"],
            "ownerId": found["OwnerId"],
            "privateDnsName": found.get("PrivateDnsName", ""),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # AWS takes one attribute a call.
        if "securityGroups" in changed:
            self._modify(aws, id, Groups=new["securityGroups"])
        if "description" in changed:
            self._modify(aws, id, Description={"Value": new.get("description", "")})
        if "sourceDestCheck" in changed:
            self._modify(aws, id, SourceDestCheck={"Value": new["sourceDestCheck"]})

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_network_interface(NetworkInterfaceId=id)

    def _modify(self, aws: Aws, id: str, **attribute: object) -> None:
        aws.client("ec2").modify_network_interface_attribute(NetworkInterfaceId=id, **attribute)


@adapter
class EipAssociation(Adapter):
    token = "aws:ec2/eipAssociation:EipAssociation"
    service = "ec2"
    not_found = ("InvalidAssociationID.NotFound",)
    properties = {
        "allocationId": Property(computed=True, replaces=True),
        "publicIp": Property(computed=True, replaces=True),
        "networkInterfaceId": Property(computed=True, replaces=True),
        "instanceId": Property(computed=True, replaces=True),
        "privateIpAddress": Property(computed=True, replaces=True),
    }

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if "networkInterfaceId" in inputs and "instanceId" in inputs:
            return [("instanceId", "got a value beside networkInterfaceId, expected only one of the two")]
        return []

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").associate_address(
            **arguments(
                inputs,
                {
                    "allocationId": "AllocationId",
                    "publicIp": "PublicIp",
                    "networkInterfaceId": "NetworkInterfaceId",
                    "instanceId": "InstanceId",
                    "privateIpAddress": "PrivateIpAddress",
                },
            )
        )
        return str(answer["AssociationId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("ec2").describe_addresses(Filters=[{"Name": "association-id", "Values": [id]}])["Addresses"]
        if not found:
            return None
        [address] = found
        return {
            "allocationId": address["AllocationId"],
            "publicIp": address["PublicIp"],
            "networkInterfaceId": address.get("NetworkInterfaceId"),
            "instanceId": address.get("InstanceId"),
            "privateIpAddress": address.get("PrivateIpAddress"),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").disassociate_address(AssociationId=id)
