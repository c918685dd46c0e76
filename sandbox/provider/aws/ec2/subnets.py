"""Subnets."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, tag_specifications

# pulumi-aws's name of each switch, and AWS's: AWS takes one a call.
SWITCHES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
}


@adapter
class Subnet(TaggedEc2Adapter):
    token = "aws:ec2/subnet:Subnet"
    not_found = ("InvalidSubnetID.NotFound",)
    properties = {
        "vpcId": Property(required=True, replaces=True),
        "cidrBlock": Property(required=True, replaces=True),
        "availabilityZone": Property(computed=True, replaces=True),
        "mapPublicIpOnLaunch": Property(default=False),
        "tags": TAGS,
    }
    outputs = ("arn", "availabilityZoneId", "ownerId")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_subnet(
            VpcId=inputs["vpcId"],
            CidrBlock=inputs["cidrBlock"],
            TagSpecifications=tag_specifications("subnet", inputs),
            **arguments(inputs, {"availabilityZone": "AvailabilityZone"}),
        )
        return str(answer["Subnet"]["SubnetId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        # A fresh subnet has both switched off.
        self._switch(aws, id, inputs, frozenset(name for name in SWITCHES if inputs[name]))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        subnet = aws.client("ec2").describe_subnets(SubnetIds=[id])["Subnets"][0]
        return {
            "vpcId": subnet["VpcId"],
            "cidrBlock": subnet["CidrBlock"],
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet["AvailabilityZoneId"],
            "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
            "tags": tags.from_records(subnet.get("Tags")),
            "arn": subnet["SubnetArn"],
            "ownerId": subnet["OwnerId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._switch(aws, id, new, changed)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_subnet(SubnetId=id)

    def _switch(self, aws: Aws, id: str, inputs: Values, names: frozenset[str]) -> None:
        for name, attribute in SWITCHES.items():
            if name in names:
                aws.client("ec2").modify_subnet_attribute(SubnetId=id, **{attribute: {"Value": inputs[name]}})
