"""Exports of billing data: their query and destination, and what AWS checks of both."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.moto_api._internal import mock_random
from moto.utilities.utils import PARTITION_NAMES

from sandbox.emulator.errors import AwsError
from sandbox.emulator.s3.service_access import ServiceWrite

_SERVICE = "bcm-data-exports.amazonaws.com"
_QUERY = re.compile(
    r"\s*SELECT\s+(?P<columns>.+?)\s+FROM\s+(?P<table>\w+)(\s+WHERE\s.+)?\s*", re.DOTALL | re.IGNORECASE
)
_TABLES = {
    "COST_AND_USAGE_REPORT": {
        "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
        "INCLUDE_RESOURCES": "FALSE",
        "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
        "TIME_GRANULARITY": "HOURLY",
    }
}
"""The settings of each table and their defaults ("Cost and Usage Report (CUR) 2.0")."""


@dataclass(kw_only=True)
class Export:
    """An export; its definition is in AWS's spelling."""

    arn: str
    definition: dict[str, Any]
    tags: dict[str, str]
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def name(self) -> str:
        return str(self.definition["Name"])

    @property
    def status(self) -> dict[str, Any]:
        return {"StatusCode": "HEALTHY", "CreatedAt": self.created_at, "LastUpdatedAt": self.updated_at}


class DataExportsBackend(BaseBackend):
    """The exports of one account, by ARN."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.exports: dict[str, Export] = {}

    def create_export(self, definition: dict[str, Any], tags: dict[str, str]) -> Export:
        name = definition["Name"]
        if any(each.name == name for each in self.exports.values()):
            raise AwsError("ValidationException", f"An export named {name} exists already.")
        arn = f"arn:{self.partition}:bcm-data-exports:us-east-1:{self.account_id}:export/{name}-{mock_random.uuid4()}"
        self.exports[arn] = Export(arn=arn, definition=self._complete(arn, definition), tags=tags)
        return self.exports[arn]

    def export(self, arn: str) -> Export:
        """The export with this ARN. Raises ``AwsError`` if there is none."""
        if arn not in self.exports:
            raise AwsError("ResourceNotFoundException", f"The export {arn} does not exist.")
        return self.exports[arn]

    def update_export(self, arn: str, definition: dict[str, Any]) -> Export:
        export = self.export(arn)
        if definition["Name"] != export.name:
            raise AwsError("ValidationException", "The name of an export cannot be changed.")
        export.definition = self._complete(arn, definition)
        export.updated_at = datetime.now(UTC)
        return export

    def delete_export(self, arn: str) -> None:
        self.export(arn)
        del self.exports[arn]

    def _complete(self, arn: str, definition: dict[str, Any]) -> dict[str, Any]:
        """The definition with AWS's defaults. Raises ``AwsError`` for an invalid query or a closed bucket."""
        complete = copy.deepcopy(definition)
        complete["ExportArn"] = arn
        query = complete["DataQuery"]
        said = query.get("TableConfigurations", {})
        match = _QUERY.fullmatch(query["QueryStatement"])
        table = match["table"].upper() if match else ""
        if match is None or match["columns"].strip() == "*" or table not in _TABLES or said.keys() - {table}:
            raise AwsError("ValidationException", f"The query is not valid: {query['QueryStatement']}")
        settings = {
            "BILLING_VIEW_ARN": f"arn:{self.partition}:billing::{self.account_id}:billingview/primary",
            **_TABLES[table],
        }
        if unknown := said.get(table, {}).keys() - settings.keys():
            raise AwsError("ValidationException", f"{table} has no setting {', '.join(sorted(unknown))}.")
        query["TableConfigurations"] = {table: {**settings, **said.get(table, {})}}
        by_resource = query["TableConfigurations"][table]["INCLUDE_RESOURCES"] == "TRUE"
        if "line_item_resource_id" in match["columns"] and not by_resource:
            raise AwsError("ValidationException", "Columns are not a subset of table columns: line_item_resource_id")
        self._refuse_closed_bucket(arn, complete["DestinationConfigurations"]["S3Destination"])
        return complete

    def _refuse_closed_bucket(self, arn: str, destination: dict[str, Any]) -> None:
        write = ServiceWrite(
            account_id=self.account_id,
            bucket=destination["S3Bucket"],
            key=f"{destination['S3Prefix']}/data",
            service=_SERVICE,
            source_arn=arn,
        )
        if not write.is_allowed():
            raise AwsError("ValidationException", f"S3 bucket permission validation failed: {destination['S3Bucket']}")


bcmdataexports_backends = BackendDict(
    DataExportsBackend, "bcm-data-exports", use_boto3_regions=False, additional_regions=PARTITION_NAMES
)
