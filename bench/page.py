"""Writes the figures of the history into docs/performance.md, and draws them: ``python -m bench.page``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bench import history
from bench.figure import Unit
from bench.history import Run
from bench.table import amount

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
PICTURE = PAGE.with_name("performance.svg")

_FIGURES = re.compile(r"(<!-- figures: python -m bench\.page -->\n).*?(<!-- end of figures -->)", re.DOTALL)
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 70, 20, 24


def main() -> int:
    """The exit status: 1 when there is no run to show."""
    runs = history.read()
    if not runs:
        print(f"{history.FILE.name}: got no run, expected one. Run: make bench", file=sys.stderr)
        return 1
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), runs[-1]), encoding="utf-8")
    PICTURE.write_text(drawn(runs), encoding="utf-8")
    return 0


def filled(page: str, run: Run) -> str:
    """The page with the table of a run. Raises ValueError for a page that has no place for it."""
    rows = [f"| Figure, {run.date}, {run.machine} | Measured | Aim | |", "|---|---|---|---|"]
    for name, measured in run.figures.items():
        unit, aim = Unit(run.units[name]), run.aims[name]
        verdict = "met" if measured <= aim else "missed"
        rows.append(f"| {name} | {amount(measured, unit)} | {amount(aim, unit)} | {verdict} |")
    table = "\n".join([*rows, "", f"![Each figure, from the oldest run to the newest]({PICTURE.name})"])
    new, places = _FIGURES.subn(lambda found: f"{found[1]}{table}\n{found[2]}", page)
    if places != 1:
        raise ValueError(f"{PAGE.name}: got {places} places for figures, expected 1")
    return new


def drawn(runs: Sequence[Run]) -> str:
    """An SVG picture with a curve for each figure, from the oldest run to the newest, and a dashed line for its aim."""
    names = list(dict.fromkeys(name for run in runs for name in run.figures))
    parts = [_curve(name, [run for run in runs if name in run.figures], row) for row, name in enumerate(names)]
    height = _HEIGHT * len(names) + _TOP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="11">\n{"".join(parts)}</svg>\n'
    )


def _curve(name: str, runs: Sequence[Run], row: int) -> str:
    newest = runs[-1]
    values, aim, unit = [run.figures[name] for run in runs], newest.aims[name], Unit(newest.units[name])
    top, highest = row * _HEIGHT + _TOP, max(*values, aim)
    step = (_WIDTH - 2 * _LEFT) / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return top + (_HEIGHT - 30) * (1 - value / highest)

    points = " ".join(f"{_LEFT + step * index:.1f},{y(value):.1f}" for index, value in enumerate(values))
    label = f"{name}: {amount(values[-1], unit)}, aim {amount(aim, unit)}"
    return (
        f'<text x="{_LEFT}" y="{top - 8}">{escape(label)}</text>\n'
        f'<line x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{y(aim):.1f}" y2="{y(aim):.1f}" stroke="#868e96" '
        'stroke-dasharray="4"/>\n'
        f'<polyline points="{points}" fill="none" stroke="#1971c2" stroke-width="2"/>\n'
        f'<circle cx="{points.split()[-1].split(",")[0]}" cy="{y(values[-1]):.1f}" r="3" fill="#1971c2"/>\n'
    )


if __name__ == "__main__":
    sys.exit(main())
