"""What `up` prints about each stack: a moving count while the engine works, then errors in full and a summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from commands.console import Console
from commands.engine import Run
from commands.events import EngineEvents

_LINE_EVERY_SECONDS = 10.0
"""How often a count is printed where lines cannot be rewritten, as in a CI log."""

_EXCEPTED = "Excepted by "
"""In a warning of the policies about a violation that `policies/exceptions.yaml` allows."""

_PAST_TENSE = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "replace": "replaced",
    "import": "imported",
    "discard": "discarded",
}


class Progress:
    """The progress of one stack's `pulumi up`."""

    def __init__(self, console: Console, stack: str) -> None:
        self._console = console
        self._stack = stack

    @contextmanager
    def running(self) -> Iterator[Callable[[EngineEvents], None]]:
        """While the engine works on the stack: call the result with the events so far, as often as you like."""
        began = last = time.monotonic()
        with self._console.working(f"{self._stack}: starting") as change:

            def show(events: EngineEvents) -> None:
                nonlocal last
                now = time.monotonic()
                line = f"{self._stack}: {events.done} resources done ({now - began:.0f} s)"
                change(line)
                if not self._console.is_terminal and now - last >= _LINE_EVERY_SECONDS:
                    last = now
                    self._console.say(f"  {line}")

            yield show

    def ended(self, run: Run) -> None:
        """How the run ended, with every error in full."""
        events, console = run.events, self._console
        for text in events.messages:
            console.say(text, indent="  ")
        excepted = [text for text in events.policy_warnings if _EXCEPTED in text]
        for text in (*events.policy_violations, *(text for text in events.policy_warnings if text not in excepted)):
            console.warn(text)
        for text in events.warnings:
            console.warn(f"warning: {text}")
        if events.policies_satisfied:
            allowed = _exceptions(len(excepted)) if excepted else ""
            console.step(f"{self._stack}: {len(events.policies_satisfied)} policies satisfied{allowed}")
        if not run.succeeded:
            for text in filter(None, [*events.reasons, run.complaint]):
                console.raw(text, style="red")
            if events.changed:
                # Policies about several resources are asked last, when all of them are made.
                console.step(f"{self._stack}: {_counts(events.changed)} before it failed")
        elif events.changed:
            console.step(f"{self._stack}: {_counts(events.changed)} in {run.seconds:.0f} s")
        else:
            console.step(
                f"{self._stack}: nothing to change, all {events.done} resources are as declared ({run.seconds:.0f} s)"
            )


def _exceptions(count: int) -> str:
    """How many violations are allowed, and where the reasons are."""
    return f"; {count} exception{'' if count == 1 else 's'}, see policies/exceptions.yaml"


def _counts(changed: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_PAST_TENSE.get(operation, operation)}" for operation, count in changed.items())
