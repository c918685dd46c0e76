"""``./shop drill``: proves that the site comes back from a snapshot of its database, and from a failover."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Self

import typer

from commands.console import Console
from commands.deployed_stack import StackName
from commands.errors import CannotRunError
from release.database_copy import DatabaseCopy, Snapshot, spell
from release.errors import ReleaseError, answers_of_aws
from release.failover import failover
from release.running_configuration import RunningRelease
from release.site import Site

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_PAGE = 200
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
        _require_release(site)
        copy = _copy_of(site)
        source = Snapshot.choose(copy.rds, site.database, snapshot)
        console.step(f"Snapshot {source.name}, taken at {source.taken_at:%Y-%m-%d %H:%M} UTC")
        started = time.monotonic()
        with _restored(copy, source, stack, console) as host:
            restored = time.monotonic() - started
            console.step(f"The copy is available after {spell(restored)}.")
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
        copy = _copy_of(site)
        if not copy.exists:
            raise CannotRunError(f"database {copy.name}: there is none, so no drill has left one.")
        copy.remove()
        with console.working("Removing the copy"):
            copy.await_removal()
    console.step(f"{copy.name} is removed.")


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


def ask(site: Site, host: str) -> CopyFacts:
    """Run the release with the database at a host, on the back office's instance, beside the running one."""
    key = f"{site.prefix}facts/drill.json"
    site.back_office_instance.do("check-copy", Copy=host, HostName=site.host_name, Facts=f"s3://{site.bucket}/{key}")
    return CopyFacts.read(site.s3.get_object(Bucket=site.bucket, Key=key)["Body"].read().decode())


def _require_release(site: Site) -> None:
    """Before a copy costs anything. Raises ``CannotRunError`` for a site that could not be asked about it."""
    running = RunningRelease.read(site.session, site.back_office.name)
    if not running.configuration_version:
        raise CannotRunError(f"{running}: expected a release of the shop, which is run with the copy.")


@contextmanager
def _restored(copy: DatabaseCopy, snapshot: Snapshot, stack: str, console: Console) -> Iterator[str]:
    """The host of a copy, which is removed again whatever happens but a kill."""
    if copy.exists:
        raise CannotRunError(
            f"database {copy.name}: it is there, so another drill is at work, or one was killed. "
            f"`./shop drill remove -s {stack}` removes it."
        )
    copy.restore(snapshot.name)
    try:
        with console.working("Restoring the snapshot"):
            host = copy.await_available()
        yield host
    except BaseException:
        copy.remove()
        console.say(f"{copy.name} is being removed.")
        raise
    copy.remove()
    with console.working("Removing the copy"):
        copy.await_removal()
    console.step("The copy is removed.")


def _copy_of(site: Site) -> DatabaseCopy:
    return DatabaseCopy(rds=site.session.client("rds"), database=site.database, purpose="drill")
