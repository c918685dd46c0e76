"""Why a command of this room ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from commands import credentials
from commands.errors import CannotRunError, CommandError, ExitCode


class ReleaseError(CommandError):
    """AWS, the host or Magento did not do it. The message says why and what to do."""


class UndeliverableError(ReleaseError):
    """Systems Manager reaches these instances with no command."""

    def __init__(self, instances: Sequence[str], said: str = "") -> None:
        self.instances, self.said = tuple(instances), said
        named = f"instance{'s' if len(self.instances) > 1 else ''} {', '.join(self.instances)}"
        looks = "`aws ssm describe-instance-information` lists the agents that answer."
        super().__init__(
            f"{named}: got Undeliverable, expected Systems Manager's agent to take a command. {said or looks}"
        )


class RefusedError(ReleaseError):
    """The release is refused, and nothing was changed."""

    exit_code = ExitCode.COULD_NOT_RUN


class HalfWayError(ReleaseError):
    """The release stopped in the middle, and goes on by the command that the message names."""

    exit_code = ExitCode.HALF_WAY


class LockedError(ReleaseError):
    """Another process has the lock. Nothing was changed."""

    exit_code = ExitCode.LOCKED


class LockLostError(ReleaseError):
    """This process had the lock, and another one has it now."""

    exit_code = ExitCode.LOCKED


@contextmanager
def answers_of_aws() -> Iterator[None]:
    """Within the block, what boto3 raises ends the command in one line."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if said := credentials.complaint(error):
            raise CannotRunError(said) from None
        raise ReleaseError(f"AWS did not do it: {error}") from None


@contextmanager
def nothing_is_changed() -> Iterator[None]:
    """Within the block, which only asks, what AWS or an instance does not do is a refusal: of ``RefusedError``'s code.

    A release that failed and was taken back has another code, and who reads it looks at the shop.
    """
    try:
        with answers_of_aws():
            yield
    except CommandError as error:
        if error.exit_code is not ExitCode.FAILED:
            raise
        raise RefusedError(f"Nothing was changed. {error}") from None
