"""Whether the policy of a bucket lets a service of AWS write to it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from moto.s3.models import s3_backends

from sandbox.emulator.s3.bucket_policy import AccessRequest, Verdict, evaluate


@dataclass(frozen=True, kw_only=True)
class ServiceWrite:
    """An object that a service writes for an account, on behalf of the resource ``source_arn``."""

    account_id: str
    bucket: str
    key: str
    service: str
    source_arn: str
    acl: str = ""

    def is_allowed(self) -> bool:
        """Whether the bucket exists and its policy lets the service write."""
        bucket = s3_backends[self.account_id]["aws"].buckets.get(self.bucket)
        if bucket is None or not bucket.policy:
            return False
        request = AccessRequest(
            action="s3:PutObject",
            resource=f"{bucket.arn}/{self.key}",
            principals=frozenset({self.service}),
            context={
                "aws:securetransport": "true",
                "aws:sourceaccount": self.account_id,
                "aws:sourcearn": self.source_arn,
                **({"s3:x-amz-acl": self.acl} if self.acl else {}),
            },
        )
        return evaluate(json.loads(bucket.policy), request) is Verdict.ALLOWED
