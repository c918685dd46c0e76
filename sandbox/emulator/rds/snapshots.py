"""Snapshots of databases. With a fleet, one has what was in the database, and is available when that is copied."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.rds.exceptions import SnapshotQuotaExceededFault
from moto.rds.models import DBInstance, DBSnapshot, RDSBackend

from sandbox.emulator.application import APPLICATION
from sandbox.emulator.errors import AwsError
from sandbox.emulator.fleet.registration import FLEET, NoHostError
from sandbox.emulator.patching import patch

_MOST_MANUAL = 100
"""Manual snapshots of an account and region ("Quotas and constraints for Amazon RDS"). Automated ones do not count."""


def check_available(snapshot: DBSnapshot) -> None:
    """Raises ``AwsError`` for a snapshot that nothing can be restored from yet, or that failed."""
    if snapshot.status != "available":
        raise AwsError(
            "InvalidDBSnapshotState",
            f"Cannot restore from the snapshot {snapshot.db_snapshot_identifier}: it is {snapshot.status}.",
        )


def copied(backend: RDSBackend) -> list[DBInstance]:
    """Deleted instances whose final snapshot still copies what is in them."""
    return [
        snapshot.database
        for snapshot in backend.database_snapshots.values()
        if snapshot.status == "creating" and snapshot.db_instance_identifier not in backend.databases
    ]


@patch(
    "moto.rds.models:RDSBackend.create_db_snapshot",
    sha256="a85faa266693ae516328564d0884b5f8e466b7155dd30b92af0af660f9972e77",
)
def _create_db_snapshot(original: Any, backend: RDSBackend, *arguments: Any, **named: Any) -> DBSnapshot:
    if named.get("snapshot_type", "manual") == "manual":
        manual = [each for each in backend.database_snapshots.values() if each.snapshot_type == "manual"]
        if len(manual) >= _MOST_MANUAL:
            raise SnapshotQuotaExceededFault()
    snapshot: DBSnapshot = original(backend, *arguments, **named)
    if FLEET.is_registered:
        snapshot.status = "creating"
        host = snapshot.database.endpoint["Address"]
        name = snapshot.db_snapshot_identifier
        FLEET.in_background(FLEET.copy_database, host, name).add_done_callback(lambda copy: _end(snapshot, copy))
    return snapshot


def _end(snapshot: DBSnapshot, copy: Future[None]) -> None:
    failed = copy.exception()
    with APPLICATION.lock:
        # The automated snapshot of a new database has nothing to copy: there is no server yet.
        snapshot.status = "available" if failed is None or isinstance(failed, NoHostError) else "failed"
        APPLICATION.changes += 1


@patch(
    "moto.rds.models:DBInstance.save_automated_backup",
    sha256="e7602f558d1e383b582de445dee4678c2adbe9a91eba164927621d043eb9fb05",
    upstream="A database of the same name, in the same minute, fails while automated backups of the first are kept.",
)
def _save_automated_backup(_: Any, database: DBInstance) -> None:
    """The name says the minute. One of a database that was deleted, and whose backups were kept, may have it."""
    minute = datetime.now(UTC)
    taken = database.backend.database_snapshots
    while (name := f"rds:{database.db_instance_identifier}-{minute:%Y-%m-%d-%H-%M}") in taken:
        minute += timedelta(minutes=1)
    database.add_event("DB_INSTANCE_BACKUP_START")
    database.backend.create_auto_snapshot(database.db_instance_identifier, name)
    database.add_event("DB_INSTANCE_BACKUP_FINISH")
