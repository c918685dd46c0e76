"""``./shop drill``: proves that the site comes back from a snapshot of its database, and from a failover."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Self

import typer

from commands.console import Console
from commands.deployed_stack import StackName
from commands.errors import CannotRunError
from release.errors import ReleaseError, answers_of_aws
from release.failover import failover
from release.polling import polls
from release.site import Site

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_SUFFIX = "-drill"
_LONGEST = 63
"""Characters of an instance's name ("RestoreDBInstanceFromDBSnapshot")."""
_RESTORE_SECONDS = 4 * 3600
_REMOVE_SECONDS = 3600
_POLL_SECONDS = 15.0
_PAGE = 200
_FAILED = ("failed", "incompatible-restore", "restore-error", "storage-full")
_BEHIND = 2
"""What `setup:db:status` ends with when a release needs another schema."""


@app.callback()
def _drill() -> None:
    """Prove that a backup can be used, and that a standby takes over."""


app.command(
    epilog="Exit codes: 0 the shop came back; 1 it did not, or AWS refused a call; 2 wrong usage, or something has no "
    "standby; 4 a release is at work."
)(failover)


@app.command(
    epilog="Exit codes: 0 the copy works; 1 it does not, or AWS refused a call; 2 wrong usage, or something is missing."
)
def restore(
    stack: StackName,
    snapshot: Annotated[
        str | None, typer.Option(metavar="NAME", help="A snapshot of the database. By default the newest.")
    ] = None,
) -> None:
    """Make a database from a snapshot, run the shop's release with it, and remove it.

    The copy stands beside the shop's database, with the same size, and costs as much while it is there. Shoppers notice
    nothing.
    """
    console = Console()
    with answers_of_aws():
        site = Site.of(stack)
        rds = site.session.client("rds")
        source = Snapshot.choose(rds, site.database, snapshot)
        console.step(f"Snapshot {source.name}, taken at {source.taken_at:%Y-%m-%d %H:%M} UTC")
        started = time.monotonic()
        with _copy(rds, site, source, console) as host:
            restored = time.monotonic() - started
            console.step(f"The copy is available after {_spell(restored)}.")
            with console.working("Running the shop's release with the copy"):
                facts = ask(site, host)
        drill = Drill(snapshot=source.name, taken_at=source.taken_at, restore_seconds=restored, facts=facts)
        where = site.record_drill({**asdict(drill), "taken_at": drill.taken_at.isoformat()})
    for line in facts.lines():
        console.say(line)
    console.say(f"Recorded as {where}.")
    if faults := facts.faults():
        raise ReleaseError(f"The copy does not work: {' '.join(faults)}")
    console.step("The copy works." if facts.page else "The copy has its data. Its pages were not asked for.")


@app.command(epilog="Exit codes: 0 removed; 1 AWS refused a call; 2 wrong usage, or there is none.")
def remove(stack: StackName) -> None:
    """Remove the copy of a drill that was killed."""
    console = Console()
    with answers_of_aws():
        site = Site.of(stack)
        name = copy_name(site.database)
        rds = site.session.client("rds")
        if not _exists(rds, name):
            raise CannotRunError(f"database {name}: there is none, so no drill has left one.")
        _remove(rds, name)
        with console.working("Removing the copy"):
            _await_removal(rds, name)
    console.step(f"{name} is removed.")


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
class CopyFacts:
    """What the shop's release says of a copy of its database."""

    missing_tables: tuple[str, ...]
    """Tables of the shop's database that the copy does not have."""
    rows: Mapping[str, Mapping[str, int]]
    """By table: the rows in the database of the ``shop`` and in the ``copy``. What has no such table is left out."""
    database_status: int
    """The exit code of `setup:db:status`: 0 in order, 2 another schema than the release's."""
    said: str
    """What `setup:db:status` said."""
    page: Mapping[str, Any] | None
    """The ``status`` of a page, its ``bytes`` and ``seconds``. None: it was not asked for."""

    @classmethod
    def read(cls, document: str) -> Self:
        found = json.loads(document)
        return cls(
            missing_tables=tuple(found["missing_tables"]),
            rows=found["rows"],
            database_status=int(found["database_status"]["exit_code"]),
            said=found["database_status"]["text"],
            page=found["page"],
        )

    def faults(self) -> list[str]:
        """Why nobody could work with the copy. That it is older than the running release's schema is no fault."""
        faults = [
            f"table {table}: got no row, expected some of the shop's {counts['shop']}."
            for table, counts in self.rows.items()
            if counts.get("shop") and not counts.get("copy")
        ]
        if self.database_status not in (0, _BEHIND):
            faults.append(f"setup:db:status: got exit code {self.database_status}, expected 0: {self.said}")
        elif self.database_status == 0 and self.missing_tables:
            faults.append(f"tables: expected {', '.join(self.missing_tables)}, as the shop's database has them.")
        if self.page and self.page["status"] != _PAGE:
            faults.append(f"page /: got {self.page['status']}, expected {_PAGE}.")
        return faults

    def lines(self) -> Iterator[str]:
        """For people: rows, then the page."""
        width = max(map(len, self.rows), default=0)
        for table, counts in self.rows.items():
            yield f"  {table:<{width}} {counts.get('copy', 0):>12,} rows; the shop has {counts.get('shop', 0):,}"
        if self.page:
            yield f"  page / {self.page['status']}, {self.page['bytes']:,} bytes, {self.page['seconds']} s"
        else:
            yield "  The copy is older than the running release's schema, so no page was asked for."


@dataclass(frozen=True, kw_only=True)
class Drill:
    """A drill that is over."""

    snapshot: str
    taken_at: datetime
    restore_seconds: float
    facts: CopyFacts


def copy_name(database: str) -> str:
    """The name of the copy. One drill at a time: the name is taken while it is there."""
    return f"{database[: _LONGEST - len(_SUFFIX)].rstrip('-')}{_SUFFIX}"


def ask(site: Site, host: str) -> CopyFacts:
    """Run the release with the database at a host, on the back office's instance, beside the running one."""
    key = f"{site.prefix}facts/drill.json"
    site.back_office_instance.do("check-copy", Copy=host, HostName=site.host_name, Facts=f"s3://{site.bucket}/{key}")
    return CopyFacts.read(site.s3.get_object(Bucket=site.bucket, Key=key)["Body"].read().decode())


def restore_beside(rds: Any, database: str, snapshot: str) -> str:
    """Begin to make a copy from a snapshot, in the network and with the parameters of the database. Returns its name.

    Raises ``CannotRunError`` if the copy of another drill is there.
    """
    name = copy_name(database)
    if _exists(rds, name):
        raise CannotRunError(
            f"database {name}: it is there, so another drill is at work, or one was killed. `./shop drill remove` "
            "removes it."
        )
    [of] = rds.describe_db_instances(DBInstanceIdentifier=database)["DBInstances"]
    tags = {tag["Key"]: tag["Value"] for tag in of["TagList"] if not tag["Key"].startswith("aws:")}
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=name,
        DBSnapshotIdentifier=snapshot,
        DBInstanceClass=of["DBInstanceClass"],
        DBSubnetGroupName=of["DBSubnetGroup"]["DBSubnetGroupName"],
        VpcSecurityGroupIds=[each["VpcSecurityGroupId"] for each in of["VpcSecurityGroups"]],
        DBParameterGroupName=of["DBParameterGroups"][0]["DBParameterGroupName"],
        MultiAZ=False,
        PubliclyAccessible=False,
        DeletionProtection=False,
        CopyTagsToSnapshot=False,
        Tags=[{"Key": key, "Value": value} for key, value in {**tags, "Name": name}.items()],
    )
    return name


@contextmanager
def _copy(rds: Any, site: Site, snapshot: Snapshot, console: Console) -> Iterator[str]:
    """The host of a copy, which is removed again whatever happens but a kill."""
    name = restore_beside(rds, site.database, snapshot.name)
    try:
        with console.working("Restoring the snapshot"):
            host = await_available(rds, name)
        yield host
    except BaseException:
        _remove(rds, name)
        console.say(f"{name} is being removed.")
        raise
    _remove(rds, name)
    with console.working("Removing the copy"):
        _await_removal(rds, name)
    console.step("The copy is removed.")


def await_available(rds: Any, name: str) -> str:
    """The host of an instance, once it is available. Raises ``ReleaseError`` when it fails or takes four hours."""
    found = _poll(rds, name, lambda status: status == "available", _RESTORE_SECONDS)
    if found is None:
        raise ReleaseError(f"database {name}: it is gone, expected it to become available")
    return str(found["Endpoint"]["Address"])


def _await_removal(rds: Any, name: str) -> None:
    _poll(rds, name, lambda _status: False, _REMOVE_SECONDS)


def _poll(rds: Any, name: str, wanted: Callable[[str], bool], seconds: float) -> dict[str, Any] | None:
    """The instance once its status is wanted; None once it is gone."""
    deadline = time.monotonic() + seconds
    for _ in polls(_POLL_SECONDS):
        found = _described(rds, name)
        status = found["DBInstanceStatus"] if found else ""
        if found is None or wanted(status):
            return found
        if status in _FAILED:
            raise ReleaseError(f"database {name}: got status {status}, expected available")
        if time.monotonic() > deadline:
            break
    raise ReleaseError(f"database {name}: still {status} after {_spell(seconds)}")


def _remove(rds: Any, name: str) -> None:
    if _exists(rds, name):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)


def _exists(rds: Any, name: str) -> bool:
    return _described(rds, name) is not None


def _described(rds: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    return found


def _spell(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
