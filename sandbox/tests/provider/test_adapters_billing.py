"""Adapters of billing data's exports, against the embedded AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    ACCOUNT_ID,
    REGION,
    Case,
    LoopbackAws,
    Sample,
    Samples,
    create,
    round_trip,
    unexercised,
)
from sandbox.tests.refusals import aws_refuses

SAMPLES = Samples()
EXPORT = "aws:bcmdata/export:Export"
BUCKET = "client-billing"
TAGS = {"Name": "costs", "Client": "client"}
TABLE = {
    "BILLING_VIEW_ARN": f"arn:aws:billing::{ACCOUNT_ID}:billingview/primary",
    "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
    "INCLUDE_RESOURCES": "TRUE",
    "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
    "TIME_GRANULARITY": "DAILY",
}
FILES = {"outputType": "CUSTOM", "format": "PARQUET", "compression": "PARQUET", "overwrite": "OVERWRITE_REPORT"}


def export(**change: Any) -> Values:
    """What a program says of an export, with changes by name."""
    said: Values = {
        "columns": "line_item_resource_id, line_item_unblended_cost",
        "table": TABLE,
        "name": "client-costs",
        "prefix": "cost-reports",
        "files": FILES,
        **change,
    }
    destination = {
        "s3Bucket": BUCKET,
        "s3Prefix": said["prefix"],
        "s3Region": REGION,
        "s3OutputConfigurations": [said["files"]],
    }
    return {
        "name": said["name"],
        "description": "What the platform costs",
        "dataQueries": [
            {
                "queryStatement": f"SELECT {said['columns']} FROM COST_AND_USAGE_REPORT",
                "tableConfigurations": {"COST_AND_USAGE_REPORT": said["table"]},
            }
        ],
        "destinationConfigurations": [{"s3Destinations": [destination]}],
        "refreshCadences": [{"frequency": "SYNCHRONOUS"}],
    }


@pytest.fixture(scope="module")
def aws(aws: LoopbackAws) -> LoopbackAws:
    """With a bucket that takes exports."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "bcm-data-exports.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return aws


@SAMPLES.case(EXPORT)
def costs(aws: Aws) -> Case:
    return Case(
        inputs={"export": export(), "tags": TAGS},
        updates=[
            {"export": export(columns="line_item_unblended_cost")},
            {"export": export(prefix="reports")},
            {"export": export(files={**FILES, "format": "TEXT_OR_CSV", "compression": "GZIP"})},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left afterwards."""
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: Aws) -> None:
    """A property that no case sets and changes could be broken without a test knowing it."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_a_nested_property_that_is_not_handled_is_refused() -> None:
    """Or it would be dropped without a word."""
    broken = {**export(), "exportArn": "arn:aws:bcm-data-exports:us-east-1:123456789012:export/x"}
    assert [path for path, _ in find_adapter(EXPORT).check({"export": broken})] == ["export.exportArn"]


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        ({"name": "other"}, True),
        ({"table": {**TABLE, "TIME_GRANULARITY": "HOURLY"}}, True),
        ({"columns": "line_item_unblended_cost"}, False),
        ({"prefix": "reports"}, False),
    ],
    ids=str,
)
def test_another_name_or_table_needs_another_export(change: dict[str, Any], is_new: bool) -> None:
    """As the official provider has it; all else is changed in place."""
    replaced = find_adapter(EXPORT).replaced({"export": export()}, {"export": export(**change)})
    assert bool(replaced) is is_new


def test_a_setting_that_is_left_out_is_seen_as_aws_fills_it_in(aws: Aws) -> None:
    """A program that leaves one out would differ from what is there on every run, as officially."""
    said = export(name="partial", table={"INCLUDE_RESOURCES": "TRUE"})
    id = create(aws, EXPORT, {"export": said, "tags": {}})
    found = find_adapter(EXPORT).read(aws, id, {"export": said})
    assert found is not None
    tables = found["export"]["dataQueries"][0]["tableConfigurations"]
    assert tables["COST_AND_USAGE_REPORT"] == {**TABLE, "TIME_GRANULARITY": "HOURLY"}


def test_a_bucket_that_does_not_let_billing_write_is_refused(aws: Aws) -> None:
    """AWS tries the bucket when an export is made: one that comes before the bucket's policy fails."""
    aws.client("s3").create_bucket(Bucket="closed", CreateBucketConfiguration={"LocationConstraint": REGION})
    closed = export(name="closed")
    closed["destinationConfigurations"][0]["s3Destinations"][0]["s3Bucket"] = "closed"
    with aws_refuses("ValidationException", "S3 bucket permission validation failed: closed"):
        create(aws, EXPORT, {"export": closed, "tags": {}})
