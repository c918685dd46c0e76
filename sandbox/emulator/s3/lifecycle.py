"""Lifecycle rules that are answered as they were written."""

from __future__ import annotations

import secrets
from copy import deepcopy
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from sandbox.emulator.patching import patch

SIZE_HEADER = "x-amz-transition-default-minimum-object-size"
DEFAULT_SIZE = "all_storage_classes_128K"

UNSUPPORTED = ("intelligent-tiering", "metrics", "analytics")
"""Configurations whose requests moto takes for CreateBucket."""


@patch(
    "moto.s3.models:FakeBucket.set_lifecycle",
    sha256="78a6177428bd15bbabcaebd29d283de7636766b4fcf1ccab21af74749bce1fde",
    upstream="PutBucketLifecycleConfiguration drops conditions such as ObjectSizeGreaterThan.",
)
def _set_lifecycle(original: Any, bucket: FakeBucket, rules: list[dict[str, Any]]) -> None:
    written = [_rule(deepcopy(rule)) for rule in rules]
    original(bucket, rules)  # refuses a malformed one
    bucket.lifecycle_as_written = written


@patch(
    "moto.s3.responses:S3Response.get_bucket_lifecycle",
    sha256="eacd826e3c16ded9187f9b5d1d8bdf64fe37886124e7fbdb327dc55fbe674f9b",
    upstream="GetBucketLifecycleConfiguration leaves out size conditions and TransitionDefaultMinimumObjectSize.",
)
def _get_bucket_lifecycle(original: Any, response: S3Response) -> Any:
    bucket = response.backend.get_bucket(response.bucket_name)
    if not bucket.rules:
        return original(response)  # the error that there is none
    response.data["Action"] = "GetBucketLifecycleConfiguration"
    size = getattr(bucket, "transition_minimum_object_size", DEFAULT_SIZE)
    return response.serialized(
        ActionResult({"Rules": bucket.lifecycle_as_written, "TransitionDefaultMinimumObjectSize": size})
    )


@patch(
    "moto.s3.responses:S3Response._bucket_response_put",
    sha256="c184136c5999c88fc34db4ba102d5ac346d66c64df42e5bf484a34949704cdb9",
    upstream="PutBucketIntelligentTieringConfiguration, metrics and analytics are taken for CreateBucket.",
)
def _bucket_response_put(
    original: Any, response: S3Response, request: Any, bucket_name: str, querystring: dict[str, Any]
) -> Any:
    if any(configuration in querystring for configuration in UNSUPPORTED):
        raise NotImplementedError
    answer = original(response, request, bucket_name, querystring)
    if "lifecycle" in querystring:
        size = request.headers.get(SIZE_HEADER, DEFAULT_SIZE)
        response.backend.get_bucket(bucket_name).transition_minimum_object_size = size
        return 200, {SIZE_HEADER: size}, ""
    return answer


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule of the request's XML in the form of the answer."""
    rule.setdefault("ID", secrets.token_hex(24))
    if "Filter" in rule:
        rule["Filter"] = _filter(rule["Filter"] or {})
    if rule.get("Prefix", "") is None:
        rule["Prefix"] = ""
    for one, many in (("Transition", "Transitions"), ("NoncurrentVersionTransition", "NoncurrentVersionTransitions")):
        if one in rule:
            rule[many] = _listed(rule.pop(one))
    return rule


def _filter(written: dict[str, Any]) -> dict[str, Any]:
    if "And" in written:
        both = written["And"]
        return {"And": {**_filter({k: v for k, v in both.items() if k != "Tag"}), "Tags": _listed(both.get("Tag", []))}}
    if "Prefix" in written:
        return {**written, "Prefix": written["Prefix"] or ""}  # an empty element is parsed as None
    return written


def _listed(value: Any) -> list[Any]:
    """A list: the XML parser returns a single element without one."""
    return value if isinstance(value, list) else [value]
