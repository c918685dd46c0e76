"""The sandbox that is measured: a copy of the repository in a temporary directory, brought up as a person does."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figure import MeasurementError
from sandbox.tests.platform import Platform

PYTHON = ".venv/bin/python"


@contextmanager
def copied_project() -> Iterator[Platform]:
    """A copy of the repository's files; a sandbox brought up in it is taken down at the end.

    Python keeps its bytecode there, as it does for most people, also if this shell says not to. Without it, every
    preview compiles 300 files again.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        platform = Platform.copy_to(Path(directory))
        try:
            yield platform
        finally:
            platform.sandbox("down", check=False)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One `python -m sandbox up`, from its start."""

    prod_seconds: float
    """Until prod stood, everything before it included."""
    seconds: float
    """Until both stacks stood and their outputs were printed."""
    unchanged: bool


def bring_up(platform: Platform) -> Run:
    """Bring both stacks up. Raises `MeasurementError` with what the command printed when it does not succeed."""
    began = time.perf_counter()
    prod_seconds = 0.0
    printed = []
    with start_up(platform) as command:
        for line in command.stdout or ():
            printed.append(line)
            if line.startswith("• prod: "):
                prod_seconds = time.perf_counter() - began
    if command.returncode != 0 or not prod_seconds:
        raise MeasurementError(f"the sandbox did not come up:\n{''.join(printed)}")
    unchanged = sum("nothing to change" in line for line in printed) == 2
    return Run(prod_seconds=prod_seconds, seconds=time.perf_counter() - began, unchanged=unchanged)


def start_up(platform: Platform) -> subprocess.Popen[str]:
    """The running command, whose lines come as soon as they are printed."""
    return subprocess.Popen(
        [PYTHON, "-m", "sandbox", "up"],
        cwd=platform.project,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
