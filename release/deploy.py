"""``./shop release deploy``, ``resume`` and ``rollback``: change which release the shop runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from commands.console import Console
from commands.deployed_stack import AppName, StackName
from release import checks, planning
from release.actions import Actions
from release.errors import RefusedError, nothing_is_changed
from release.execution import Execution
from release.frozen_plan import FrozenPlan
from release.journal import Journal
from release.kinds import Kind
from release.lock import Lock
from release.notification import Notify, failures_told
from release.plan import Accept, show
from release.progress import Progress
from release.site import Site
from release.traces import Traces

EPILOG = (
    "Exit codes: 0 done; 1 it failed, and is taken back; 2 refused, and nothing was changed; 3 it stopped half-way, "
    "and the message has the command to type; 4 another release has the lock."
)


def deploy(
    stack: StackName,
    plan: Annotated[str, typer.Option(metavar="ID", help="The plan, as `./shop release plan` printed it.")],
    release: Annotated[str, typer.Option(metavar="ID", help="The plan's release, typed again.")],
    app: AppName = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="ALARM", help="An alarm that stopped it, word by word or by its code: go on."),
    ] = None,
    notify: Notify = False,
) -> None:
    """Carry a plan out. If a step fails, what was done is taken back.

    The release is asked once more first: a plan whose facts have changed since is refused.
    """
    console = Console()
    with nothing_is_changed():
        site = Site.of(stack, app)
        planned = FrozenPlan.read(site.s3, site.bucket, site.prefix, plan)
        if planned.release != release:
            raise RefusedError(f"--release: got {release}, expected {planned.release}, the release of plan {plan}")
        before = planning.begun(site)

    def check(lock: Lock) -> None:
        _check_facts(site, planned, lock)

    with (
        failures_told(site, "deploy", notify=notify),
        _begun(site, planned, before, console, check, accept or ()) as execution,
    ):
        execution.forward()
    _say_window(console, planned, execution)
    console.step(f"{planned.release} runs on every instance.")


def resume(stack: StackName, app: AppName = None, notify: Notify = False) -> None:
    """Go on with a release that stopped half-way or whose process was killed."""
    console = Console()
    with nothing_is_changed():
        site = Site.of(stack, app)
    with failures_told(site, "resume", notify=notify), _taken_over(site, console) as execution:
        execution.forward()
    _say_window(console, FrozenPlan.from_json(execution.journal.plan), execution)
    console.step("The release is done. Its instances run it.")


def rollback(stack: StackName, app: AppName = None, accept: Accept = None, notify: Notify = False) -> None:
    """Take a release back that stopped half-way. Otherwise deploy the release before the running one again.

    The database stays as it is. The older release is asked first whether it can live with it.
    """
    console = Console()
    with nothing_is_changed():
        site = Site.of(stack, app)
        is_finished = planning.unfinished(site) is None
    if not is_finished:
        with failures_told(site, "rollback", notify=notify), _taken_over(site, console) as execution:
            execution.back()
        console.step("The release is taken back.")
        return
    with nothing_is_changed():
        before = planning.begun(site)
        planned = planning.plan_rollback(site, accepted=accept or ())
    show(console, planned)
    with (
        failures_told(site, "rollback", notify=notify),
        _begun(site, planned, before, console, lambda _: None) as execution,
    ):
        execution.forward()
    _say_window(console, planned, execution)
    console.step(f"{planned.release} runs on every instance.")


def _say_window(console: Console, planned: FrozenPlan, execution: Execution) -> None:
    if (held := execution.held_seconds) is not None:
        console.step(f"It was held for {held:.0f} s. {planned.window_seconds:.0f} s were expected.")


@contextmanager
def _begun(
    site: Site,
    planned: FrozenPlan,
    before: Sequence[str],
    console: Console,
    check: Callable[[Lock], None],
    accepted: Sequence[str] = (),
) -> Iterator[Execution]:
    """A new release, under the lock, after all checks. A refusal leaves neither a lock nor a journal.

    `before` are the releases that had begun when it was decided: one more that came and went is a refusal too.
    """
    with nothing_is_changed():
        planning.require_finished(site)
        name = planning.journal_name(site, planned.release)
        lock = site.locked(name, plan=planned.id)
        try:
            with console.working("Checking the site"):
                _check_releases(site, before)
                check(lock)
                alarms = checks.require(site, planned, accepted=accepted)
            journal = Journal.begin(site.s3, site.bucket, site.journal_prefix(name), planned.to_json(), site.redaction)
        except BaseException:
            lock.free()
            raise
    for each in alarms.told:
        console.warn(each)
    with _held(site, lock, journal, planned, console) as execution:
        yield execution


@contextmanager
def _taken_over(site: Site, console: Console) -> Iterator[Execution]:
    """The release that is not finished, under its lock."""
    with nothing_is_changed():
        left = planning.unfinished(site)
        if left is None:
            raise RefusedError("No release is under way.")
        name, journal = left
        planned = FrozenPlan.from_json(journal.plan)
        lock = site.locked(name, plan=planned.id, resumes=True)
        try:
            # Read again: until now, another process may have written.
            journal = Journal.read(site.s3, site.bucket, journal.prefix, site.redaction)
        except BaseException:
            lock.stop()
            raise
    for line in Traces.of(journal.records).lines:
        console.raw(line)
    with _held(site, lock, journal, planned, console) as execution:
        yield execution


@contextmanager
def _held(site: Site, lock: Lock, journal: Journal, planned: FrozenPlan, console: Console) -> Iterator[Execution]:
    """An execution, while a heartbeat keeps the lock.

    The lock is given back when the release is over. Otherwise the release keeps it, and whoever goes on gets it.
    """
    actions = Actions(
        site=site,
        plan=planned,
        fence=lock.fence,
        began=journal.records[0].fence if journal.records else lock.fence,
        failures=Progress.of(planned.steps, journal.records).failures,
        check=lock.check,
        say=console.step,
        happens=console.happens if console.is_terminal else None,
    )
    execution = Execution(
        steps=planned.steps,
        journal=journal,
        lock=lock,
        do=actions.do,
        options=site.options,
        say=console.step,
        timing=console.timing,
    )
    try:
        with lock.beating():
            yield execution
    finally:
        if execution.progress.end is None:
            lock.stop()
        else:
            lock.free()


def _check_releases(site: Site, before: Sequence[str]) -> None:
    if others := [each for each in planning.begun(site) if each not in before]:
        raise RefusedError(f"{', '.join(others)} was carried out meanwhile. Nothing was changed. Plan again.")


def _check_facts(site: Site, planned: FrozenPlan, lock: Lock) -> None:
    if planned.kind is Kind.FIRST:
        facts = planning.plan_first(site, planned.to, admin_email=planned.admin_email).facts
    else:
        facts = planning.Asked.now(site, planned.to, lock).facts
    if facts != planned.facts:
        raise RefusedError(
            f"plan {planned.id}: what it was decided from has changed since {planned.at}. Nothing was changed. Plan "
            "again."
        )
