"""Running a command line: errors in one line on standard error, and one table of exit codes (`ExitCode`)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from commands.errors import CommandError, ExitCode, InterruptedCommandError, said_of


def run(app: typer.Typer, *, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run `app` on the arguments, or on those of this process, and return the exit code."""
    # A shell lets its background jobs ignore Ctrl-C, and a supervisor stops a program with SIGTERM: both end a command.
    for request in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request, signal.default_int_handler)
    # A terminal that closes, as when the connection to this computer is lost. Under nohup, it goes on.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        app(args=arguments, prog_name=name)
    except CommandError as error:
        return _ended(str(error), error.exit_code)
    except OSError as error:
        return _ended(said_of(error), ExitCode.COULD_NOT_RUN)
    except KeyboardInterrupt:
        # Before typer has begun, or after it has ended.
        return _ended("Interrupted.", ExitCode.INTERRUPTED)
    except SystemExit as ended:
        if ended.code == ExitCode.INTERRUPTED:
            return _ended("Interrupted.", ExitCode.INTERRUPTED)
        return ended.code if isinstance(ended.code, int) else ExitCode.FAILED
    return ExitCode.OK


def complain(message: str, *, colour: str) -> None:
    """Print to standard error, in a colour on a terminal, unless NO_COLOR or TERM say that it wants none."""
    wants_none = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    typer.secho(message, err=True, fg=None if wants_none else colour)


@contextmanager
def interruption_says(message: str) -> Iterator[None]:
    """Within the block, Ctrl-C ends the command with this message."""
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedCommandError(message) from None


def _ended(message: str, code: ExitCode) -> ExitCode:
    complain(message, colour=typer.colors.RED)
    return code
