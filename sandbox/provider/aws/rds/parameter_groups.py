"""``aws.rds.ParameterGroup``: settings of a database engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.parameters import to_reset, to_set
from sandbox.provider.aws.tags import to_records
from sandbox.provider.aws.tags_by_arn import change_tags, read_tags

PARAMETER = Shape(
    {
        "name": "ParameterName",
        "value": "ParameterValue",
        "applyMethod": Leaf("ApplyMethod", default="immediate"),
    }
)
USER = "user"
"""The ``Source`` of a parameter that somebody set, as against the engine's and RDS's own defaults."""


@adapter
class ParameterGroup(Adapter):
    """Its id is its name, which AWS keeps in lower case."""

    token = "aws:rds/parameterGroup:ParameterGroup"
    service = "rds"
    not_found = ("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
    properties = {
        "name": Property(replaces=True, autoname=AutoName(lowercase=True)),
        "family": Property(required=True, replaces=True),
        "description": Property(default="Managed by Pulumi", replaces=True),
        "parameters": Property(unordered=True),
        "skipDestroy": Property(default=False, write_only=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("rds").create_db_parameter_group(
            DBParameterGroupName=inputs["name"],
            DBParameterGroupFamily=inputs["family"],
            Description=inputs["description"],
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["DBParameterGroup"]["DBParameterGroupName"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._change_parameters(aws, id, [], inputs.get("parameters") or [])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        rds = aws.client("rds")
        group = rds.describe_db_parameter_groups(DBParameterGroupName=id)["DBParameterGroups"][0]
        pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=id, Source=USER)
        parameters = [parameter for page in pages for parameter in page["Parameters"]]
        return {
            "name": group["DBParameterGroupName"],
            "family": group["DBParameterGroupFamily"],
            "description": group["Description"],
            "parameters": PARAMETER.many_from_aws(parameters, state.get("parameters")),
            "tags": read_tags(aws, self.service, group["DBParameterGroupArn"]),
            "arn": group["DBParameterGroupArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._change_parameters(aws, id, old.get("parameters") or [], new.get("parameters") or [])

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        change_tags(aws, self.service, state["arn"], add, remove)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        if not state.get("skipDestroy"):
            aws.client("rds").delete_db_parameter_group(DBParameterGroupName=id)

    def _change_parameters(self, aws: Aws, id: str, old: Sequence[Values], new: Sequence[Values]) -> None:
        rds = aws.client("rds")
        for batch in to_set(old, new):
            parameters = [PARAMETER.to_aws({"applyMethod": "immediate", **parameter}) for parameter in batch]
            rds.modify_db_parameter_group(DBParameterGroupName=id, Parameters=parameters)
        for batch in to_reset(old, new):
            parameters = [
                {"ParameterName": parameter["name"], "ApplyMethod": parameter.get("applyMethod", "immediate")}
                for parameter in batch
            ]
            rds.reset_db_parameter_group(DBParameterGroupName=id, Parameters=parameters)
