"""Times of several actions, taken in turn, so that other work on the machine disturbs all of them alike."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping

RUNS = 3

Action = Callable[[], object]


def cpu_time() -> float:
    """The seconds of CPU that all programs have taken which this one has started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def minima(
    actions: Mapping[str, Action], *, runs: int = RUNS, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """The shortest time of each action in seconds, over so many rounds of all of them in turn.

    The shortest, since other work on the machine only ever adds to it. ``clock`` tells the seconds so far.
    """
    best: dict[str, float] = {}
    for _ in range(runs):
        for name, act in actions.items():
            taken = seconds(act, clock)
            best[name] = min(taken, best.get(name, taken))
    return best


def seconds(act: Action, clock: Callable[[], float] = time.perf_counter) -> float:
    """How long an action takes."""
    began = clock()
    act()
    return clock() - began
