"""What the person on call sees, as docs/on-call.md has it: each line is what a command really printed.

Scenarios of the rehearsal see the lines of releases, and ``tests/release/test_refresh.py`` those of a refresh.
"""

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


class _Line(Enum):
    """A line of the page."""

    @property
    def code(self) -> ExitCode:
        code: ExitCode = self.value.code
        return code

    @property
    def text(self) -> str:
        text: str = self.value.text
        return text

    def require(self, code: int, said: str) -> None:
        """Raise ``AssertionError`` unless a command ended in what this line is about."""
        assert code == self.code, f"got exit code {code}, expected {self.code}: {said}"
        assert self.text in said, f"got {said}, expected {self.text}"


class Line(_Line):
    """One about a release."""

    TAKEN_BACK = _Seen(ExitCode.FAILED, "is taken back: the shop is as before")
    HALF_WAY = _Seen(ExitCode.HALF_WAY, "The release stopped half-way.")
    NOT_FINISHED = _Seen(ExitCode.FAILED, "Type: ./shop release resume -s prod")
    INSTANCE_FAILED = _Seen(ExitCode.FAILED, "Instance deployment failed")
    LOCKED = _Seen(ExitCode.LOCKED, "The lock is held by release")
    AT_WORK = _Seen(ExitCode.FAILED, "It is at work: its last sign of life came")
    FACTS_CHANGED = _Seen(ExitCode.COULD_NOT_RUN, "has changed since")
    ROLLBACK_REFUSED = _Seen(ExitCode.COULD_NOT_RUN, "may not live with the database")


class RefreshLine(_Line):
    """One about a refresh of pre-production."""

    HALF_WAY = _Seen(ExitCode.HALF_WAY, "The refresh stopped half-way, and preprod is held.")
    NOT_FINISHED = _Seen(ExitCode.FAILED, "Type: ./shop release refresh -s preprod")
    UNLISTED = _Seen(ExitCode.COULD_NOT_RUN, "got tables that release/table_list.yaml does not name")
    PERSONAL = _Seen(ExitCode.COULD_NOT_RUN, "expected none of it after the copy was scrubbed")
    FAILED = _Seen(ExitCode.FAILED, "The refresh failed, and preprod is as before.")
    NO_SNAPSHOT = _Seen(ExitCode.COULD_NOT_RUN, "got no available snapshot")
    OLDER_RELEASE = _Seen(ExitCode.COULD_NOT_RUN, "got no .platform/load_copy.php, expected one")
    OLDER_STACK = _Seen(ExitCode.COULD_NOT_RUN, "output release_documents of stack")
    PROTECTED = _Seen(ExitCode.COULD_NOT_RUN, "got a protected database")
    HELD_BY_HAND = _Seen(ExitCode.COULD_NOT_RUN, "hold of stack preprod: it is armed")
    LOCKED = _Seen(ExitCode.LOCKED, "lock is held by release")
    LEFT_BEHIND = _Seen(ExitCode.OK, "is of a refresh that was killed. It is removed first.")
