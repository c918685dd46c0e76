"""The snapshot of the site's database before a release changes it, and the way back to it."""

from __future__ import annotations

import re
import time
from typing import Any

from botocore.exceptions import ClientError

from release.errors import ReleaseError
from release.lock import Check
from release.polling import polls

_POLL_SECONDS = 10.0
_LONGEST = 255
"""Characters of a snapshot's name ("CreateDBSnapshot")."""


def name_of(database: str, attempt: str) -> str:
    """Letters, digits and single hyphens, as RDS has it, with a letter in front and no hyphen at the end."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{database}-before-{attempt}").strip("-")
    return name[:_LONGEST].rstrip("-").lower()


def make(rds: Any, database: str, attempt: str, *, seconds: float, check: Check) -> str:
    """Make it if it is not there, and wait until it can be restored. Returns its name.

    `attempt` is a name for one attempt at a release: the snapshot of an earlier one would be too old. `check` is
    asked before each call that makes one. Raises ``ReleaseError`` if RDS fails to make it, and when the time is over.
    """
    name = name_of(database, attempt)
    deadline = time.monotonic() + seconds
    for _ in polls(_POLL_SECONDS):
        check()
        try:
            rds.create_db_snapshot(
                DBInstanceIdentifier=database,
                DBSnapshotIdentifier=name,
                Tags=[{"Key": "Name", "Value": name}, {"Key": "Release", "Value": attempt}],
            )
        except ClientError as error:
            code = error.response["Error"]["Code"].removesuffix("Fault")
            # The daily snapshot is being made, or that of another satellite, with which it shares the database.
            if code == "InvalidDBInstanceState" and time.monotonic() < deadline:
                continue
            if code != "DBSnapshotAlreadyExists":
                raise
        break
    for _ in polls(_POLL_SECONDS):
        status = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"]
        if status == "available":
            return name
        if status not in ("creating", "pending"):
            raise ReleaseError(
                f"snapshot {name}: got status {status}, expected available. Delete it and release again: "
                f"aws rds delete-db-snapshot --db-snapshot-identifier {name}"
            )
        if time.monotonic() > deadline:
            break
    raise ReleaseError(f"snapshot {name}: still {status} after {seconds / 60:.0f} minutes")
