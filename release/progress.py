"""How far a release is, from its journal alone. So whoever resumes it needs nothing that another process knew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from release.journal import Event, Record
from release.steps import Action, Step

UNDO = "undo "
"""What the name of a step begins with in a record of taking it back."""
DIRECTION, ENDED = "direction", "ended"
"""Details of records that belong to no step."""


class Direction(StrEnum):
    FORWARD = "forward"
    BACK = "back"


class End(StrEnum):
    """How a release ended."""

    DONE = "done"
    UNDONE = "undone"
    """It failed or was called off, and what it had done is taken back."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the records say."""

    steps: Sequence[Step]
    done: frozenset[str] = frozenset()
    """Steps that are done, and not taken back since."""
    begun: frozenset[str] = frozenset()
    """Steps that may have changed something, and are not taken back since: those that are done among them."""
    direction: Direction = Direction.FORWARD
    end: End | None = None
    """None while it is not over."""
    failure: str = ""
    """Why the last step that failed did so."""
    failed_step: str = ""
    failures: dict[str, int] = field(default_factory=dict)
    """How often each step has failed."""

    @classmethod
    def of(cls, steps: Sequence[Step], records: Sequence[Record]) -> Progress:
        done: set[str] = set()
        begun: set[str] = set()
        direction, end = Direction.FORWARD, None
        failure = failed_step = ""
        failures: dict[str, int] = {}
        for record in records:
            step = record.step.removeprefix(UNDO)
            if not record.step:
                direction = Direction(record.details.get(DIRECTION, direction))
                end = End(record.details[ENDED]) if ENDED in record.details else end
            elif record.event is Event.FAILED:
                failure, failed_step = str(record.details.get("error", "")), record.step
                failures[step] = failures.get(step, 0) + 1
            elif record.step.startswith(UNDO):
                if record.event is Event.DONE:
                    done.discard(step)
                    begun.discard(step)
            elif record.event is Event.DONE:
                done.add(step)
                begun.add(step)
            else:  # Intended, or noted since.
                begun.add(step)
        return cls(
            steps=steps,
            done=frozenset(done),
            begun=frozenset(begun),
            direction=direction,
            end=end,
            failure=failure,
            failed_step=failed_step,
            failures=failures,
        )

    @property
    def left(self) -> list[Step]:
        """What is to be done yet, in order."""
        return [step for step in self.steps if step.name not in self.done]

    @property
    def to_undo(self) -> list[Step]:
        """What is to be taken back, in order: the last step first, but whether that is possible before all others."""
        back = [step for step in reversed(self.steps) if step.name in self.begun and step.undo]
        return sorted(back, key=lambda step: Action.ASK_PREVIOUS not in step.undo)
