"""Lifecycle rules of a bucket: what becomes of objects as they age."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.provider.adapter import Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.blocks import Leaf, Nested, Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.s3.configurations import BUCKET, BucketConfiguration

SIZES = {"objectSizeGreaterThan": "ObjectSizeGreaterThan", "objectSizeLessThan": "ObjectSizeLessThan"}
TAG = Shape({"key": "Key", "value": "Value"})
# The tags of an `and` are a mapping in pulumi-aws and records at AWS, which no table says: see `_to_aws`.
AND = Shape({"prefix": "Prefix", "tags": "Tags", **SIZES})
# AWS wants a filter in every rule; an empty prefix is the one that admits every object.
EVERYTHING = {"Prefix": ""}
FILTER = Shape({"prefix": Leaf("Prefix", default=""), "tag": Nested("Tag", TAG), "and": Nested("And", AND), **SIZES})
RULE = Shape(
    {
        "id": "ID",
        "status": "Status",
        "filter": Nested("Filter", FILTER),
        "expiration": Nested(
            "Expiration",
            Shape({"date": "Date", "days": "Days", "expiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}),
        ),
        "transitions": Nested(
            "Transitions", Shape({"date": "Date", "days": "Days", "storageClass": "StorageClass"}), many=True
        ),
        "noncurrentVersionExpiration": Nested(
            "NoncurrentVersionExpiration",
            Shape({"noncurrentDays": "NoncurrentDays", "newerNoncurrentVersions": "NewerNoncurrentVersions"}),
        ),
        "noncurrentVersionTransitions": Nested(
            "NoncurrentVersionTransitions",
            Shape(
                {
                    "noncurrentDays": "NoncurrentDays",
                    "newerNoncurrentVersions": "NewerNoncurrentVersions",
                    "storageClass": "StorageClass",
                }
            ),
            many=True,
        ),
        "abortIncompleteMultipartUpload": Nested(
            "AbortIncompleteMultipartUpload", Shape({"daysAfterInitiation": "DaysAfterInitiation"})
        ),
    }
)


@adapter
class BucketLifecycleConfiguration(BucketConfiguration):
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    not_found = ("NoSuchBucket", "NoSuchLifecycleConfiguration")
    properties = {
        "bucket": BUCKET,
        "rules": Property(required=True),
        "transitionDefaultMinimumObjectSize": Property(computed=True),
    }
    emulation = "Stored; no object expires or moves."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(RULE.unknown_keys(inputs.get("rules"), "rules"))

    def put(self, aws: Aws, bucket: str, inputs: Values) -> None:
        aws.client("s3").put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [_to_aws(rule) for rule in inputs["rules"]]},
            **arguments(inputs, {"transitionDefaultMinimumObjectSize": "TransitionDefaultMinimumObjectSize"}),
        )

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        answer = aws.client("s3").get_bucket_lifecycle_configuration(Bucket=id)
        return {
            "bucket": id,
            "rules": RULE.many_from_aws([_plain(rule) for rule in answer["Rules"]], state.get("rules")),
            "transitionDefaultMinimumObjectSize": answer.get("TransitionDefaultMinimumObjectSize"),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("s3").delete_bucket_lifecycle(Bucket=id)


def _to_aws(rule: Values) -> Values:
    record = RULE.to_aws(rule)
    record["Filter"] = record.get("Filter") or EVERYTHING
    conjunction = record["Filter"].get("And", {})
    if "Tags" in conjunction:
        conjunction["Tags"] = tags.to_records(conjunction["Tags"])
    return record


def _plain(record: Any) -> Any:
    """AWS's record of a rule with the tags of its conjunction as a mapping and its dates as text."""
    if isinstance(record, dict):
        return {
            field: tags.from_records(value) if field == "Tags" else _plain(value) for field, value in record.items()
        }
    if isinstance(record, list):
        return [_plain(item) for item in record]
    return record.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(record, datetime) else record
