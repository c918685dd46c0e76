"""How long the tests take: those that are run after every change, and all of `make test`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping

from bench.figure import Figure, NotMeasured, Unit
from bench.sandbox import PYTHON
from sandbox.tests.platform import Platform

TESTS_SECONDS = 45.0
EVERYTHING_SECONDS = 600.0

_UNIT_AND_POLICIES = (PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "tests/unit", "tests/policies")
RUNS: Mapping[str, tuple[tuple[str, ...], float]] = {
    "unit and policy tests": (_UNIT_AND_POLICIES, TESTS_SECONDS),
    "make test": (("make", "test"), EVERYTHING_SECONDS),
}
"""The command of each figure, and its aim in seconds."""


def measure(platform: Platform, runs: Mapping[str, tuple[tuple[str, ...], float]] = RUNS) -> list[Figure | NotMeasured]:
    """A run in which a test fails has no figure: its time means nothing."""
    return [_figure(platform, name, command, aim) for name, (command, aim) in runs.items()]


def _figure(platform: Platform, name: str, command: tuple[str, ...], aim: float) -> Figure | NotMeasured:
    began = time.perf_counter()
    ran = subprocess.run(command, cwd=platform.project, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if ran.returncode != 0:
        return NotMeasured(name=name, why=f"a test fails:\n{ran.stdout[-2000:]}")
    return Figure(name=name, measured=took, aim=aim, unit=Unit.SECONDS, basis=f"`{' '.join(command)}`, one run")
