"""Access to objects, and delivery of access logs, by the policy of the bucket.

A request counts as encrypted with TLS. The server listens on loopback only, and a policy that demands TLS would
otherwise refuse every request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch
from sandbox.emulator.s3.bucket_policy import AccessRequest, Verdict, evaluate

LOG_DELIVERY = "logging.s3.amazonaws.com"

_headers: ContextVar[Mapping[str, str]] = ContextVar("headers of the request being answered")

_PERMISSIONS = {
    Verdict.ALLOWED: PermissionResult.PERMITTED,
    Verdict.DENIED: PermissionResult.DENIED,
    Verdict.NEUTRAL: PermissionResult.NEUTRAL,
}


@patch(
    "moto.s3.responses:S3Response._key_response",
    sha256="e1c5ad133c15edbddaa37e28e24ef2500cff84522a09e5206d706fa00d6152a4",
    upstream="A request that the bucket policy denies gets an empty answer instead of the error AccessDenied.",
)
def _key_response(original: Any, response: S3Response, request: Any, full_url: str) -> Any:
    """Make the headers visible to the policy, and refuse with S3's error."""
    token = _headers.set(request.headers)
    try:
        answer = original(response, request, full_url)
    finally:
        _headers.reset(token)
    if answer != (403, {}, ""):
        return answer
    response.data["Action"] = "GetObject"  # the error is the same for every operation
    return response.serialized(ActionResult(AwsError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN)))


@patch(
    "moto.s3.models:FakeBucket.get_permission",
    sha256="b3db6065ceb37078661e37fb54bd8a87718961ea11445956e1f87d2960f33b89",
    upstream="Conditions of a bucket policy are not compared with the request.",
)
def _get_permission(_original: Any, bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    account = bucket.account_id
    context = {
        "aws:principalaccount": account,
        "aws:securetransport": "true",
        "s3:tlsversion": "1.3",
        **{
            f"s3:{name.lower()}": value for name, value in _headers.get({}).items() if name.lower().startswith("x-amz-")
        },
    }
    request = AccessRequest(
        action=action,
        resource=resource,
        principals=frozenset({account, f"arn:{bucket.partition}:iam::{account}:root"}),
        context=context,
    )
    return _PERMISSIONS[evaluate(json.loads(bucket.policy), request)]


@patch(
    "moto.s3.models:FakeBucket._log_permissions_enabled_policy",
    sha256="f77e98b11d14a1a0d1713c23b6c41892d31e47a7f18e025d95870a484c94c8fb",
    upstream="PutBucketLogging fails if the target bucket's policy has a statement with the principal *.",
)
def _log_permissions_enabled_policy(_original: Any, target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether the policy lets S3 write server access logs to the bucket."""
    if not target_bucket.policy:
        return False
    delivery = AccessRequest(
        action="s3:PutObject",
        resource=f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log",
        principals=frozenset({LOG_DELIVERY}),
        context={"aws:securetransport": "true"},
        presumed=frozenset({"aws:sourcearn", "aws:sourceaccount"}),  # moto does not say whose logs they are
    )
    return evaluate(json.loads(target_bucket.policy), delivery) is Verdict.ALLOWED
