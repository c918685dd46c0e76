"""Exit codes, and the exceptions that end a command with one line instead of a traceback.

Standard library only: `make venv` uses it before any package is installed.
"""

from __future__ import annotations

import errno
from enum import IntEnum


class ExitCode(IntEnum):
    """What every command of the project ends with."""

    OK = 0
    FAILED = 1
    """The command ran and the answer is no: a policy refuses the stack, AWS refuses a call, a stack did not come up."""
    COULD_NOT_RUN = 2
    """Wrong usage, or something that the command needs is missing: a file, `.venv`, the Pulumi CLI, a stack."""
    HALF_WAY = 3
    """A release stopped in the middle. The message has the command to type."""
    LOCKED = 4
    """Another release has the lock."""
    INTERRUPTED = 130
    """Ctrl-C or SIGTERM, as a shell reports a program that Ctrl-C ended."""


class CommandError(Exception):
    """The command failed. The message says why and, where it helps, what to do; it is printed as it is."""

    exit_code = ExitCode.FAILED


class CannotRunError(CommandError):
    """The command could not do its work at all."""

    exit_code = ExitCode.COULD_NOT_RUN


class InterruptedCommandError(CommandError):
    """The user asked the command to stop. The message says what is left behind."""

    exit_code = ExitCode.INTERRUPTED


def said_of(error: OSError) -> str:
    """One line about what the computer refused: the file, and why."""
    if error.errno == errno.ENOSPC:
        where = f" of {error.filename}" if error.filename else ""
        return f"The disk{where} is full. Free some space and run the command again."
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
