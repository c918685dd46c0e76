"""`make bench`: measures everything in its own sandbox in about 20 minutes. Compares with aims and earlier runs."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import bring_up, checks, comparison, growth, history, memory, page, previews, table
from bench.figure import Figure, MeasurementError, NotMeasured
from bench.sandbox import copied_project
from commands import shell
from commands.errors import CommandError
from sandbox.tests.platform import Platform

_GROUPS: tuple[tuple[str, Callable[[Platform], Sequence[Figure | NotMeasured]]], ...] = (
    # First, since it brings up what the others measure.
    ("bringing the sandbox up", bring_up.measure),
    ("memory", memory.measure),
    ("previews", previews.measure),
    ("terraform and checkov", comparison.measure),
    ("growth", growth.measure),
    ("tests", checks.measure),
)

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def bench(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the figures to this file.")] = None,
) -> None:
    """Measure speed and memory. A missed target is shown but is no error, since times depend on the machine."""
    console = Console()
    measured: list[Figure | NotMeasured] = []
    failure = ""
    with copied_project() as platform:
        for name, measure in _GROUPS:
            try:
                with console.status(f"Measuring: {name}"):
                    measured += measure(platform)
            except MeasurementError as error:
                # The later groups need what this one leaves behind.
                failure = f"{name}: {error}"
                break
    table.show(console, measured)
    figures = [each for each in measured if isinstance(each, Figure)]
    if json is not None:
        table.write(json, figures)
    run = history.Run.of(figures, date=datetime.date.today().isoformat(), machine=table.machine())
    for warning in history.worse(run, history.read()):
        console.print(f"Worse than before: {warning}", style="yellow", soft_wrap=True, markup=False)
    if failure:
        raise CommandError(failure)
    # A run that was cut short would be compared with whole ones.
    history.add(run)
    page.main()


if __name__ == "__main__":
    sys.exit(shell.run(app, name="python -m bench"))
