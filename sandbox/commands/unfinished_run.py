"""A record of the engine's current run. What a killed run leaves behind tells the next command about it.

In the sandbox the engine writes its state only at the end, since the backend would rewrite all of it for each resource.
So a killed run's state lacks what the run made, and only an empty AWS matches it.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord, read_json, write_json

_GRACE_SECONDS = 60.0
"""For an engine that outlived its command: time to finish what is under way, so that no plugin is left behind."""


@dataclass(frozen=True, kw_only=True)
class KilledRun:
    """What the next command has to know of a run that was killed."""

    stack: str
    checkpoints: bool


@dataclass(frozen=True, kw_only=True)
class UnfinishedRun:
    """The stack that was being changed, and the engine that did it."""

    stack: str
    checkpoints: bool
    """Whether the engine wrote its state after each resource."""
    engine: ProcessRecord

    def stop_engine(self) -> bool:
        """Stop the engine if it still runs without the command that started it. Returns whether it did."""
        return self.engine.stop(signal.SIGINT, seconds=_GRACE_SECONDS)


def begin(layout: Layout, run: UnfinishedRun) -> None:
    """Record that the engine changes a stack from now on, until `end`."""
    value = {"stack": run.stack, "checkpoints": run.checkpoints, **run.engine.to_json()}
    write_json(layout.run_record, value)


def end(layout: Layout) -> None:
    """The engine ended by itself and its state is complete."""
    layout.run_record.unlink(missing_ok=True)


def find(layout: Layout) -> UnfinishedRun | None:
    """The last run, if it began and never ended."""
    value = read_json(layout.run_record)
    if value is None:
        return None
    try:
        return UnfinishedRun(
            stack=str(value["stack"]), checkpoints=value["checkpoints"] is True, engine=ProcessRecord.from_json(value)
        )
    except (KeyError, ValueError):
        return None
