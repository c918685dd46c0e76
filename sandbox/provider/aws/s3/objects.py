"""Objects in buckets."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.provider.adapter import TAGS, Adapter, Asset, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments

BODIES = ("source", "content", "contentBase64")
HEADERS = {
    "contentType": "ContentType",
    "serverSideEncryption": "ServerSideEncryption",
    "kmsKeyId": "SSEKMSKeyId",
}
"""What is said with an object and read back from its headers; AWS or the bucket chooses the rest."""


@adapter
class BucketObjectv2(Adapter):
    """Its id is ``<bucket>/<key>``, which ``pulumi import`` takes."""

    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    service = "s3"
    not_found = ("NoSuchBucket", "NoSuchKey", "404")
    properties = {
        "bucket": Property(required=True, replaces=True),
        "key": Property(required=True, replaces=True),
        # As with the official provider, contents are compared with what the program said last, not with the bucket's.
        **{name: Property(write_only=True) for name in BODIES},
        "sourceHash": Property(write_only=True),
        **{name: Property(computed=True) for name in HEADERS},
        "forceDestroy": Property(default=False, kept="Tells the provider to delete the object's older versions too."),
        "tags": TAGS,
    }
    outputs = ("arn", "etag", "versionId")
    volatile_outputs = ("etag", "versionId")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if sum(name in inputs for name in BODIES) > 1:
            return [("content", f"got several bodies, expected one of {', '.join(BODIES)}")]
        return []

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs, inputs["tagsAll"])
        return f"{inputs['bucket']}/{inputs['key']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        bucket, _, key = id.partition("/")
        head = aws.client("s3").head_object(Bucket=bucket, Key=key)
        return {
            "bucket": bucket,
            "key": key,
            **{name: head.get(field) for name, field in HEADERS.items()},
            "tags": self._tags(aws, id),
            "arn": f"arn:{aws.partition}:s3:::{id}",
            "etag": head["ETag"].strip('"'),
            "versionId": head.get("VersionId"),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # An object cannot be changed, only written anew, with all that hangs on it.
        self._put(aws, new, self._tags(aws, id))

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        bucket, _, key = id.partition("/")
        # S3 knows only the whole set.
        kept = {name: value for name, value in self._tags(aws, id).items() if name not in remove}
        aws.client("s3").put_object_tagging(
            Bucket=bucket, Key=key, Tagging={"TagSet": tags.to_records({**kept, **add})}
        )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        s3 = aws.client("s3")
        bucket, _, key = id.partition("/")
        if not state.get("forceDestroy"):
            s3.delete_object(Bucket=bucket, Key=key)
            return
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                if version["Key"] == key:
                    s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])

    def _put(self, aws: Aws, inputs: Values, object_tags: Mapping[str, str]) -> None:
        aws.client("s3").put_object(
            Bucket=inputs["bucket"],
            Key=inputs["key"],
            Body=_body(inputs),
            **({"Tagging": urlencode(dict(object_tags))} if object_tags else {}),
            **arguments(inputs, HEADERS),
        )

    def _tags(self, aws: Aws, id: str) -> dict[str, str]:
        bucket, _, key = id.partition("/")
        return tags.from_records(aws.client("s3").get_object_tagging(Bucket=bucket, Key=key)["TagSet"])


def _body(inputs: Values) -> bytes:
    source: Any = inputs.get("source")
    if isinstance(source, Asset):
        return source.read()
    if inputs.get("contentBase64"):
        return b64decode(str(inputs["contentBase64"]))
    return str(inputs.get("content") or "").encode()
