"""What a person reads while and after a stack is judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from policies.report.engine import Run
from policies.report.report import Finding, Report, Verdict


class Summary:
    """Prints to a terminal or a log."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._line(text)

    def fail(self, text: str) -> None:
        self._line((text, "bold red"))

    def _line(self, *parts: str | tuple[str, str]) -> None:
        # Left as it is: breaking lines would spoil what one wants to copy.
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """While the engine works."""
        if self._console.is_terminal:
            with self._console.status(Text(text)):
                yield
        else:
            self.say(f"{text} …")
            yield

    def engine(self, run: Run) -> None:
        """The engine's own errors, in full: they stand in no file."""
        for error in [*run.plan.errors, *([run.complaint] if run.exit_code else [])]:
            if error:
                self._line((error, "red"))

    def report(self, report: Report, output: Path) -> None:
        """The verdict, and what it rests on."""
        for finding in report.refused:
            self._finding("refused", "bold red", finding)
        for finding in report.told:
            self._finding("told", "yellow", finding)
        for finding in report.excepted:
            self._finding("excepted", "cyan", finding)
        counts = ", ".join(f"{count} {status}" for status, count in report.counts.items() if count)
        self.say(f"{report.stack}: {counts}. The report is in {output}.")
        if not report.is_whole:
            self.fail("The policies did not see the whole stack, so nobody knows whether it is satisfied.")
        elif report.verdict is Verdict.UNDECIDED:
            self.fail(f"{report.stack} could not be judged: the engine failed, and not by a policy.")
        elif report.verdict is Verdict.REFUSED:
            self.fail(f"{report.stack} is refused.")

    def _finding(self, word: str, style: str, finding: Finding) -> None:
        self._line((f"{word}: ", style), f"{finding.rule.id}: {finding.outcome.message}")
