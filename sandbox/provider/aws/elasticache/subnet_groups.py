"""``aws.elasticache.SubnetGroup``: the subnets that a cache may live in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.tags import to_records
from sandbox.provider.aws.tags_by_arn import change_tags, read_tags


@adapter
class SubnetGroup(Adapter):
    """Its id is its name, which AWS keeps in lower case."""

    token = "aws:elasticache/subnetGroup:SubnetGroup"
    service = "elasticache"
    not_found = ("CacheSubnetGroupNotFoundFault",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(lowercase=True)),
        "description": Property(default="Managed by Pulumi"),
        "subnetIds": Property(required=True, unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "vpcId")

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elasticache").create_cache_subnet_group(
            CacheSubnetGroupName=inputs["name"],
            CacheSubnetGroupDescription=inputs["description"],
            SubnetIds=inputs["subnetIds"],
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["CacheSubnetGroup"]["CacheSubnetGroupName"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        answer = aws.client("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=id)
        group = answer["CacheSubnetGroups"][0]
        return {
            "name": group["CacheSubnetGroupName"],
            "description": group["CacheSubnetGroupDescription"],
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
            "tags": read_tags(aws, self.service, group["ARN"]),
            "arn": group["ARN"],
            "vpcId": group["VpcId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("elasticache").modify_cache_subnet_group(
            CacheSubnetGroupName=id, CacheSubnetGroupDescription=new["description"], SubnetIds=new["subnetIds"]
        )

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        change_tags(aws, self.service, state["arn"], add, remove)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elasticache").delete_cache_subnet_group(CacheSubnetGroupName=id)
