"""``aws.elasticache.ParameterGroup``: parameters of a cache engine."""

from __future__ import annotations

from sandbox.provider.adapter import adapter
from sandbox.provider.aws import data_stores
from sandbox.provider.aws.blocks import Shape


@adapter
class ParameterGroup(data_stores.ParameterGroup):
    token = "aws:elasticache/parameterGroup:ParameterGroup"
    service = "elasticache"
    tagging = data_stores.tagging("elasticache")
    not_found = ("CacheParameterGroupNotFound", "CacheParameterGroupNotFoundFault")
    word = "Cache"
    arn = "ARN"
    parameter = Shape({"name": "ParameterName", "value": "ParameterValue"})
    parameters = "ParameterNameValues"
