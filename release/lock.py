"""The lock of an environment's releases: one object in S3 that is only ever replaced if it is as it was read.

The object stays when the lock is free, because it holds the fence: a number that grows with each holder. What changes
AWS or an instance names its fence, so that a holder that was thought dead cannot change anything after the next one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from release.errors import LockedError, LockLostError, ReleaseError

BEAT_SECONDS = 15.0
STALE_SECONDS = 120
"""Without a heartbeat for so long, the holder is taken for dead. The slowest call to S3 that boto3 repeats ends within
this time with the default time-outs of one attempt (60 s to connect and 60 s to read)."""
_MISSING = ("NoSuchKey", "404")
WRITTEN_BY_ANOTHER = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
"""What S3 answers to a conditional write that comes too late ("Conditional writes")."""

Check = Callable[[], None]
"""Raises if another process has the lock. What waited may have slept meanwhile, as a laptop does."""


def unchecked() -> None:
    """Of what needs no lock."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who has the lock."""

    release: str
    """The release that it does, or `hold` for a maintenance hold by hand."""
    who: str
    """The ARN of the caller."""
    host: str
    fence: int
    token: str
    """Made anew by each process, to know its own writes again after a lost answer."""
    taken: str
    """When, as ISO 8601 in UTC."""
    plan: str = ""
    """The id of the plan that is carried out, which is the beginning of its hash. Empty for what has no plan."""
    is_free: bool = False
    """Whether this holder has given it back."""
    has_stopped: bool = False
    """Whether its process has ended in the middle of the release: who goes on with it need not wait."""

    def __str__(self) -> str:
        plan = f" by plan {self.plan}" if self.plan else ""
        return f"release {self.release}{plan}, by {self.who} on {self.host} since {self.taken}"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The lock as S3 has it."""

    holder: Holder
    etag: str
    silent_seconds: float
    """The time since the last heartbeat, both read from S3's clock."""

    @property
    def is_stale(self) -> bool:
        """Whether its process is taken for dead, or said that it ends."""
        return self.holder.has_stopped or self.silent_seconds > STALE_SECONDS


@dataclass(frozen=True, kw_only=True)
class LockPlace:
    """Where the lock of an environment is."""

    s3: Any
    """A boto3 client."""
    bucket: str
    key: str
    options: str = ""
    """Of `./shop release`, such as `-s prod`, for the command that a message names."""

    def read(self) -> Found | None:
        """The lock, held or free. None where no release ever took it."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=self.key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise
        try:
            holder = Holder(**json.loads(answer["Body"].read()))
        except (ValueError, TypeError) as error:
            raise ReleaseError(
                f"s3://{self.bucket}/{self.key}: got {error}, expected the lock of releases. Is it of this tool?"
            ) from None
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return Found(holder=holder, etag=answer["ETag"], silent_seconds=(now - answer["LastModified"]).total_seconds())

    def write(self, holder: Holder, *, instead_of: str | None) -> str:
        """Write it instead of what has this ETag, or where there is none. Returns the new ETag.

        Raises ``LockLostError`` if it is another one meanwhile. A write whose answer was lost is found again.
        """
        condition = {"IfNoneMatch": "*"} if instead_of is None else {"IfMatch": instead_of}
        body = json.dumps(asdict(holder), sort_keys=True).encode()
        try:
            written = self.s3.put_object(
                Bucket=self.bucket, Key=self.key, Body=body, ContentType="application/json", **condition
            )
        except ClientError as error:
            if _code(error) not in (*WRITTEN_BY_ANOTHER, *_MISSING):
                raise
            found = self.read()
            if found is not None and found.holder == holder:
                return found.etag
            raise LockLostError(f"The lock is held by {found.holder}." if found else "The lock is gone.") from None
        return str(written["ETag"])

    def acquire(self, *, release: str, who: str, host: str, plan: str = "", resumes: bool = False) -> Lock:
        """Take the lock if it is free. With `resumes`, also from a dead holder of the same release.

        Raises ``LockedError`` that says who has it.
        """
        found = self.read()
        if found is not None and not found.holder.is_free:
            self._refuse_unless_dead(found, release, resumes)
        holder = Holder(
            release=release,
            who=who,
            host=host,
            fence=found.holder.fence + 1 if found else 1,
            token=uuid4().hex,
            taken=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=plan,
        )
        try:
            etag = self.write(holder, instead_of=found.etag if found else None)
        except LockLostError as error:
            raise LockedError(str(error)) from None
        return Lock(place=self, holder=holder, etag=etag)

    def require_free(self) -> int:
        """The number of the last holder. Raises ``LockedError`` if somebody has the lock."""
        found = self.read()
        if found is not None and not found.holder.is_free:
            self._refuse_unless_dead(found, "", resumes=False)
        return found.holder.fence if found else 0

    def break_open(self, release: str) -> Holder:
        """Free the lock of a release whose process is gone. Returns who had it.

        Raises ``LockedError`` if another release has it or its holder still shows signs of life, and ``ReleaseError``
        if it is free.
        """
        found = self.read()
        if found is None or found.holder.is_free:
            raise ReleaseError("The lock is free.")
        self._refuse_unless_dead(found, release, resumes=True)
        try:
            self.write(replace(found.holder, is_free=True), instead_of=found.etag)
        except LockLostError as error:
            raise LockedError(str(error)) from None
        return found.holder

    def _refuse_unless_dead(self, found: Found, release: str, resumes: bool) -> None:
        if found.holder.release != release or not resumes:
            raise LockedError(
                f"The lock is held by {found.holder}. `{f'./shop release status {self.options}'.strip()}` says whether "
                "it is at work."
            )
        if not found.is_stale:
            raise LockedError(
                f"The lock is held by {found.holder}, which was alive {found.silent_seconds:.0f} s ago. If its process "
                f"has ended, try again {STALE_SECONDS} s after its last sign of life."
            )


class Lock:
    """The lock, held by this process."""

    def __init__(self, *, place: LockPlace, holder: Holder, etag: str) -> None:
        self.holder = holder
        self._place, self._etag = place, etag
        self._writing = threading.Lock()

    @property
    def fence(self) -> int:
        return self.holder.fence

    def beat(self) -> None:
        """Show that this process lives. Raises ``LockLostError`` if another one has the lock."""
        with self._writing:
            self._etag = self._place.write(self.holder, instead_of=self._etag)

    def check(self) -> None:
        """Raise ``LockLostError`` unless S3 says that this process has the lock. Each changing step asks first."""
        found = self._place.read()
        if found is None or found.holder != self.holder:
            raise LockLostError(f"The lock is held by {found.holder}." if found else "The lock is gone.")

    def free(self) -> None:
        """Give it back. If another process has it already, that one keeps it."""
        self._leave(replace(self.holder, is_free=True))

    def stop(self) -> None:
        """Keep it for this release, while this process ends: nobody but who goes on with the release gets it."""
        self._leave(replace(self.holder, has_stopped=True))

    def _leave(self, holder: Holder) -> None:
        with self._writing, suppress(LockLostError, BotoCoreError, ClientError):
            # If S3 does not take it, the lock's heartbeat stays away: two minutes later, another process gets it. How
            # the release ended is what counts.
            self._etag = self._place.write(holder, instead_of=self._etag)

    @contextmanager
    def beating(self, seconds: float = BEAT_SECONDS) -> Iterator[None]:
        """Within the block, a thread shows every so many seconds that this process lives."""
        over = threading.Event()

        def beats() -> None:
            while not over.wait(seconds):
                try:
                    self.beat()
                except LockLostError:
                    return  # The next step's check says so.
                except (BotoCoreError, ClientError):
                    continue  # S3 did not answer. Only a heartbeat that stays away matters.

        thread = threading.Thread(target=beats, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
