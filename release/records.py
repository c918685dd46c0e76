"""``./shop release status``, ``history`` and ``unlock``: what is known of a site's releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from commands.console import Console
from commands.deployed_stack import AppName, StackName
from commands.errors import CannotRunError, ExitCode
from release import planning
from release.errors import answers_of_aws
from release.frozen_plan import FrozenPlan
from release.hold_commands import described
from release.journal import Event, Journal, Record, names
from release.lock import Found
from release.progress import ENDED, Direction, Progress
from release.redaction import Redaction
from release.running_configuration import RunningRelease
from release.site import HOLD, JOURNALS, REFRESH, Satellite, Site
from release.traces import Traces


def status(stack: StackName, app: AppName = None) -> None:
    """Say what runs, who has the lock, and whether the shop is held. Ends with 1 if something waits for you."""
    console = Console()
    with answers_of_aws():
        site = Site.of(stack, app)
        running = [RunningRelease.read(site.session, environment.name) for environment in site.environments]
        for each in running:
            console.say(f"{each}.")
        found = site.lock.read()
        console.say(_lock(found, site))
        held = not isinstance(site, Satellite) and bool(site.hold.state())
        if not isinstance(site, Satellite):
            console.say(described(site))
        command = next_command(site)
        if (left := planning.unfinished(site)) is not None:
            console.say(_unfinished(*left))
            for line in Traces.of(left[1].records).lines:
                console.raw(f"  {line}")
        waits = held or len({each.name for each in running}) > 1 or (found and not found.holder.is_free)
    if command:
        console.say(f"Type: {command}")
    if waits or command:
        raise typer.Exit(ExitCode.FAILED)


def history(
    stack: StackName,
    release: Annotated[str | None, typer.Argument(help="A release, to see its journal.", show_default=False)] = None,
    app: AppName = None,
    count: Annotated[int, typer.Option(min=1, help="How many releases, the newest last.")] = 20,
) -> None:
    """List releases and holds, or the journal of one of them."""
    console = Console()
    with answers_of_aws():
        site = Site.of(stack, app)
        known = names(site.s3, site.bucket, f"{site.prefix}{JOURNALS}")
        if release is not None:
            if release not in known:
                raise CannotRunError(
                    f"release: got {release!r}, expected one that `./shop release history {site.options}` lists"
                )
            journal = _journal(site, release)
            for line in _lines(journal.plan, journal.records):
                console.say(line, indent="    ")
            return
        # Each is an object a record: those that are not shown are not read.
        shown = [(name, _journal(site, name)) for name in sorted(known, key=_began)[-count:]]
    for name, journal in shown:
        console.say(_summary(name, journal.plan, journal.records), indent="    ")
    if not shown:
        console.say(f"{f'Satellite {app}' if app else 'The shop'} of stack {stack} has no releases yet.")


def unlock(
    stack: StackName,
    release: Annotated[str, typer.Option(metavar="ID", help="The release that has the lock, as `status` names it.")],
    app: AppName = None,
) -> None:
    """Take the lock from a release whose process is gone. It changes nothing else: `status` says what is left."""
    with answers_of_aws():
        holder = Site.of(stack, app).lock.break_open(release)
    Console().step(f"The lock is free. It was held by {holder}.")


def next_command(site: Site) -> str:
    """The one command that goes on from here. Empty if nothing waits, or while a release is at work."""
    found = site.lock.read()
    if found is not None and not found.holder.is_free and not found.is_stale:
        return ""
    if found is not None and not found.holder.is_free and found.holder.release == REFRESH:
        return _begins_refresh_again(site)
    left = planning.unfinished(site)
    if left is None:
        return ""
    progress = _progress(left[1])
    # Killed while it was taken back: that goes on. What could not be taken back goes forward, once it is mended.
    ended = left[1].records[-1].event is Event.FAILED if left[1].records else False
    back = progress.direction is Direction.BACK and not ended
    return f"./shop release {'rollback' if back else 'resume'} {site.options}"


def _begins_refresh_again(site: Site) -> str:
    begun = [each for each in names(site.s3, site.bucket, f"{site.prefix}{JOURNALS}") if each.startswith(REFRESH)]
    source = f" --from {_journal(site, begun[-1]).plan['from']}" if begun else ""
    return f"./shop release {REFRESH} {site.options}{source}"


def _unfinished(name: str, journal: Journal) -> str:
    progress = _progress(journal)
    left = f"{len(progress.left)} of {len(progress.steps)} steps are left"
    failed = f" It failed in {progress.failed_step}: {progress.failure}" if progress.failure else ""
    way = "It is being taken back." if progress.direction is Direction.BACK else f"{left}."
    return f"{name} is not finished. {way}{failed}"


def _progress(journal: Journal) -> Progress:
    return Progress.of(FrozenPlan.from_json(journal.plan).steps, journal.records)


def _journal(site: Site, release: str) -> Journal:
    return Journal.read(site.s3, site.bucket, site.journal_prefix(release), Redaction())


def _began(name: str) -> str:
    """The time in the name of a journal, which that of a hold or a refresh has behind a word."""
    return name.removeprefix(HOLD).removeprefix(f"{REFRESH}-")


def _lock(found: Found | None, site: Site) -> str:
    if found is None or found.holder.is_free:
        return "The lock is free."
    since = f"The lock is held by {found.holder}."
    if not found.is_stale:
        return f"{since} It is at work: its last sign of life came {found.silent_seconds:.0f} s ago."
    silent = f"{since} Its last sign of life came {found.silent_seconds:.0f} s ago."
    if found.holder.release == REFRESH:
        # The next refresh takes the lock over. Without the lock, it would take the hold for somebody else's.
        return silent
    return f"{silent} If its process is gone: ./shop release unlock {site.options} --release {found.holder.release}"


def _summary(name: str, plan: Mapping[str, Any], records: list[Record]) -> str:
    if not records:
        return f"{name}: planned, and never begun"
    last = records[-1]
    steps = [each["name"] for each in plan.get("steps", ())]
    ended = last.details.get(ENDED) or ("done" if last.event is Event.DONE and last.step == steps[-1] else "")
    how = ended or f"{last.event} {last.step}".strip()
    reason = f" {plan['reason']}" if plan.get("reason") else ""
    return f"{_time(records[0].at)}  {plan.get('kind', '')}  {name}: {how}.{reason}"


def _lines(plan: Mapping[str, Any], records: list[Record]) -> list[str]:
    by = f", by {plan['by']}" if plan.get("by") else ""
    reason = f": {plan['reason']}" if plan.get("reason") else ""
    lines = [f"{plan.get('kind', 'release')} {plan['release']}{by}{reason}"]
    for each in records:
        details = ", ".join(f"{name} {value}" for name, value in each.details.items() if value not in ("", [], {}))
        lines.append(f"{_time(each.at)}  {each.event}  {each.step}{f' ({details})' if details else ''}")
    return lines


def _time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
