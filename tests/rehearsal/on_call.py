"""What the person on call sees, as docs/on-call.md has it: each line is what a command of a scenario really printed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from commands.errors import ExitCode


@dataclass(frozen=True)
class _Seen:
    code: ExitCode
    """What the command ends with."""
    text: str
    """A part of what it prints."""


class Line(Enum):
    """A line of the page."""

    TAKEN_BACK = _Seen(ExitCode.FAILED, "is taken back: the shop is as before")
    HALF_WAY = _Seen(ExitCode.HALF_WAY, "The release stopped half-way.")
    NOT_FINISHED = _Seen(ExitCode.FAILED, "Type: ./shop release resume -s prod")
    INSTANCE_FAILED = _Seen(ExitCode.FAILED, "Instance deployment failed")
    LOCKED = _Seen(ExitCode.LOCKED, "The lock is held by release")
    AT_WORK = _Seen(ExitCode.FAILED, "It is at work: its last sign of life came")
    FACTS_CHANGED = _Seen(ExitCode.COULD_NOT_RUN, "has changed since")
    ROLLBACK_REFUSED = _Seen(ExitCode.COULD_NOT_RUN, "may not live with the database")

    @property
    def code(self) -> ExitCode:
        return self.value.code

    @property
    def text(self) -> str:
        return self.value.text
