"""The program's stacks in the sandbox: made once, brought up, and asked for their outputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sandbox.commands import unfinished_run
from sandbox.commands.engine import Engine, Update
from sandbox.commands.engine_events import Tally
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
    """Initialise each stack that is not there, with the passphrase of the environment for its secrets."""
    existing = states(engine)
    for name in names:
        if name not in existing:
            engine.ask("stack", "init", name, "--no-select")


def recover(engine: Engine, stack: str) -> None:
    """After a killed run with checkpoints: lift its lock, and learn from AWS what became of what it had begun."""
    engine.ask("cancel", "--yes", "--stack", stack)
    engine.ask("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", stack)


def bring_up(
    engine: Engine, layout: Layout, stack: str, *, checkpoints: bool, on_progress: Callable[[Tally], None]
) -> Update:
    """Run `pulumi up` with the policies, leaving a record behind if the engine does not end by itself."""

    def begin(process: ProcessRecord) -> None:
        unfinished_run.begin(layout, UnfinishedRun(stack=stack, checkpoints=checkpoints, engine=process))

    update = engine.up(stack, policies=layout.project / _POLICIES, on_start=begin, on_progress=on_progress)
    if update.state_is_complete:
        unfinished_run.end(layout)
    return update


def outputs(engine: Engine, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """What each stack exports; secrets are masked. All are asked at once, as most of it is the CLI's own start."""

    def ask(stack: str) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(engine.ask("stack", "output", "--json", "--stack", stack))
        return values

    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(ask, names), strict=True))
