"""The VPC itself."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications

# pulumi-aws's name of each switch, and AWS's: AWS takes one a call.
SWITCHES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
}


@adapter
class Vpc(TaggedEc2Adapter):
    token = "aws:ec2/vpc:Vpc"
    not_found = ("InvalidVpcID.NotFound",)
    properties = {
        "cidrBlock": Property(required=True, replaces=True),
        "enableDnsSupport": Property(default=True),
        "enableDnsHostnames": Property(default=False),
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "defaultNetworkAclId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "dhcpOptionsId",
        "mainRouteTableId",
        "ownerId",
    )
    emulation = "No traffic flows; addresses are only recorded."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_vpc(
            CidrBlock=inputs["cidrBlock"],
            TagSpecifications=tag_specifications("vpc", inputs),
        )
        return str(answer["Vpc"]["VpcId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._switch(aws, id, inputs, frozenset(SWITCHES))

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        ec2 = aws.client("ec2")
        vpc = ec2.describe_vpcs(VpcIds=[id])["Vpcs"][0]
        main_route_table = _of_vpc(ec2, id, "RouteTables", ("association.main", "true"))
        return {
            "cidrBlock": vpc["CidrBlock"],
            **{
                name: ec2.describe_vpc_attribute(VpcId=id, Attribute=name)[attribute]["Value"]
                for name, attribute in SWITCHES.items()
            },
            "tags": tags.from_records(vpc.get("Tags")),
            "arn": arn(aws, "vpc", id),
            "defaultNetworkAclId": _of_vpc(ec2, id, "NetworkAcls", ("default", "true"))["NetworkAclId"],
            # The table that is the VPC's main one now; AWS does not say which one it was made with.
            "defaultRouteTableId": main_route_table["RouteTableId"],
            "mainRouteTableId": main_route_table["RouteTableId"],
            "defaultSecurityGroupId": _of_vpc(ec2, id, "SecurityGroups", ("group-name", "default"))["GroupId"],
            "dhcpOptionsId": vpc["DhcpOptionsId"],
            "ownerId": vpc["OwnerId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._switch(aws, id, new, changed)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_vpc(VpcId=id)

    def _switch(self, aws: Aws, id: str, inputs: Values, names: frozenset[str]) -> None:
        for name, attribute in SWITCHES.items():
            if name in names:
                aws.client("ec2").modify_vpc_attribute(VpcId=id, **{attribute: {"Value": inputs[name]}})


def _of_vpc(ec2: Any, vpc_id: str, plural: str, distinction: tuple[str, str]) -> Any:
    """The VPC's one resource of a kind that a filter tells apart."""
    describe = {
        "RouteTables": ec2.describe_route_tables,
        "NetworkAcls": ec2.describe_network_acls,
        "SecurityGroups": ec2.describe_security_groups,
    }[plural]
    name, value = distinction
    return describe(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": name, "Values": [value]}])[plural][0]
