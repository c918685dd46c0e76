"""``./shop release refresh``: gives pre-production what production's database has, without personal data.

A snapshot of production's database is restored beside it. Production's own back office takes personal data and
credentials out of that copy, and writes what remains to S3. So no personal data leaves production, and no stack needs
the other's keys, network or passwords. Pre-production's back office then replaces what its database has.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from commands.console import Console
from commands.deployed_stack import StackName
from commands.errors import CannotRunError
from release import planning, snapshots
from release.back_office import Instance
from release.database_copy import DatabaseCopy, Snapshot
from release.errors import HalfWayError, LockedError, LockLostError, RefusedError, ReleaseError, answers_of_aws
from release.hold import SETTLE_SECONDS, Scope
from release.journal import Event, Journal
from release.lock import Lock
from release.notification import Notify, failures_told
from release.running_configuration import RunningRelease
from release.site import REFRESH, Site, Source
from release.table_list import PATH, TableList

EPILOG = (
    "Exit codes: 0 done; 1 it failed, and pre-production is as before; 2 refused, and nothing was changed; 3 it "
    "stopped half-way, and the message has the command to type; 4 a release has the lock."
)
STEPS = (
    "restore-copy",
    "scrub-copy",
    "make-snapshot",
    "hold-shop",
    "pause-writers",
    "load-copy",
    "verify",
    "resume-writers",
    "open",
)
_SCRUB, _LOAD = "scrub-copy", "load-copy"
_SCRIPTS = {_SCRUB: "scrub_copy.php", _LOAD: "load_copy.php"}
"""What each of these documents runs of the running release."""
_SNAPSHOT_SECONDS = 6 * 3600
"""A snapshot of a database that never had one copies all of it."""
_FRONT, _BACK_OFFICE = "front", "back-office"


def refresh(
    stack: StackName,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="The stack whose database is copied. By default releases.refreshes_from, or prod.",
        ),
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="NAME", help="A snapshot of that database. By default the newest.")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Take a snapshot now.")] = False,
    confirm: Annotated[
        str | None, typer.Option(metavar="NAME", help="The stack whose database is replaced, typed again.")
    ] = None,
    notify: Notify = False,
) -> None:
    """Replace pre-production's database by a copy of production's, without customers, orders and credentials.

    Pre-production is held while its database is replaced. Its administrators, integrations and credentials stay.
    Production's shoppers notice nothing.
    """
    console = Console()
    if new and snapshot:
        raise RefusedError(f"--new: got --snapshot {snapshot} too, expected one of them")
    if confirm not in (None, stack):
        raise RefusedError(f"--confirm: got {confirm!r}, expected {stack}, the stack whose database is replaced")
    with answers_of_aws():
        target = Site.of(stack)
        production = Source.of_refresh(target, source)
        table_list = TableList.read()
        is_resumed = _require(production, target)
        chosen = None if new else Snapshot.choose(production.session.client("rds"), production.database, snapshot)
        with failures_told(target, REFRESH, notify=notify), _begun(production, target, is_resumed, console) as begun:
            begun.carry_out(chosen, table_list)
    console.step(f"{stack} has what {production.stack.name} had.")


@dataclass(kw_only=True)
class Refresh:
    """One refresh, carried out by the holder of pre-production's lock."""

    production: Site
    target: Site
    lock: Lock
    journal: Journal
    console: Console
    is_half_way: bool
    """Whether pre-production is held for it: its database may not be whole."""

    @property
    def copy(self) -> DatabaseCopy:
        """The copy of production's database, beside it."""
        return DatabaseCopy(
            rds=self.production.session.client("rds"), database=self.production.database, purpose=f"for-{self._label}"
        )

    @property
    def _label(self) -> str:
        """The name of pre-production's stack as RDS and S3 take it."""
        return re.sub(r"[^a-z0-9]+", "-", self.target.stack.name.lower()).strip("-")

    def carry_out(self, snapshot: Snapshot | None, table_list: TableList) -> None:
        """Do all of it. What it makes is removed, whatever happens but a kill, and the next refresh removes that."""
        try:
            self._take_from_production(snapshot, table_list)
            self._give_to_target()
        finally:
            for site, key in (
                *((self.production, key) for key in (self._list, self._dump, self._facts)),
                (self.target, self._received),
            ):
                site.s3.delete_object(Bucket=site.bucket, Key=key)

    # Below `bundles/` is what a back office may read, below `facts/` what it may write.
    @property
    def _list(self) -> str:
        return f"{self.production.prefix}bundles/refresh-{self._label}.json"

    @property
    def _dump(self) -> str:
        return f"{self.production.prefix}facts/refresh-{self._label}.gz"

    @property
    def _facts(self) -> str:
        return f"{self.production.prefix}facts/refresh-{self._label}.json"

    @property
    def _received(self) -> str:
        return f"{self.target.prefix}bundles/refresh.gz"

    def _take_from_production(self, snapshot: Snapshot | None, table_list: TableList) -> None:
        copy = self.copy
        if copy.exists:
            self.console.say(f"{copy.name} is of a refresh that was killed. It is removed first.")
            copy.remove()
            copy.await_removal()
        taken = ""
        try:
            with self._step("restore-copy") as details:
                taken = "" if snapshot else self._take_snapshot()
                details["snapshot"] = snapshot.name if snapshot else taken
                copy.restore(details["snapshot"])
                with self.console.working("Restoring the snapshot"):
                    host = copy.await_available()
            with self._step("scrub-copy") as details, self.console.working("Taking personal data out of the copy"):
                details |= self._scrub(host, table_list)
        finally:
            copy.remove()
            if taken:
                copy.rds.delete_db_snapshot(DBSnapshotIdentifier=taken)
        with self.console.working("Removing the copy"):
            copy.await_removal()

    def _take_snapshot(self) -> str:
        copy, purpose = self.copy, f"refresh-of-{self._label}"
        # Of a refresh that was killed: it would be too old.
        with suppress(copy.rds.exceptions.DBSnapshotNotFoundFault):
            copy.rds.delete_db_snapshot(DBSnapshotIdentifier=snapshots.name_of(copy.database, purpose))
        return snapshots.make(copy.rds, copy.database, purpose, seconds=_SNAPSHOT_SECONDS, check=self.lock.check)

    def _scrub(self, host: str, table_list: TableList) -> dict[str, Any]:
        """Returns what the back office says of it. Raises ``RefusedError`` for what must not leave production."""
        site = self.production
        place = f"s3://{site.bucket}"
        site.s3.put_object(Bucket=site.bucket, Key=self._list, Body=table_list.to_bytes())
        self._run(
            site.back_office_instance,
            _SCRUB,
            Fence=str(self.lock.fence),
            Copy=host,
            List=f"{place}/{self._list}",
            Dump=f"{place}/{self._dump}",
            Facts=f"{place}/{self._facts}",
        )
        facts: dict[str, Any] = json.loads(site.s3.get_object(Bucket=site.bucket, Key=self._facts)["Body"].read())
        if facts["unlisted"]:
            entries = "".join(f"\n  - {each}" for each in facts["unlisted"])
            raise RefusedError(
                f"database {site.database}: got tables that release/{PATH.name} does not name: "
                f"{', '.join(facts['unlisted'])}. Nothing was changed. Say there what is done with each, such as:\n"
                f"emptied:{entries}"
            )
        if facts["left"]:
            raise RefusedError(
                f"copy of database {site.database}: got {'; '.join(facts['left'])}, expected none of it after the copy "
                f"was scrubbed. Nothing was changed. Empty the table or replace the column in release/{PATH.name}, or "
                "add the domain of addresses that nobody needs to hide to its `domains`."
            )
        # Each back office reads its own stack's place alone.
        self.target.s3.copy({"Bucket": site.bucket, "Key": self._dump}, self.target.bucket, self._received)
        return {"tables": facts["tables"], "settings_removed": facts["settings"]}

    def _give_to_target(self) -> None:
        site = self.target
        if not self.is_half_way:
            with self._step("make-snapshot") as details, self.console.working("Taking a snapshot of what was there"):
                details["snapshot"] = self._make_snapshot()
        with self._step("hold-shop"):
            self.is_half_way = True
            site.hold.arm(Scope.SITE, check=self.lock.check)
            time.sleep(SETTLE_SECONDS)
        host = site.back_office_instance
        fence = str(self.lock.fence)
        with self._step("pause-writers"):
            self._run(host, "pause-writers", Fence=fence, Release=REFRESH)
        with self._step("load-copy") as details, self.console.working("Replacing the database"):
            dump = f"s3://{site.bucket}/{self._received}"
            missing = self._run(host, _LOAD, Fence=fence, Dump=dump).split("\n")
            details["settings_missing"] = [each for each in missing if each]
        with self._step("verify") as verified:
            verified["instances"] = self._verify()
        with self._step("resume-writers"):
            self._run(host, "resume-writers", Fence=fence)
        with self._step("open"):
            site.hold.disarm(self.lock.check)
        self.is_half_way = False
        if details["settings_missing"]:
            self.console.say("Production has values for these settings, and pre-production has none of its own:")
            for each in details["settings_missing"]:
                self.console.say(f"  {each}")

    def _make_snapshot(self) -> str:
        attempt = f"{REFRESH}-{datetime.now(UTC):%Y%m%dt%H%M%Sz}"
        made = snapshots.make(
            self.target.session.client("rds"),
            self.target.database,
            attempt,
            seconds=_SNAPSHOT_SECONDS,
            check=self.lock.check,
        )
        self.console.say(f"Snapshot {made} has what {self.target.stack.name} had.")
        return made

    def _verify(self) -> list[str]:
        """Ask every instance for real pages, past the load balancer, which holds the shop."""
        site = self.target
        sent = []
        for tier, environment in ((_FRONT, site.front), (_BACK_OFFICE, site.back_office)):
            release = RunningRelease.read(site.session, environment.name).name
            sent += [
                site.instance(each.id).send(
                    "verify-release",
                    Release=release,
                    HostName=site.host_name,
                    Tier=tier,
                    BackOfficePath=site.hold.args.back_office_path,
                )
                for each in environment.instances()
            ]
        for command in sent:
            command.wait()
        return [command.instance.instance_id for command in sent]

    def _run(self, host: Instance, document: str, **parameters: str) -> str:
        """What a document prints. Its id is in the journal while it runs, which may be for hours."""
        command = host.send(document, **parameters)
        self.journal.append(
            Event.NOTED,
            step=self.journal.records[-1].step,
            fence=self.lock.fence,
            document=document,
            commands={command.instance.instance_id: command.command_id},
        )
        return command.wait()

    @contextmanager
    def _step(self, name: str) -> Iterator[dict[str, Any]]:
        """A step that the journal has before and after it, with the details that it fills."""
        self.lock.check()
        self.journal.append(Event.INTENDED, step=name, fence=self.lock.fence)
        self.console.step(name)
        details: dict[str, Any] = {}
        try:
            yield details
        except LockLostError:
            raise
        except BaseException as error:
            self.journal.append(
                Event.FAILED, step=name, fence=self.lock.fence, error=str(error) or type(error).__name__
            )
            raise
        self.journal.append(Event.DONE, step=name, fence=self.lock.fence, **details)


def _require(production: Site, target: Site) -> bool:
    """Refuse what must not be begun. Returns whether a refresh of pre-production has stopped half-way."""
    name = target.stack.name
    if production.stack.name == name:
        raise RefusedError(f"--from: got {name}, expected another stack than {name}")
    for site, document in ((production, _SCRUB), (target, _LOAD)):
        [found] = site.session.client("rds").describe_db_instances(DBInstanceIdentifier=site.database)["DBInstances"]
        if site is target and found["DeletionProtection"]:
            raise RefusedError(
                f"stack {name}: got a protected database, expected one whose data may be replaced "
                "(magento:protect: false)"
            )
        if found["DBInstanceStatus"] != "available":
            raise RefusedError(f"database {site.database}: got status {found['DBInstanceStatus']}, expected available")
        known = site.stack.outputs.get("release_documents")
        if not isinstance(known, dict) or document not in known:
            raise CannotRunError(
                f"output release_documents of stack {site.stack.name}: got no {document}, expected one. "
                f"Run pulumi up -s {site.stack.name} with this version of the program first."
            )
        running, script = RunningRelease.read(site.session, site.back_office.name), f".platform/{_SCRIPTS[document]}"
        if not running.has(site.s3, script):
            raise RefusedError(
                f"{running}: got no {script}, expected one. Build a release with this version of the program, and "
                "deploy it first."
            )
        planning.require_finished(site)
    found_lock = production.lock.read()
    if found_lock is not None and not found_lock.holder.is_free:
        raise LockedError(f"Stack {production.stack.name}: the lock is held by {found_lock.holder}.")
    own = target.lock.read()
    is_held = bool(target.hold.state())
    is_own = own is not None and not own.holder.is_free and own.holder.release == REFRESH
    if is_held and not is_own:
        raise RefusedError(
            f"hold of stack {name}: it is armed, expected an open shop. ./shop release hold off -s {name} --reason …"
        )
    return is_held


@contextmanager
def _begun(production: Site, target: Site, is_resumed: bool, console: Console) -> Iterator[Refresh]:
    """A refresh under pre-production's lock, which it keeps where it stops half-way."""
    lock = target.locked(REFRESH, resumes=True)
    begun = None
    try:
        name = f"{REFRESH}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        plan = {
            "release": name,
            "kind": REFRESH,
            "from": production.stack.name,
            "reason": f"From {production.stack.name}",
            "by": lock.holder.who,
            "steps": [{"name": each} for each in STEPS],
        }
        begun = Refresh(
            production=production,
            target=target,
            lock=lock,
            journal=Journal.begin(target.s3, target.bucket, target.journal_prefix(name), plan, target.redaction),
            console=console,
            is_half_way=is_resumed,
        )
        with lock.beating():
            yield begun
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, LockLostError) or begun is None:
            raise
        if not begun.is_half_way:
            if isinstance(error, RefusedError | CannotRunError | KeyboardInterrupt):
                raise
            raise ReleaseError(f"The refresh failed, and {target.stack.name} is as before. {error}") from None
        why = str(error) or "It was interrupted."
        options = f"-s {target.stack.name} --from {production.stack.name}"
        raise HalfWayError(
            f"The refresh stopped half-way, and {target.stack.name} is held. {why}\n"
            f"When the cause is mended, begin again: ./shop release refresh {options}"
        ) from None
    finally:
        if begun is not None and begun.is_half_way:
            lock.stop()
        else:
            lock.free()
