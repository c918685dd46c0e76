"""What a release does, record by record: one object of S3 each, written once, each with the hash of the one before.

A step is recorded as `intended` before it changes anything and as `done` or `failed` after it. So whoever resumes knows
what may have happened, and a record that was changed or removed later is noticed. What a step starts in AWS is `noted`
as soon as it has an id: a process that is killed while it waits takes no id with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from release.errors import LockLostError, RefusedError, ReleaseError
from release.lock import WRITTEN_BY_ANOTHER
from release.redaction import Redaction

_NUMBER = "{:06}.json"


class Event(StrEnum):
    """What a record says."""

    INTENDED = "intended"
    """The step begins, and may change something from here on."""
    DONE = "done"
    FAILED = "failed"
    NOTED = "noted"
    """Something that belongs to no step: who resumed, and why. Or, in the middle of a step, what it has started."""


Note = Callable[..., None]
"""Writes details in the middle of a step."""


def not_noted(**_details: Any) -> None:
    """Writes nothing."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record."""

    number: int
    """From 1."""
    at: str
    """When, as ISO 8601 in UTC."""
    event: Event
    step: str
    """The name of the step in the plan, or an empty text."""
    fence: int
    """The number of the lock under which it was written."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Request ids, command ids, Beanstalk's events: whatever helps to find out more, in JSON's types."""
    previous: str
    """The SHA-256 of the record before, or of the plan for the first."""

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()


@dataclass(kw_only=True)
class Journal:
    """The journal of one release. No record has anything that `redaction` knows as a secret."""

    s3: Any
    """A boto3 client."""
    bucket: str
    prefix: str
    """Such as `prod/releases/2026-11-25-1/`."""
    redaction: Redaction
    records: list[Record] = field(default_factory=list)
    """What is written so far, oldest first."""
    _last: str = ""

    @classmethod
    def begin(cls, s3: Any, bucket: str, prefix: str, plan: Mapping[str, Any], redaction: Redaction) -> Journal:
        """Write the plan as the first object. Raises ``ReleaseError`` if there is a journal already."""
        journal = cls(s3=s3, bucket=bucket, prefix=prefix, redaction=redaction)
        # As it is: whoever goes on needs it word by word. Planning took the secrets out of what it quotes.
        body = json.dumps(plan, sort_keys=True, ensure_ascii=False).encode()
        if not journal._written_once(f"{prefix}plan.json", body):
            raise ReleaseError(
                f"s3://{bucket}/{prefix}: got a journal, expected none. A release's name is used once: choose another."
            )
        journal._last = _digest(body)
        return journal

    @classmethod
    def read(cls, s3: Any, bucket: str, prefix: str, redaction: Redaction) -> Journal:
        """A journal that somebody began. Raises ``ReleaseError`` for none, and for one that was changed afterwards."""
        journal = cls(s3=s3, bucket=bucket, prefix=prefix, redaction=redaction)
        try:
            journal._last = _digest(journal._body(f"{prefix}plan.json"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise ReleaseError(f"s3://{bucket}/{prefix}: got no journal, expected one of a release.") from None
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = sorted(each["Key"] for page in pages for each in page.get("Contents", ()))
        for number, key in enumerate((key for key in keys if key != f"{prefix}plan.json"), start=1):
            body = journal._body(key)
            try:
                said = json.loads(body)
                record = Record(**{**said, "event": Event(said["event"])})
            except (ValueError, TypeError, KeyError) as error:
                raise RefusedError(
                    f"s3://{bucket}/{key}: got {error}, expected a record of this version of the tool. Nothing was "
                    "changed. Go on with the version that wrote it."
                ) from None
            if key != prefix + _NUMBER.format(number) or record.number != number or record.previous != journal._last:
                raise ReleaseError(
                    f"s3://{bucket}/{key}: got a record that does not follow the one before. Somebody changed or "
                    "removed a record: look at the older versions of the bucket's objects."
                )
            journal.records.append(record)
            journal._last = _digest(body)
        return journal

    @property
    def plan(self) -> dict[str, Any]:
        """The plan as it was frozen."""
        found: dict[str, Any] = json.loads(self._body(f"{self.prefix}plan.json"))
        return found

    def append(self, event: Event, *, step: str = "", fence: int, **details: Any) -> Record:
        """Write a record. Raises ``LockLostError`` if another process has written one in its place."""
        record = Record(
            number=len(self.records) + 1,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            event=event,
            step=step,
            fence=fence,
            details=self.redaction.of(details),
            previous=self._last,
        )
        body = record.to_bytes()
        key = self.prefix + _NUMBER.format(record.number)
        if not self._written_once(key, body):
            raise LockLostError(f"s3://{self.bucket}/{key}: another process goes on with this release.")
        self.records.append(record)
        self._last = _digest(body)
        return record

    def last_of(self, step: str) -> Record | None:
        """The newest record of a step."""
        return next((record for record in reversed(self.records) if record.step == step), None)

    def _body(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def _written_once(self, key: str, body: bytes) -> bool:
        """Whether the object is there with these bytes: also if the answer to the write was lost."""
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in WRITTEN_BY_ANOTHER:
                raise
            return self._body(key) == body
        return True


def names(s3: Any, bucket: str, prefix: str) -> Sequence[str]:
    """The journals below a prefix such as `prod/releases/`, by the names of their folders, in order."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    folders = (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ()))
    return sorted(folder.removeprefix(prefix).rstrip("/") for folder in folders)


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()
