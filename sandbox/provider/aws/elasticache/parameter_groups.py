"""``aws.elasticache.ParameterGroup``: settings of a cache engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.parameters import to_reset, to_set
from sandbox.provider.aws.tags import to_records
from sandbox.provider.aws.tags_by_arn import change_tags, read_tags

PARAMETER = Shape({"name": "ParameterName", "value": "ParameterValue"})
USER = "user"
"""The ``Source`` of a parameter that somebody set, as against the engine's own defaults."""


@adapter
class ParameterGroup(Adapter):
    """Its id is its name, which AWS keeps in lower case."""

    token = "aws:elasticache/parameterGroup:ParameterGroup"
    service = "elasticache"
    not_found = ("CacheParameterGroupNotFound", "CacheParameterGroupNotFoundFault")
    properties = {
        "name": Property(replaces=True, autoname=AutoName(lowercase=True)),
        "family": Property(required=True, replaces=True),
        "description": Property(default="Managed by Pulumi", replaces=True),
        "parameters": Property(unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elasticache").create_cache_parameter_group(
            CacheParameterGroupName=inputs["name"],
            CacheParameterGroupFamily=inputs["family"],
            Description=inputs["description"],
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["CacheParameterGroup"]["CacheParameterGroupName"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._change_parameters(aws, id, [], inputs.get("parameters") or [])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        elasticache = aws.client("elasticache")
        answer = elasticache.describe_cache_parameter_groups(CacheParameterGroupName=id)
        group = answer["CacheParameterGroups"][0]
        pages = elasticache.get_paginator("describe_cache_parameters").paginate(CacheParameterGroupName=id, Source=USER)
        parameters = [parameter for page in pages for parameter in page["Parameters"]]
        return {
            "name": group["CacheParameterGroupName"],
            "family": group["CacheParameterGroupFamily"],
            "description": group["Description"],
            "parameters": PARAMETER.many_from_aws(parameters, state.get("parameters")),
            "tags": read_tags(aws, self.service, group["ARN"]),
            "arn": group["ARN"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._change_parameters(aws, id, old.get("parameters") or [], new.get("parameters") or [])

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        change_tags(aws, self.service, state["arn"], add, remove)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elasticache").delete_cache_parameter_group(CacheParameterGroupName=id)

    def _change_parameters(self, aws: Aws, id: str, old: Sequence[Values], new: Sequence[Values]) -> None:
        elasticache = aws.client("elasticache")
        for batch in to_set(old, new):
            elasticache.modify_cache_parameter_group(
                CacheParameterGroupName=id, ParameterNameValues=[PARAMETER.to_aws(parameter) for parameter in batch]
            )
        for batch in to_reset(old, new):
            elasticache.reset_cache_parameter_group(
                CacheParameterGroupName=id,
                ParameterNameValues=[{"ParameterName": parameter["name"]} for parameter in batch],
            )
