"""What a person reads: one line a step, a moving count while the engine works, errors whole, a summary at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox.commands.engine import Update
from sandbox.commands.engine_events import Tally

_LINE_EVERY_SECONDS = 10.0
"""How often progress is told where lines cannot be rewritten, as in a CI log."""


class Report:
    """Prints to a terminal or a log, each in its own manner."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._line(text)

    def step(self, text: str) -> None:
        """A thing that is done now or was done already."""
        self._line(("• ", "cyan"), text)

    def warn(self, text: str) -> None:
        self._line(("! ", "yellow"), text)

    def fail(self, text: str) -> None:
        self._line((text, "bold red"))

    def _line(self, *parts: str | tuple[str, str]) -> None:
        # Left as it is: breaking lines would spoil paths and commands that one wants to copy.
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    @contextmanager
    def progress(self, stack: str) -> Iterator[Callable[[Tally], None]]:
        """While the engine works on the stack: call what is given with the count so far, as often as wanted."""
        began = last = time.monotonic()

        def line(tally: Tally) -> str:
            return f"{stack}: {tally.done} resources done ({time.monotonic() - began:.0f} s)"

        if self._console.is_terminal:
            with self._console.status(f"{stack}: starting") as status:
                yield lambda tally: status.update(Text(line(tally)))
            return

        def print_now_and_then(tally: Tally) -> None:
            nonlocal last
            if time.monotonic() - last >= _LINE_EVERY_SECONDS:
                last = time.monotonic()
                self.say(f"  {line(tally)}")

        yield print_now_and_then

    def update(self, stack: str, update: Update) -> None:
        """How a run ended; everything that went wrong in full."""
        tally = update.tally
        for text in tally.messages:
            self.say(text)
        for text in tally.policy_notes:
            self.say(text)
        for text in tally.policy_violations:
            self.warn(text)
        for text in tally.warnings:
            self.warn(f"warning: {text}")
        if tally.policies_satisfied:
            told = f"; {len(tally.policy_notes)} exceptions or pieces of advice, above" if tally.policy_notes else ""
            self.say(f"  {stack}: {len(tally.policies_satisfied)} policies satisfied{told}")
        if not update.succeeded:
            for text in filter(None, [*tally.errors, update.complaint]):
                self._line((text, "red"))
        elif tally.changed:
            self.step(f"{stack}: {_counts(tally.changed)} in {update.seconds:.0f} s")
        else:
            self.step(
                f"{stack}: nothing to change, all {tally.done} resources are as declared ({update.seconds:.0f} s)"
            )

    def outputs(self, outputs: Mapping[str, Mapping[str, Any]]) -> None:
        """The outputs of each stack, side by side with their names."""
        for stack, values in outputs.items():
            table = Table(title=f"{stack}: outputs", title_justify="left", show_header=False)
            table.add_column("output", no_wrap=True)
            table.add_column("value", overflow="fold")
            for name, value in sorted(values.items()):
                for label, leaf in _leaves(name, value):
                    table.add_row(Text(label), Text(leaf))
            self._console.print(table)


_PAST_TENSE = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "replace": "replaced",
    "import": "imported",
    "discard": "discarded",
}


def _counts(changed: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_PAST_TENSE.get(operation, operation)}" for operation, count in changed.items())


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """One row a leaf of an output that has parts of its own."""
    match value:
        case dict() if value:
            for key, part in value.items():
                yield from _leaves(f"{name}.{key}", part)
        case list() if value:
            for index, part in enumerate(value):
                yield from _leaves(f"{name}[{index}]", part)
        case _:
            yield name, value if isinstance(value, str) else repr(value)
