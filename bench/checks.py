"""How long one waits for the tests that one runs all the time."""

from __future__ import annotations

import subprocess

from bench.figure import Figure, MeasurementError, Unit
from bench.sandbox import PYTHON
from bench.timing import seconds
from sandbox.tests.platform import Platform

TESTS_SECONDS = 60.0

_TESTS = ("tests/unit", "tests/policies")


def measure(platform: Platform) -> list[Figure]:
    """Raises `MeasurementError` when a test fails: the time of a broken run says nothing."""

    def run() -> None:
        ran = subprocess.run(
            [PYTHON, "-m", "pytest", "-q", *_TESTS], cwd=platform.project, capture_output=True, text=True, check=False
        )
        if ran.returncode != 0:
            raise MeasurementError(f"a test fails:\n{ran.stdout[-2000:]}")

    return [
        Figure(
            name="unit and policy tests",
            measured=seconds(run),
            aim=TESTS_SECONDS,
            unit=Unit.SECONDS,
            basis=f"`pytest {' '.join(_TESTS)}`, one run",
        )
    ]
