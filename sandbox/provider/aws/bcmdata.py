"""Adapters of pulumi-aws's ``bcmdata`` module: exports of billing data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Nested, Shape
from sandbox.provider.aws.tags import Tagging, to_records

_SERVICE = "bcm-data-exports"
_REGION = "us-east-1"
"""The only one that has the service."""
_QUERY = Shape({"queryStatement": "QueryStatement", "tableConfigurations": "TableConfigurations"})
_FILES = Shape({"outputType": "OutputType", "format": "Format", "compression": "Compression", "overwrite": "Overwrite"})
_S3 = Shape(
    {
        "s3Bucket": "S3Bucket",
        "s3Prefix": "S3Prefix",
        "s3Region": "S3Region",
        "s3OutputConfigurations": Nested("S3OutputConfigurations", _FILES, many=True),
    }
)
_EXPORT = Shape(
    {
        "name": "Name",
        "description": "Description",
        "dataQueries": Nested("DataQuery", _QUERY, many=True),
        "destinationConfigurations": Nested(
            "DestinationConfigurations", Shape({"s3Destinations": Nested("S3Destination", _S3, many=True)}), many=True
        ),
        "refreshCadences": Nested("RefreshCadence", Shape({"frequency": "Frequency"}), many=True),
    }
)
"""pulumi-aws writes each record of AWS's as a list of one."""
_ONES = ("DataQuery", "DestinationConfigurations", "S3Destination", "S3OutputConfigurations", "RefreshCadence")


@adapter
class Export(Adapter):
    """Its id is its ARN."""

    token = "aws:bcmdata/export:Export"
    service = _SERVICE
    tagging = Tagging(
        service=_SERVICE, region=_REGION, answer=("ResourceTags",), tags="ResourceTags", keys="ResourceTagKeys"
    )
    not_found = ("ResourceNotFoundException",)
    properties = {"export": Property(required=True), "tags": TAGS}
    outputs = ("arn",)
    emulation = "Nothing is ever exported."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(_EXPORT.unknown_keys(inputs.get("export"), "export"))

    def replaced(self, old: Values, new: Values) -> frozenset[str]:
        return frozenset() if _identity(old) == _identity(new) else frozenset({"export"})

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client(_SERVICE, _REGION).create_export(
            Export=_definition(inputs), ResourceTags=to_records(inputs["tagsAll"])
        )
        return str(answer["ExportArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        exports = aws.client(_SERVICE, _REGION)
        found = exports.get_export(ExportArn=id)["Export"]
        return {
            "export": _EXPORT.from_aws(_as_lists(found), state.get("export")),
            "tags": self.tagging.read(aws, id),
            "arn": found["ExportArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client(_SERVICE, _REGION).update_export(ExportArn=id, Export=_definition(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client(_SERVICE, _REGION).delete_export(ExportArn=id)


def _identity(inputs: Values) -> Any:
    """The name and the tables' settings, as far as they are known."""
    export = inputs.get("export")
    if not isinstance(export, Mapping):
        return export
    queries = export.get("dataQueries")
    settings = [each.get("tableConfigurations") for each in queries] if isinstance(queries, list) else queries
    return export.get("name"), settings


def _definition(inputs: Values) -> Values:
    definition: Values = _as_records(_EXPORT.to_aws(inputs["export"]))
    return definition


def _as_lists(value: Any) -> Any:
    """AWS's records as lists of one, all the way down."""
    if not isinstance(value, Mapping):
        return value
    return {name: [_as_lists(item)] if name in _ONES else _as_lists(item) for name, item in value.items()}


def _as_records(value: Any) -> Any:
    """Lists of one as the records that AWS takes."""
    if not isinstance(value, Mapping):
        return value
    return {name: _as_records(item[0] if name in _ONES else item) for name, item in value.items()}
