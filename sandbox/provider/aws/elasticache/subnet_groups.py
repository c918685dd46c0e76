"""``aws.elasticache.SubnetGroup``: the subnets that a cache may be in."""

from __future__ import annotations

from sandbox.provider.adapter import adapter
from sandbox.provider.aws import data_stores


@adapter
class SubnetGroup(data_stores.SubnetGroup):
    token = "aws:elasticache/subnetGroup:SubnetGroup"
    service = "elasticache"
    tagging = data_stores.tagging("elasticache")
    not_found = ("CacheSubnetGroupNotFoundFault",)
    word = "Cache"
    arn = "ARN"
