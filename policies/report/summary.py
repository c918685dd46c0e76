"""Prints progress and the result to a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from policies.report.engine import Run
from policies.report.results import Report, Result, Verdict


class Summary:
    """Prints to a console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._line(text)

    def fail(self, text: str) -> None:
        self._line((text, "bold red"))

    def _line(self, *parts: str | tuple[str, str]) -> None:
        # Without line breaks, so that messages can be copied.
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Shows that the engine is working."""
        if self._console.is_terminal:
            with self._console.status(Text(text)):
                yield
        else:
            self.say(f"{text} …")
            yield

    def engine(self, run: Run) -> None:
        """Prints the engine's errors in full: they are in no file."""
        for error in [*run.plan.errors, *([run.complaint] if run.exit_code else [])]:
            if error:
                self._line((error, "red"))

    def report(self, report: Report, output: Path) -> None:
        """Prints the results that did not pass, and the verdict."""
        for result in report.refused:
            self._result("refused", "bold red", result)
        for result in report.warnings:
            self._result("warning", "yellow", result)
        for result in report.excepted:
            self._result("excepted", "cyan", result)
        counts = ", ".join(f"{count} {status}" for status, count in report.counts.items() if count)
        self.say(f"{report.stack}: {counts}. The report is in {output}.")
        if not report.is_whole:
            self.fail("The policies did not see the whole stack, so it could not be evaluated.")
        elif report.verdict is Verdict.UNDECIDED:
            self.fail(f"{report.stack} could not be evaluated: the engine failed for another reason than a policy.")
        elif report.verdict is Verdict.REFUSED:
            self.fail(f"{report.stack} is refused.")

    def _result(self, word: str, style: str, result: Result) -> None:
        self._line((f"{word}: ", style), f"{result.rule.id}: {result.outcome.message}")
