"""Runs pytest once for each line of arguments, in a fork that finds the libraries already imported; prints its code."""

from __future__ import annotations

import os
import sys
import time

import pytest

# What the program and its tests import, but nothing of the program: that is another one for each mutant.
from tests.unit import cloud, program  # noqa: F401

LONGEST_SECONDS = 900
"""A mutant may never end. That is caught, too."""


def run(arguments: list[str]) -> int:
    """pytest's exit code."""
    child = os.fork()
    if not child:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os._exit(int(pytest.main([*arguments, "-x", "-q", "-p", "no:cacheprovider"])))
    ends = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -9


if __name__ == "__main__":
    ours = [name for name in sys.modules if name.split(".")[0] in {"components", "settings", "stack"}]
    assert not ours, f"imported before the fork: {ours}"
    for line in sys.stdin:
        print(run(line.split()), flush=True)
