"""How long the tests take that are run after every change."""

from __future__ import annotations

import subprocess

from bench.figure import Figure, MeasurementError, Unit
from bench.sandbox import PYTHON
from bench.timing import seconds
from sandbox.tests.platform import Platform

TESTS_SECONDS = 45.0

_ARGUMENTS = ("-n", "2", "--dist", "loadfile", "tests/unit", "tests/policies")


def measure(platform: Platform) -> list[Figure]:
    """Raises `MeasurementError` when a test fails: the time of such a run means nothing."""

    def run() -> None:
        ran = subprocess.run(
            [PYTHON, "-m", "pytest", "-q", *_ARGUMENTS],
            cwd=platform.project,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise MeasurementError(f"a test fails:\n{ran.stdout[-2000:]}")

    return [
        Figure(
            name="unit and policy tests",
            measured=seconds(run),
            aim=TESTS_SECONDS,
            unit=Unit.SECONDS,
            basis=f"`pytest {' '.join(_ARGUMENTS)}`, one run",
        )
    ]
