"""The program's stacks in the sandbox: created once, and brought up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commands.engine import Engine, Run
from commands.events import EngineEvents
from sandbox.commands import unfinished_run
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord
from sandbox.commands.unfinished_run import UnfinishedRun

_POLICIES = "policies"


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


def recover(engine: Engine, stack: str) -> None:
    """After a killed run with checkpoints: unlock the stack, and read from AWS what became of what it had begun."""
    engine.ask("cancel", "--yes", "--stack", stack)
    engine.ask("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", stack)


def bring_up(
    engine: Engine, layout: Layout, stack: str, *, checkpoints: bool, on_progress: Callable[[EngineEvents], None]
) -> Run:
    """Run `pulumi up` with the policies. If the engine does not end by itself, a record of the run stays behind."""
    policies = str(layout.project / _POLICIES)

    def begin(pid: int) -> None:
        process = ProcessRecord.of(pid, known_by=policies)
        unfinished_run.begin(layout, UnfinishedRun(stack=stack, checkpoints=checkpoints, engine=process))

    run = engine.run(
        "up",
        "--yes",
        "--skip-preview",
        "--stack",
        stack,
        "--policy-pack",
        policies,
        on_start=begin,
        on_progress=on_progress,
    )
    stopped_before_it_began = run.interrupted and not run.events.begun
    if stopped_before_it_began:
        # The CLI may not have handled the Ctrl-C yet, and then leaves the stack locked.
        engine.ask("cancel", "--yes", "--stack", stack)
    if run.state_is_complete or stopped_before_it_began:
        unfinished_run.end(layout)
    return run
