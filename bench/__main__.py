"""`python -m bench`: measure everything in a separate sandbox, in about four minutes, and print it beside the aims."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import bring_up, checks, growth, memory, previews, report
from bench.figure import Figure, MeasurementError
from bench.sandbox import copied_project
from sandbox.tests.platform import Platform

_GROUPS: tuple[tuple[str, Callable[[Platform], list[Figure]]], ...] = (
    # First, since it brings up what the others measure.
    ("bringing the sandbox up", bring_up.measure),
    ("memory", memory.measure),
    ("previews", previews.measure),
    ("growth", growth.measure),
    ("unit and policy tests", checks.measure),
)


def main(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure speed and memory. A missed aim is shown and is no error: times depend on the machine."""
    console = Console()
    figures: list[Figure] = []
    failure = ""
    with copied_project() as platform:
        for name, measure in _GROUPS:
            try:
                with console.status(f"Measuring: {name}"):
                    figures += measure(platform)
            except MeasurementError as error:
                # The groups after it need what it made.
                failure = f"{name}: {error}"
                break
    report.show(console, figures)
    if json is not None:
        report.write(json, figures)
    if failure:
        console.print(f"\n{failure}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
