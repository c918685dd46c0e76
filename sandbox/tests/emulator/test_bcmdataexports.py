"""Data Exports of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

BUCKET = "client-billing"
MISSING = "arn:aws:bcm-data-exports:us-east-1:123456789012:export/none-1"


def definition(
    *,
    name: str = "client-costs",
    query: str = "SELECT line_item_unblended_cost FROM COST_AND_USAGE_REPORT",
    table: dict[str, str] | None = None,
) -> dict[str, Any]:
    """An export in AWS's own words."""
    return {
        "Name": name,
        "DataQuery": {
            "QueryStatement": query,
            **({"TableConfigurations": {"COST_AND_USAGE_REPORT": table}} if table else {}),
        },
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": BUCKET,
                "S3Prefix": "costs",
                "S3Region": "eu-west-3",
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM",
                    "Format": "PARQUET",
                    "Compression": "PARQUET",
                    "Overwrite": "OVERWRITE_REPORT",
                },
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }


def admit(condition: dict[str, Any] | None = None) -> None:
    """Let the service write to the bucket, on a condition."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "bcm-data-exports.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        **({"Condition": condition} if condition else {}),
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("s3", "eu-west-3").put_bucket_policy(Bucket=BUCKET, Policy=policy)


@pytest.fixture
def exports(embedded_aws: None) -> Any:
    client("s3", "eu-west-3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    admit()
    return client("bcm-data-exports", "us-east-1")


def test_an_export_is_listed_until_it_is_deleted(exports: Any) -> None:
    arn = exports.create_export(Export=definition())["ExportArn"]
    [listed] = exports.list_exports()["Exports"]
    assert (listed["ExportArn"], listed["ExportName"]) == (arn, "client-costs")
    assert listed["ExportStatus"]["StatusCode"] == "HEALTHY"
    exports.delete_export(ExportArn=arn)
    assert exports.list_exports()["Exports"] == []


@pytest.mark.parametrize("operation", ["get_export", "delete_export"])
def test_an_export_that_is_not_there_is_said_so(exports: Any, operation: str) -> None:
    with aws_refuses("ResourceNotFoundException"):
        getattr(exports, operation)(ExportArn=MISSING)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query": "SELECT * FROM COST_AND_USAGE_REPORT"}, "The query is not valid"),
        ({"query": "SELECT cost FROM COSTS"}, "The query is not valid"),
        ({"query": "SELECT line_item_resource_id FROM COST_AND_USAGE_REPORT"}, "not a subset of table columns"),
        ({"table": {"TIME_GRANULRITY": "DAILY"}}, "has no setting TIME_GRANULRITY"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(exports: Any, change: dict[str, Any], said: str) -> None:
    with aws_refuses("ValidationException", said):
        exports.create_export(Export=definition(**change))
    assert exports.list_exports()["Exports"] == []


def test_a_name_is_taken_once_and_kept(exports: Any) -> None:
    arn = exports.create_export(Export=definition())["ExportArn"]
    with aws_refuses("ValidationException", "exists already"):
        exports.create_export(Export=definition())
    with aws_refuses("ValidationException", "name of an export cannot be changed"):
        exports.update_export(ExportArn=arn, Export=definition(name="other"))


@pytest.mark.parametrize(
    ("account", "is_admitted"), [("123456789012", True), ("210987654321", False)], ids=["this", "another"]
)
def test_the_buckets_policy_is_evaluated_with_its_conditions(exports: Any, account: str, is_admitted: bool) -> None:
    """On whose behalf the service writes is what keeps other people's reports out."""
    source = f"arn:aws:bcm-data-exports:us-east-1:{account}:export/*"
    admit({"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}})
    if is_admitted:
        exports.create_export(Export=definition())
    else:
        with aws_refuses("ValidationException", "S3 bucket permission validation failed"):
            exports.create_export(Export=definition())


def test_what_is_not_here_is_refused_by_name(exports: Any) -> None:
    with aws_refuses("InvalidAction", r"bcm-data-exports\.ListTables: the embedded AWS does not have"):
        exports.list_tables()
