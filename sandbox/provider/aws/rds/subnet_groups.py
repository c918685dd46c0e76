"""``aws.rds.SubnetGroup``: the subnets that a database may live in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.tags import to_records
from sandbox.provider.aws.tags_by_arn import change_tags, read_tags


@adapter
class SubnetGroup(Adapter):
    """Its id is its name, which AWS keeps in lower case."""

    token = "aws:rds/subnetGroup:SubnetGroup"
    service = "rds"
    not_found = ("DBSubnetGroupNotFoundFault",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(lowercase=True)),
        "description": Property(default="Managed by Pulumi"),
        "subnetIds": Property(required=True, unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "vpcId", "supportedNetworkTypes")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("rds").create_db_subnet_group(
            DBSubnetGroupName=inputs["name"],
            DBSubnetGroupDescription=inputs["description"],
            SubnetIds=inputs["subnetIds"],
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["DBSubnetGroup"]["DBSubnetGroupName"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        answer = aws.client("rds").describe_db_subnet_groups(DBSubnetGroupName=id)
        group = answer["DBSubnetGroups"][0]
        return {
            "name": group["DBSubnetGroupName"],
            "description": group["DBSubnetGroupDescription"],
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
            "tags": read_tags(aws, self.service, group["DBSubnetGroupArn"]),
            "arn": group["DBSubnetGroupArn"],
            "vpcId": group["VpcId"],
            "supportedNetworkTypes": group.get("SupportedNetworkTypes", []),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("rds").modify_db_subnet_group(
            DBSubnetGroupName=id, DBSubnetGroupDescription=new["description"], SubnetIds=new["subnetIds"]
        )

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        change_tags(aws, self.service, state["arn"], add, remove)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("rds").delete_db_subnet_group(DBSubnetGroupName=id)
