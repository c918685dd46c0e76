"""Times of several actions, taken in turn, so that other work on the machine disturbs all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

RUNS = 3

Action = Callable[[], object]


def minima(actions: Mapping[str, Action], *, runs: int = RUNS) -> dict[str, float]:
    """The shortest time of each action in seconds, over so many rounds of all of them in turn.

    The shortest, since other work on the machine only ever adds to it.
    """
    best: dict[str, float] = {}
    for _ in range(runs):
        for name, act in actions.items():
            taken = seconds(act)
            best[name] = min(taken, best.get(name, taken))
    return best


def seconds(act: Action) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
