"""Carries a plan out, step by step: the journal is written before and after each step, and the lock asked before it.

A step that fails takes the release back, step by step. What cannot be taken back stays as it is, with the hold armed,
and the message has the one command to type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands import credentials
from commands.errors import CommandError
from release.beanstalk import Say
from release.errors import HalfWayError, LockLostError, ReleaseError
from release.journal import Event, Journal, Note
from release.lock import Lock
from release.progress import DIRECTION, ENDED, UNDO, Direction, End, Progress
from release.steps import STOPS, Action, Step
from release.window import measured

Do = Callable[[Action, Note], Mapping[str, Any]]


class _StepFailedError(Exception):
    """A step failed. The journal says so already."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One release, carried out by the holder of the lock."""

    steps: tuple[Step, ...]
    journal: Journal
    lock: Lock
    do: Do
    """Does an action, and returns what the journal keeps of it. What it starts in AWS, it notes before it waits."""
    options: str
    """Of the next command: `-s prod`."""
    say: Say = lambda _: None
    timing: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext()
    """Shows how long a step takes, while the block runs."""

    @property
    def progress(self) -> Progress:
        return Progress.of(self.steps, self.journal.records)

    def forward(self) -> None:
        """Do what is left. Raises ``ReleaseError`` if it failed and was taken back, ``HalfWayError`` if it stopped."""
        with self._recorded():
            self._turn(Direction.FORWARD)
            for step in self.progress.left:
                try:
                    self._carry_out(step.name, (step.action,))
                except _StepFailedError:
                    failed = self.progress
                    why = f"{failed.failed_step}: {failed.failure}"
                    if step.action in STOPS:
                        raise HalfWayError(
                            f"The release is not finished, and is not taken back for this. {why}\n{self._ways}"
                        ) from None
                    self.back()
                    raise ReleaseError(f"The release failed, and is taken back: the shop is as before. {why}") from None
            self._write(Event.NOTED, **{ENDED: End.DONE.value}, held_seconds=self.held_seconds)

    @property
    def held_seconds(self) -> float | None:
        """How long the hold page was the answer, once it is over."""
        return measured(self.steps, self.journal.records)

    def back(self) -> None:
        """Take back what was done. Raises ``HalfWayError`` where that is not possible."""
        with self._recorded():
            self._turn(Direction.BACK)
            before = self.progress
            try:
                for step in before.to_undo:
                    self._carry_out(f"{UNDO}{step.name}", step.undo)
            except _StepFailedError:
                raise HalfWayError(self._stopped(before)) from None
            self._write(Event.NOTED, **{ENDED: End.UNDONE.value})

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Within the block, a record that AWS does not take stops the release where it is, and so does Ctrl-C.

        AWS takes none when the credentials of whoever deploys expire: a release may take longer than they last.
        """
        try:
            yield
        except KeyboardInterrupt:
            raise HalfWayError(f"The release was interrupted between two steps.\n{self._ways}") from None
        except (BotoCoreError, ClientError) as error:
            raise HalfWayError(
                f"The release stopped half-way, because AWS does not take its records. "
                f"{credentials.complaint(error) or error}\n{self._ways}"
            ) from None

    def _stopped(self, before: Progress) -> str:
        now = self.progress
        why = f"{before.failed_step}: {before.failure}\n" if before.failure not in ("", now.failure) else ""
        return f"The release stopped half-way. {why}{now.failed_step}: {now.failure}\n{self._ways}"

    @property
    def _ways(self) -> str:
        return (
            f"When the cause is mended, go on: ./shop release resume {self.options}\n"
            f"Or take it back: ./shop release rollback {self.options}"
        )

    def _turn(self, direction: Direction) -> None:
        self._write(Event.NOTED, by=self.lock.holder.who, **{DIRECTION: direction.value})

    def _write(self, event: Event, *, step: str = "", **details: Any) -> None:
        # A process that was thought dead must not write where the next one goes on.
        self.lock.check()
        self.journal.append(event, step=step, fence=self.lock.fence, **details)

    def _carry_out(self, name: str, actions: tuple[Action, ...]) -> None:
        def note(**details: Any) -> None:
            self._write(Event.NOTED, step=name, **details)

        self._write(Event.INTENDED, step=name)
        self.say(name)
        try:
            with self.timing(name):
                details = {key: value for action in actions for key, value in self.do(action, note).items()}
        except LockLostError:
            raise
        except (CommandError, BotoCoreError, ClientError) as error:
            self._write(Event.FAILED, step=name, error=str(error))
            raise _StepFailedError from None
        except Exception as error:
            # An answer that nobody expected. Without a record, the exit code would say that nothing was changed.
            self._write(Event.FAILED, step=name, error=f"{type(error).__name__}: {error}")
            raise _StepFailedError from error
        except KeyboardInterrupt:
            self._write(Event.FAILED, step=name, error="it was interrupted")
            raise HalfWayError(f"The release was interrupted in step {name}.\n{self._ways}") from None
        self._write(Event.DONE, step=name, **details)
