"""``aws.rds.SubnetGroup``: the subnets that a database may be in."""

from __future__ import annotations

from sandbox.provider.adapter import adapter
from sandbox.provider.aws import data_stores


@adapter
class SubnetGroup(data_stores.SubnetGroup):
    token = "aws:rds/subnetGroup:SubnetGroup"
    service = "rds"
    tagging = data_stores.tagging("rds")
    not_found = ("DBSubnetGroupNotFoundFault",)
    word = "DB"
    arn = "DBSubnetGroupArn"
