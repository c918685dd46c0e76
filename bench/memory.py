"""How much memory the sandbox takes with both stacks up: what stays, and what a run of the engine adds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

from bench.figure import Figure, MeasurementError, Unit
from bench.sandbox import start_up
from sandbox.tests.platform import Platform

PEAK_GIB = 1.5

_GIB = 1024**3
_EVERY_SECONDS = 0.2


def measure(platform: Platform) -> list[Figure]:
    """Expects both stacks to be up; runs the command once more and changes nothing."""
    record = json.loads((platform.project / ".sandbox" / "aws.json").read_text(encoding="utf-8"))
    server = psutil.Process(record["pid"])
    peak = 0
    with start_up(platform) as command:
        family = psutil.Process(command.pid)
        # What it prints is far less than the pipe holds.
        while command.poll() is None:
            with suppress(psutil.NoSuchProcess):
                peak = max(peak, _resident([server, family, *family.children(recursive=True)]))
            time.sleep(_EVERY_SECONDS)
    if command.returncode != 0:
        raise MeasurementError("the sandbox did not come up again")
    alone = server.memory_info().rss
    return [
        Figure(
            name="peak memory with both stacks up",
            measured=peak / _GIB,
            aim=PEAK_GIB,
            unit=Unit.GIB,
            basis="resident memory of all the sandbox's processes during an unchanged `sandbox up`: the command, the "
            "engine, language hosts, program, policies, plugins and the embedded AWS, which keeps "
            f"{alone / _GIB:.2f} GiB between runs; pages that several share count for each",
        )
    ]


def _resident(processes: Iterable[psutil.Process]) -> int:
    """Bytes, over those of the processes that have not ended meanwhile."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total
