"""Adapters of log delivery, against the embedded AWS."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    ACCOUNT_ID,
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
SOURCE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
DESTINATION = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
DELIVERY = "aws:cloudwatch/logDelivery:LogDelivery"
TAGS = {"Name": "media", "Client": "client"}
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT_ID}:distribution/E1"
FOLDERS = "{DistributionId}/{yyyy}/{MM}/{dd}"


@pytest.fixture(scope="module")
def aws(aws: LoopbackAws) -> LoopbackAws:
    """In the only region of CloudFront's log deliveries."""
    aws.region = "us-east-1"
    return aws


def bucket(aws: Aws, name: str, *, admits: bool = True) -> str:
    """The ARN of a bucket, to which log delivery may write as AWS words it, or not at all."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    arn = f"arn:aws:s3:::{name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/AWSLogs/{ACCOUNT_ID}/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT_ID, "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:delivery-source:*"},
        },
    }
    if admits:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return arn


def source(aws: Aws, name: str) -> str:
    return create(aws, SOURCE, {"name": name, "logType": "ACCESS_LOGS", "resourceArn": DISTRIBUTION})


def destination(aws: Aws, name: str, bucket_arn: str) -> str:
    """The ARN of a destination."""
    create(
        aws,
        DESTINATION,
        {
            "name": name,
            "outputFormat": "w3c",
            "deliveryDestinationConfiguration": {"destinationResourceArn": bucket_arn},
        },
    )
    return f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:delivery-destination:{name}"


@SAMPLES.case(SOURCE)
def distribution(aws: Aws) -> Case:
    return Case(inputs={"name": "media", "logType": "ACCESS_LOGS", "resourceArn": DISTRIBUTION, "tags": TAGS})


@SAMPLES.case(DESTINATION)
def logs_bucket(aws: Aws) -> Case:
    buckets = [{"destinationResourceArn": f"arn:aws:s3:::{name}"} for name in ("one", "other")]
    return Case(
        inputs={
            "name": "bucket",
            "outputFormat": "w3c",
            "deliveryDestinationType": "S3",
            "deliveryDestinationConfiguration": buckets[0],
            "tags": TAGS,
        },
        updates=[{"deliveryDestinationConfiguration": buckets[1]}],
    )


@SAMPLES.case(DELIVERY)
def to_a_bucket(aws: Aws) -> Case:
    folders = [{"suffixPath": path, "enableHiveCompatiblePath": False} for path in (FOLDERS, "{yyyy}")]
    return Case(
        inputs={
            "deliverySourceName": source(aws, "all"),
            "deliveryDestinationArn": destination(aws, "logs", bucket(aws, "client-logs")),
            "s3DeliveryConfigurations": folders[:1],
            "tags": TAGS,
        },
        updates=[
            {"s3DeliveryConfigurations": folders[1:]},
            {"s3DeliveryConfigurations": [{**folders[1], "enableHiveCompatiblePath": True}]},
            {"recordFields": ["date", "time", "sc-status"]},
            {"fieldDelimiter": ","},
            {"fieldDelimiter": "|", "recordFields": ["date"]},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left afterwards."""
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: Aws) -> None:
    """A property that no case sets and changes could be broken without a test knowing it."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_a_changed_destination_keeps_its_format(aws: Aws) -> None:
    """AWS forgets what is not said again, and takes no other format."""
    destination(aws, "kept", "arn:aws:s3:::one")
    changed = {"destinationResourceArn": "arn:aws:s3:::other"}
    adapter, name = find_adapter(DESTINATION), "deliveryDestinationConfiguration"
    said = {"outputFormat": "w3c", name: {"destinationResourceArn": "arn:aws:s3:::one"}}
    adapter.update(
        aws,
        "kept",
        said,
        {"deliveryDestinationConfiguration": changed},
        frozenset({"deliveryDestinationConfiguration"}),
    )
    state = adapter.read(aws, "kept", {})
    assert state is not None
    assert (state["outputFormat"], state[name]) == ("w3c", changed)


def test_cloudfronts_source_is_in_one_region(aws: LoopbackAws) -> None:
    """Wherever the stack lives: AWS refuses it anywhere else."""
    elsewhere = aws.client("logs", "eu-west-3")
    with aws_refuses("ValidationException", "not supported for this LogType in region eu-west-3"):
        elsewhere.put_delivery_source(name="media", logType="ACCESS_LOGS", resourceArn=DISTRIBUTION)


def test_aws_puts_its_own_folder_first(aws: Aws) -> None:
    """What a program says of the path is below ``AWSLogs``, whatever AWS answers."""
    id = create(
        aws,
        DELIVERY,
        {
            "deliverySourceName": source(aws, "folder"),
            "deliveryDestinationArn": destination(aws, "folder", bucket(aws, "folder-logs")),
            "s3DeliveryConfigurations": [{"suffixPath": FOLDERS, "enableHiveCompatiblePath": False}],
        },
    )
    stored = aws.client("logs").get_delivery(id=id)["delivery"]["s3DeliveryConfiguration"]
    assert stored["suffixPath"] == f"AWSLogs/{{account-id}}/CloudFront/{FOLDERS}"


def test_a_bucket_that_does_not_let_logs_in_is_refused_and_nothing_is_left(aws: Aws) -> None:
    """A delivery that comes before the bucket's policy would never deliver."""
    logs = aws.client("logs")
    before = len(logs.describe_deliveries()["deliveries"])
    closed = destination(aws, "closed", bucket(aws, "closed-logs", admits=False))
    with aws_refuses("AccessDeniedException", "bucket closed-logs does not let log delivery write"):
        create(aws, DELIVERY, {"deliverySourceName": source(aws, "closed"), "deliveryDestinationArn": closed})
    assert len(logs.describe_deliveries()["deliveries"]) == before


def test_what_a_delivery_uses_cannot_be_deleted(aws: Aws) -> None:
    logs = aws.client("logs")
    to = destination(aws, "used", bucket(aws, "used-logs"))
    id = create(aws, DELIVERY, {"deliverySourceName": source(aws, "used"), "deliveryDestinationArn": to})
    for delete in (logs.delete_delivery_source, logs.delete_delivery_destination):
        with aws_refuses("ConflictException", "Delete the deliveries that use it first"):
            delete(name="used")
    logs.delete_delivery(id=id)
    logs.delete_delivery_source(name="used")
    logs.delete_delivery_destination(name="used")
