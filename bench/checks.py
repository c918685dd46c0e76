"""How long the tests take: those that are run after every change, and all of `make test`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.figure import Figure, MeasurementError, NotMeasured, Unit
from bench.sandbox import PYTHON
from bench.timing import minima
from sandbox.tests.platform import REPOSITORY, Platform

TESTS_SECONDS = 45.0
EVERYTHING_SECONDS = 600.0

_UNIT_AND_POLICIES = (PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "tests/unit", "tests/policies")


def measure(platform: Platform) -> list[Figure | NotMeasured]:
    """`make test` runs in the repository itself: it has tests of what git knows, and the copy has no git."""
    return [
        time_of("unit and policy tests", _UNIT_AND_POLICIES, platform.project, TESTS_SECONDS, runs=2),
        time_of("make test", ("make", "test"), REPOSITORY, EVERYTHING_SECONDS),
    ]


def time_of(name: str, command: tuple[str, ...], directory: Path, aim: float, *, runs: int = 1) -> Figure | NotMeasured:
    """The seconds that tests take, in the shortest run. When one fails there is no figure: its time means nothing."""

    def run() -> None:
        ran = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise MeasurementError(f"a test fails:\n{ran.stdout[-2000:]}")

    try:
        took = minima({name: run}, runs=runs)[name]
    except MeasurementError as failed:
        return NotMeasured(name=name, why=str(failed))
    how = "one run" if runs == 1 else f"shortest of {runs}"
    return Figure(name=name, measured=took, aim=aim, unit=Unit.SECONDS, basis=f"`{' '.join(command)}`, {how}")
