"""The figures as a table for people, and as a JSON file for comparing runs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figure import Figure, NotMeasured, Unit

_DECIMALS = {Unit.RATIO: 2, Unit.SECONDS: 1, Unit.GIB: 2}


def amount(value: float, unit: Unit) -> str:
    """A value with its unit, rounded to significant decimals."""
    number = f"{value:.{_DECIMALS[unit]}f}"
    return f"{number}{unit}" if unit is Unit.RATIO else f"{number} {unit}"


def show(console: Console, figures: Sequence[Figure | NotMeasured]) -> None:
    """The table, and below it what each figure measures, or why there is none."""
    table = Table(title="Speed and memory", title_justify="left")
    table.add_column("figure")
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for figure in figures:
        if isinstance(figure, NotMeasured):
            table.add_row(figure.name, "", "", "[yellow]not measured[/]")
            continue
        verdict = "[green]met[/]" if figure.met else "[red]missed[/]"
        table.add_row(figure.name, amount(figure.measured, figure.unit), amount(figure.aim, figure.unit), verdict)
    console.print(table)
    for figure in figures:
        text = figure.why if isinstance(figure, NotMeasured) else figure.basis
        console.print(f"{figure.name}: {text}", style="dim", soft_wrap=True, highlight=False, markup=False)
    console.print(f"\n{_busy()}", style="dim", soft_wrap=True, highlight=False)


def write(file: Path, figures: Sequence[Figure]) -> None:
    """The same as JSON."""
    document = {"machine": _busy(), "figures": [figure.to_json() for figure in figures]}
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def machine() -> str:
    """What must be the same for two runs to be compared."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def _busy() -> str:
    """What a reader must know to trust a time: a load above the number of cores means that other programs ran too."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{machine()}; load over the last 1, 5 and 15 minutes: {busy}"
