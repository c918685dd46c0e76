"""A run of the engine from its begin to its end, and what is left of one that was killed.

The sandbox has the engine write its state at the end alone, since the backend rewrites all of it a resource. A killed
run's state therefore misses what it made, and only an empty AWS matches it again.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord, read_json, write_json

_GRACE_SECONDS = 60.0
"""For an engine that outlived its command: what it has under way may end, so that no plugin is left behind."""


@dataclass(frozen=True, kw_only=True)
class UnfinishedRun:
    """The stack that was being changed, and by which engine."""

    stack: str
    checkpoints: bool
    """Whether the engine wrote its state after each resource."""
    engine: ProcessRecord

    def stop_engine(self) -> bool:
        """End the engine if it goes on without the command that started it. Says whether it did."""
        return self.engine.stop(signal.SIGINT, seconds=_GRACE_SECONDS)


def begin(layout: Layout, run: UnfinishedRun) -> None:
    """Write down that the engine changes a stack from now on, until `end`."""
    value = {"stack": run.stack, "checkpoints": run.checkpoints, **run.engine.to_json()}
    write_json(layout.run_record, value)


def end(layout: Layout) -> None:
    """The engine ended by itself and its state is complete."""
    layout.run_record.unlink(missing_ok=True)


def find(layout: Layout) -> UnfinishedRun | None:
    """The run that began and never ended, if the last one was such."""
    value = read_json(layout.run_record)
    if value is None:
        return None
    try:
        return UnfinishedRun(
            stack=str(value["stack"]), checkpoints=value["checkpoints"] is True, engine=ProcessRecord.from_json(value)
        )
    except (KeyError, ValueError):
        return None
