"""The figures of earlier runs, and whether one has become worse by more than its noise."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.figure import Figure

FILE = Path(__file__).with_name("history.jsonl")
"""One line for each run, oldest first."""

LEAST_RUNS = 3
"""Earlier runs on the same machine that are needed to know a figure's noise."""
LEAST_NOISE = 0.1
"""Of the median. A few runs may agree by chance."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """The figures of one run of `make bench`, by name."""

    date: str
    machine: str
    figures: Mapping[str, float]
    aims: Mapping[str, float]
    units: Mapping[str, str]

    @classmethod
    def of(cls, figures: Iterable[Figure], *, date: str, machine: str) -> Run:
        figures = list(figures)
        return cls(
            date=date,
            machine=machine,
            figures={each.name: round(each.measured, 3) for each in figures},
            aims={each.name: each.aim for each in figures},
            units={each.name: each.unit.value for each in figures},
        )


def read(file: Path = FILE) -> list[Run]:
    """The earlier runs, oldest first; none if there is no file."""
    if not file.exists():
        return []
    return [Run(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def add(run: Run, file: Path = FILE) -> None:
    """Append a run."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(run)) + "\n")


def worse(run: Run, earlier: Sequence[Run]) -> list[str]:
    """A sentence for each figure that is above the earlier ones of the same machine by more than their noise."""
    found = []
    for name, measured in run.figures.items():
        before = [each.figures[name] for each in earlier if each.machine == run.machine and name in each.figures]
        if len(before) < LEAST_RUNS:
            continue
        median = statistics.median(before)
        noise = max(max(before) - min(before), LEAST_NOISE * median)
        if measured > median + noise:
            unit = run.units[name]
            found.append(
                f"{name}: got {measured:.2f} {unit}, expected at most {median + noise:.2f} {unit} "
                f"(the median of {len(before)} runs is {median:.2f} {unit}, their noise {noise:.2f} {unit})"
            )
    return found
