"""Runs pytest for each line of targets, in a fork that finds the libraries imported; prints what failed first."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time

import pytest

from tests.unit.program import program

LONGEST_SECONDS = 3600
"""A mutant may never end. That is caught, too."""


class _FirstFailure:
    """Notes the test, or the file, that failed first."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid


def run(targets: list[str]) -> str:
    """The test that failed first; empty when all passed. The first target runs before the others are even read."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os.write(writing, (_failed(targets[:1]) or (_failed(targets[1:]) if targets[1:] else "")).encode())
        os._exit(0)
    os.close(writing)
    ends = time.monotonic() + LONGEST_SECONDS
    while not (ended := os.waitpid(child, os.WNOHANG)[0]) and time.monotonic() < ends:
        time.sleep(0.05)
    if not ended:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as answer:
        return answer.read().decode() if ended else f"no end after {LONGEST_SECONDS} seconds"


def _failed(targets: list[str]) -> str:
    first = _FirstFailure()
    code = pytest.main([*targets, "-x", "-q", "-p", "no:cacheprovider"], plugins=[first])
    return first.name or (f"pytest ended with {int(code)}" if code else "")


def _warm_up() -> None:
    """Runs the program once, so that each fork finds the libraries ready, and forgets the program itself."""
    program("preprod")
    program.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] in {"components", "settings", "stack"}]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _warm_up()
    for line in sys.stdin:
        print(run(line.split()), flush=True)
