"""How long a release answers with the hold page: expected before it, measured after it.

A step takes as long as it took in the last release that has done it. What no release has done takes at least as long as
the environment's own settings say.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from release.hold import SETTLE_SECONDS
from release.journal import Event, Record
from release.steps import Action, Step

_HOLDS = (Action.HOLD_SHOP, Action.HOLD_BACK_OFFICE)
_PROCESS = "aws:elasticbeanstalk:environment:process:default"
_GOOD_CHECKS_SECONDS = 120
"""Of enhanced health, for each batch of a rolling deployment: 12 checks, ten seconds apart ("Enhanced health reporting
and monitoring")."""
_ROLLING = (Action.DEPLOY_BACK_OFFICE,)
_ALL_AT_ONCE = (Action.DEPLOY_EVERYWHERE,)
_NAMES = frozenset(each.value for each in Action)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The time in which the hold page is expected."""

    of: Action
    """What is held: the shop, or its back office alone."""
    seconds: Mapping[Action, float]
    """Of each step within it."""
    unknown: tuple[Action, ...]
    """Steps whose time is missing in `seconds`, since no release has done them."""

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def __str__(self) -> str:
        what = "The shop" if self.of is Action.HOLD_SHOP else "The back office"
        parts = ", ".join(f"{action} {seconds:.0f} s" for action, seconds in self.seconds.items())
        missing = (
            f" The time of {', '.join(self.unknown)} comes on top: no release has done it." if self.unknown else ""
        )
        return f"{what} is held for about {self.total:.0f} s: {parts}.{missing}"


def expected(
    steps: Sequence[Step], times: Mapping[Action, float], options: Mapping[tuple[str, str], str]
) -> Window | None:
    """The window of a plan, or None for one that holds nothing, such as a satellite's.

    `options` are the settings of the environment whose deployment lies in it.
    """
    hold, within = _held(steps)
    if hold is None:
        return None
    seconds = {
        step.action: found
        for step in within
        if (found := times.get(step.action, _least(step.action, options))) is not None
    }
    return Window(of=hold, seconds=seconds, unknown=tuple(step.action for step in within if step.action not in seconds))


def times_of(journals: Iterable[Sequence[Record]]) -> Mapping[Action, float]:
    """How long each action took when it was done last, from the newest journal to the oldest.

    The time of one that was killed and done again counts from the second time on.
    """
    found: dict[Action, float] = {}
    for records in journals:
        begun: dict[str, Record] = {}
        for record in records:
            if record.event is Event.INTENDED:
                begun[record.step] = record
            elif record.event is Event.DONE and record.step in _NAMES and record.step in begun:
                found.setdefault(Action(record.step), (_at(record) - _at(begun[record.step])).total_seconds())
    return found


def measured(steps: Sequence[Step], records: Sequence[Record]) -> float | None:
    """The seconds from the first moment of arming the hold to the one when it was away. None while it is not over."""
    hold, _ = _held(steps)
    if hold is None:
        return None
    done = {record.step: record for record in records if record.event is Event.DONE}
    if not {hold, Action.OPEN} <= done.keys():
        return None
    begun = next(record for record in records if record.event is Event.INTENDED and record.step == hold)
    return (_at(done[Action.OPEN]) - _at(begun)).total_seconds()


def _held(steps: Sequence[Step]) -> tuple[Action | None, Sequence[Step]]:
    """What holds, and the steps from this one on until it is open again."""
    held = list(itertools.dropwhile(lambda step: step.action not in _HOLDS, steps))
    if not held:
        return None, ()
    end = next(number for number, step in enumerate(held) if step.action is Action.OPEN)
    return held[0].action, held[: end + 1]


def _least(action: Action, options: Mapping[tuple[str, str], str]) -> float | None:
    """What the settings alone make a deployment to one batch wait, and the load balancer a hold."""
    if action in _HOLDS:
        return SETTLE_SECONDS
    if action not in (*_ROLLING, *_ALL_AT_ONCE):
        return None
    drains, interval, good = (
        float(options[_PROCESS, name])
        for name in ("DeregistrationDelay", "HealthCheckInterval", "HealthyThresholdCount")
    )
    rolls = drains + _GOOD_CHECKS_SECONDS if action in _ROLLING else 0
    return rolls + interval * good


def _at(record: Record) -> datetime:
    return datetime.fromisoformat(record.at)
