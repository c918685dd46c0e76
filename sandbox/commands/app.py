"""The commands, and what they share: one at a time, one clear sentence when something is wrong, no traceback."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from sandbox.commands import down as taking_down
from sandbox.commands import lock
from sandbox.commands import status as showing
from sandbox.commands.environment import Provider
from sandbox.commands.errors import SandboxError
from sandbox.commands.layout import Layout
from sandbox.commands.report import Report
from sandbox.commands.up import Up
from sandbox.toolchain.errors import ToolchainError

app = typer.Typer(
    help="A whole AWS on this machine, with the stacks brought up in it.", no_args_is_help=True, add_completion=False
)

_INTERRUPTED = 130  # As a shell reports a program that Ctrl-C ended.


_LOG_WIDTH = 200
"""Columns where there is no terminal to ask; wide enough that no output of a stack is broken."""


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=_LOG_WIDTH)


@contextmanager
def _in_plain_words() -> Iterator[Report]:
    """Turn what goes wrong into a line for a person, and into an exit code for whoever called."""
    # A supervisor's request to stop takes the way of a Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield Report(_console())
    except (SandboxError, ToolchainError) as error:
        Report(_console(stderr=True)).fail(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        Report(_console(stderr=True)).fail("Interrupted. `make sandbox` goes on from here.")
        raise typer.Exit(_INTERRUPTED) from None


@app.command()
def up(
    provider: Annotated[
        Provider, typer.Option(envvar="PROVIDER", help="The sandbox's own plugin, or the published one.")
    ] = Provider.EMBEDDED,
    checkpoints: Annotated[
        bool,
        typer.Option(envvar="SANDBOX_CHECKPOINTS", help="Keep the state after each resource: slower, survives a kill."),
    ] = False,
) -> None:
    """Start the embedded AWS and bring prod, then preprod, up in it."""
    layout = Layout()
    with _in_plain_words() as report, lock.held(layout.lock, doing="at work on this sandbox"):
        Up(layout=layout, report=report, provider=provider, checkpoints=checkpoints).run()


@app.command()
def down() -> None:
    """Stop the embedded AWS and remove everything that the sandbox keeps."""
    layout = Layout()
    with _in_plain_words() as report, lock.held(layout.lock, doing="at work on this sandbox"):
        taking_down.take_down(layout, report)


@app.command()
def status() -> None:
    """Tell what runs and what stands in it."""
    with _in_plain_words() as report:
        showing.show(Layout(), report)


@app.command()
def env() -> None:
    """Print what `.sandbox/env` holds: lines that point a shell at the sandbox."""
    with _in_plain_words():
        try:
            typer.echo(Layout().environment.read_text(encoding="utf-8"), nl=False)
        except FileNotFoundError:
            raise SandboxError("There is no sandbox here: `make sandbox` makes one.") from None
