"""The program's stacks in the sandbox: created once, and brought up."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from commands.engine import Engine, Run
from commands.errors import CommandError
from commands.events import EngineEvents
from sandbox.commands import unfinished_run
from sandbox.commands.embedded_aws import EmbeddedAws
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord
from sandbox.commands.unfinished_run import UnfinishedRun

_POLICIES = "policies"
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class StackState:
    """What the backend knows of a stack."""

    name: str
    resources: int | None
    """None when it has never been brought up."""
    last_update: str | None
    """An ISO 8601 time."""


def states(engine: Engine) -> dict[str, StackState]:
    """The stacks that exist, by name."""
    listed: list[dict[str, Any]] = json.loads(engine.ask("stack", "ls", "--json"))
    # The backend may qualify the name: organization/project/stack.
    names = ((stack["name"].rsplit("/", 1)[-1], stack) for stack in listed)
    return {
        name: StackState(name=name, resources=stack.get("resourceCount"), last_update=stack.get("lastUpdate"))
        for name, stack in names
    }


def make_missing(engine: Engine, names: tuple[str, ...]) -> None:
    """Run `pulumi stack init` for each stack that does not exist."""
    existing = states(engine)
    for name in names:
        if name not in existing:
            engine.ask("stack", "init", name, "--no-select")


class CannotRecoverError(Exception):
    """The state of a killed run does not say enough to go on. The message says why."""


def recover(engine: Engine, stack: str) -> None:
    """After a killed run with checkpoints: unlock the stack, and read from AWS what became of what is in the state.

    The plugin goes on with creations that the state does not have yet (`sandbox/provider/creations.py`), except those
    of replacements. Raises `CannotRecoverError` if there is one, or if the state cannot be read.
    """
    try:
        engine.ask("cancel", "--yes", "--stack", stack)
        deployment = json.loads(engine.ask("stack", "export", "--stack", stack)).get("deployment") or {}
        existing = {resource["urn"] for resource in deployment.get("resources", ())}
        for pending in deployment.get("pending_operations", ()):
            urn = pending["resource"]["urn"]
            if pending["type"] == "creating" and urn in existing:
                raise CannotRecoverError(f"It was replacing {urn.rpartition('::')[2]}.")
        if existing:
            engine.ask("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", stack)
    except CommandError as failed:
        raise CannotRecoverError(f"{failed}\n{stack} cannot be read back.") from failed


def bring_up(
    engine: Engine,
    layout: Layout,
    stack: str,
    *,
    server: EmbeddedAws,
    checkpoints: bool,
    on_progress: Callable[[EngineEvents], None],
) -> Run:
    """Run `pulumi up` with the policies. If the engine does not end by itself, a record of the run stays behind.

    Raises `CommandError` within seconds when the embedded AWS ends.
    """
    policies = str(layout.project / _POLICIES)
    watch = _Watch(server)

    def begin(pid: int) -> None:
        process = ProcessRecord.of(pid, known_by=policies)
        unfinished_run.begin(layout, UnfinishedRun(stack=stack, checkpoints=checkpoints, engine=process))
        watch.engine = pid

    def follow(events: EngineEvents) -> None:
        on_progress(events)
        watch.look()

    run = engine.run(
        "up",
        "--yes",
        "--skip-preview",
        "--stack",
        stack,
        "--policy-pack",
        policies,
        on_start=begin,
        on_progress=follow,
    )
    if watch.server_is_gone:
        unfinished_run.end(layout)  # The state is lost too, so the next run starts afresh in any case.
        raise CommandError(
            f"The embedded AWS (process {server.process.pid}) ended while {stack} was brought up; its stacks are lost. "
            f"The end of its log, {layout.server_log}, may say why. Run `./shop sandbox up` again."
        )
    stopped_before_it_began = run.interrupted and not run.events.begun
    if stopped_before_it_began:
        # The CLI may not have handled the Ctrl-C yet, and then leaves the stack locked.
        engine.ask("cancel", "--yes", "--stack", stack)
    if run.state_is_complete or stopped_before_it_began:
        unfinished_run.end(layout)
    return run


@dataclass
class _Watch:
    """Ends the engine when its AWS is gone: the engine itself would try again for minutes."""

    server: EmbeddedAws
    engine: int = 0
    server_is_gone: bool = False
    _next: float = 0.0

    def look(self) -> None:
        now = time.monotonic()
        if now < self._next or self.server_is_gone:
            return
        self._next = now + _LOOK_EVERY_SECONDS
        if self.server.process.find() is None:
            self.server_is_gone = True
            with suppress(ProcessLookupError):
                os.killpg(self.engine, signal.SIGKILL)  # It leads a process group of its own (`Engine.run`).
