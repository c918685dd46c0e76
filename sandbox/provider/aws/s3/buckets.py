"""Buckets themselves; what is configured on one has resource types of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags

HOSTED_ZONE_IDS = {"eu-west-3": "Z3R1K369G5AVDG", "us-east-1": "Z3AQBSTGFYJSTF"}
"""Route 53's zones of S3's website endpoints in the sandbox's regions (AWS General Reference, S3 endpoints)."""

DELETE_BATCH = 1000
"""Objects that one DeleteObjects call takes at most (S3 API reference)."""


@adapter
class Bucket(Adapter):
    """Its id is its name."""

    token = "aws:s3/bucket:Bucket"
    service = "s3"
    not_found = ("NoSuchBucket", "404")
    properties = {
        "bucket": Property(replaces=True, autoname=AutoName(max_length=63, lowercase=True)),
        "objectLockEnabled": Property(default=False, replaces=True),
        "forceDestroy": Property(default=False, kept="Tells the provider to empty the bucket before deleting it."),
        "tags": TAGS,
    }
    outputs = ("arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "hostedZoneId")

    def create(self, aws: Aws, inputs: Values) -> str:
        # The oldest region may not be named, and every other one must be.
        place = {"LocationConstraint": aws.region} if aws.region != "us-east-1" else {}
        aws.client("s3").create_bucket(
            Bucket=inputs["bucket"],
            ObjectLockEnabledForBucket=inputs["objectLockEnabled"],
            **({"CreateBucketConfiguration": place} if place else {}),
        )
        return str(inputs["bucket"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        if inputs["tagsAll"]:
            _put_tags(aws, id, inputs["tagsAll"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        s3 = aws.client("s3")
        region = s3.get_bucket_location(Bucket=id).get("LocationConstraint") or "us-east-1"
        return {
            "bucket": id,
            "objectLockEnabled": _is_locked(aws, id),
            "tags": _tags(aws, id),
            "arn": f"arn:{aws.partition}:s3:::{id}",
            "bucketDomainName": f"{id}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{id}.s3.{region}.amazonaws.com",
            "hostedZoneId": HOSTED_ZONE_IDS.get(region),
        }

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        # S3 knows only the whole set.
        kept = {key: value for key, value in _tags(aws, id).items() if key not in remove}
        _put_tags(aws, id, {**kept, **add})

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        if state.get("forceDestroy"):
            _empty(aws, id)
        aws.client("s3").delete_bucket(Bucket=id)


def _tags(aws: Aws, bucket: str) -> dict[str, str]:
    s3 = aws.client("s3")
    try:
        return tags.from_records(s3.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        return {}


def _put_tags(aws: Aws, bucket: str, wanted: Mapping[str, str]) -> None:
    s3 = aws.client("s3")
    if wanted:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags.to_records(wanted)})
    else:
        s3.delete_bucket_tagging(Bucket=bucket)


def _is_locked(aws: Aws, bucket: str) -> bool:
    s3 = aws.client("s3")
    try:
        lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ObjectLockConfigurationNotFoundError":
            raise
        return False
    return bool(lock.get("ObjectLockEnabled") == "Enabled")


def _empty(aws: Aws, bucket: str) -> None:
    """Delete every object in every version."""
    s3 = aws.client("s3")
    doomed = [
        {"Key": version["Key"], "VersionId": version["VersionId"]}
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    ]
    for start in range(0, len(doomed), DELETE_BATCH):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed[start : start + DELETE_BATCH], "Quiet": True})
