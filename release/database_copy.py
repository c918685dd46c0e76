"""A second database that is made from a snapshot, beside the first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from commands.errors import CannotRunError
from release.errors import ReleaseError
from release.polling import polls

_LONGEST = 63
"""Characters of an instance's name ("RestoreDBInstanceFromDBSnapshot")."""
_RESTORE_SECONDS = 4 * 3600
_REMOVE_SECONDS = 3600
_POLL_SECONDS = 15.0
_FAILED = ("failed", "incompatible-restore", "restore-error", "storage-full")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot that can be restored."""

    name: str
    taken_at: datetime
    """In UTC."""

    @classmethod
    def choose(cls, rds: Any, database: str, name: str | None = None) -> Self:
        """One of a database's snapshots, automated or not: the newest without a name.

        Raises ``CannotRunError`` when there is none that is available.
        """
        if name == "":
            raise CannotRunError("--snapshot: got '', expected the name of a snapshot")
        pages = rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=database)
        found = [
            cls(name=each["DBSnapshotIdentifier"], taken_at=each["SnapshotCreateTime"].astimezone(UTC))
            for page in pages
            for each in page["DBSnapshots"]
            if each["Status"] == "available" and name in (None, each["DBSnapshotIdentifier"])
        ]
        if not found:
            wanted = f"snapshot {name}" if name else "a snapshot"
            raise CannotRunError(f"database {database}: got no available snapshot, expected {wanted} to restore.")
        return max(found, key=lambda each: each.taken_at)


@dataclass(frozen=True, kw_only=True)
class DatabaseCopy:
    """A copy of a database, which need not be there yet. There is one at a time for each purpose: its name is taken."""

    rds: Any
    """A boto3 client."""
    database: str
    """The identifier of the database that it is a copy of."""
    purpose: str
    """What its name ends with."""

    @property
    def name(self) -> str:
        suffix = f"-{self.purpose}"
        return f"{self.database[: _LONGEST - len(suffix)].rstrip('-')}{suffix}"

    @property
    def exists(self) -> bool:
        return self._described() is not None

    def restore(self, snapshot: str) -> None:
        """Begin to make it from a snapshot, in the network and with the parameters of the database."""
        [of] = self.rds.describe_db_instances(DBInstanceIdentifier=self.database)["DBInstances"]
        tags = {tag["Key"]: tag["Value"] for tag in of["TagList"] if not tag["Key"].startswith("aws:")}
        self.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=self.name,
            DBSnapshotIdentifier=snapshot,
            DBInstanceClass=of["DBInstanceClass"],
            DBSubnetGroupName=of["DBSubnetGroup"]["DBSubnetGroupName"],
            VpcSecurityGroupIds=[each["VpcSecurityGroupId"] for each in of["VpcSecurityGroups"]],
            DBParameterGroupName=of["DBParameterGroups"][0]["DBParameterGroupName"],
            MultiAZ=False,
            PubliclyAccessible=False,
            DeletionProtection=False,
            CopyTagsToSnapshot=False,
            Tags=[{"Key": key, "Value": value} for key, value in {**tags, "Name": self.name}.items()],
        )

    def await_available(self) -> str:
        """Its host, once it is available. Raises ``ReleaseError`` when it fails or takes four hours."""
        found = self._poll(lambda status: status == "available", _RESTORE_SECONDS)
        if found is None:
            raise ReleaseError(f"database {self.name}: it is gone, expected it to become available")
        return str(found["Endpoint"]["Address"])

    def remove(self) -> None:
        """Begin to remove it, if it is there."""
        if self.exists:
            self.rds.delete_db_instance(
                DBInstanceIdentifier=self.name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
            )

    def await_removal(self) -> None:
        """Raises ``ReleaseError`` when it takes an hour."""
        self._poll(lambda _status: False, _REMOVE_SECONDS)

    def _poll(self, wanted: Callable[[str], bool], seconds: float) -> dict[str, Any] | None:
        """The instance once its status is wanted; None once it is gone."""
        deadline = time.monotonic() + seconds
        for _ in polls(_POLL_SECONDS):
            found = self._described()
            status = found["DBInstanceStatus"] if found else ""
            if found is None or wanted(status):
                return found
            if status in _FAILED:
                raise ReleaseError(f"database {self.name}: got status {status}, expected available")
            if time.monotonic() > deadline:
                break
        raise ReleaseError(f"database {self.name}: still {status} after {spell(seconds)}")

    def _described(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.rds.describe_db_instances(DBInstanceIdentifier=self.name)["DBInstances"][0]
        except self.rds.exceptions.DBInstanceNotFoundFault:
            return None
        return found


def spell(seconds: float) -> str:
    """In minutes, or in seconds below two minutes."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
