"""``aws.rds.ParameterGroup``: parameters of a database engine."""

from __future__ import annotations

from sandbox.provider.adapter import Values, adapter
from sandbox.provider.aws import data_stores
from sandbox.provider.aws.blocks import Leaf, Shape


@adapter
class ParameterGroup(data_stores.ParameterGroup):
    """Each parameter says when it applies: at once, or after the next reboot."""

    token = "aws:rds/parameterGroup:ParameterGroup"
    service = "rds"
    tagging = data_stores.tagging("rds")
    not_found = ("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
    word = "DB"
    arn = "DBParameterGroupArn"
    parameter = Shape(
        {
            "name": "ParameterName",
            "value": "ParameterValue",
            "applyMethod": Leaf("ApplyMethod", default="immediate"),
        }
    )
    parameters = "Parameters"

    def modification(self, parameter: Values) -> Values:
        return super().modification({"applyMethod": "immediate", **parameter})

    def reset(self, parameter: Values) -> Values:
        return {**super().reset(parameter), "ApplyMethod": parameter.get("applyMethod", "immediate")}
