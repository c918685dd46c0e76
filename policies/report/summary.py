"""What a person reads while and after a stack is evaluated."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from commands.console import Console
from policies.report.engine import Run
from policies.report.results import Report, Result, Verdict


class Summary:
    """Prints to a console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def working(self, text: str) -> AbstractContextManager[object]:
        """While the engine works."""
        if not self._console.is_terminal:
            self._console.say(f"{text} …")
        return self._console.working(text)

    def engine(self, run: Run) -> None:
        """The engine's own errors, in full. They are written to no file."""
        for error in [*run.plan.errors, *([run.complaint] if run.exit_code else [])]:
            if error:
                self._console.raw(error, style="red")

    def report(self, report: Report, output: Path) -> None:
        """The results, the counts and the verdict."""
        for result in report.refused:
            self._result("refused", "bold red", result)
        for result in report.warnings:
            self._result("warning", "yellow", result)
        for result in report.excepted:
            self._result("excepted", "cyan", result)
        counts = ", ".join(f"{count} {status}" for status, count in report.counts.items() if count)
        self._console.say(f"{report.stack}: {counts}. The report is in {output}.")
        if not report.is_whole:
            self._fail(f"{report.stack} could not be evaluated: the policies did not see the whole stack.")
        elif report.verdict is Verdict.UNDECIDED:
            self._fail(f"{report.stack} could not be evaluated: the engine failed, and not because of a policy.")
        elif report.verdict is Verdict.REFUSED:
            self._fail(f"{report.stack} is refused.")

    def _fail(self, text: str) -> None:
        self._console.say(text, style="bold red")

    def _result(self, word: str, style: str, result: Result) -> None:
        self._console.say(f"{word}: {result.rule.id}: {result.outcome.message}", style=style, indent="  ")
