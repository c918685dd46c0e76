"""The commands `up`, `live`, `status`, `env` and `down`."""

from __future__ import annotations

from typing import Annotated

import typer

from commands import shell
from commands.console import Console
from commands.errors import CannotRunError
from sandbox.commands import down as taking_down
from sandbox.commands import live as going_live
from sandbox.commands import lock
from sandbox.commands import status as showing
from sandbox.commands.environment import Provider
from sandbox.commands.layout import Layout
from sandbox.commands.live import Live
from sandbox.commands.stack_files import STACKS
from sandbox.commands.up import Up

app = typer.Typer(
    help="Run both stacks in an AWS on this machine: no account, no cost, no internet.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_ONE_AT_A_TIME = "changing this sandbox"


@app.command()
def up(
    provider: Annotated[
        Provider, typer.Option(envvar="PROVIDER", help="The sandbox's own provider plugins, or the published ones.")
    ] = Provider.EMBEDDED,
    checkpoints: Annotated[
        bool,
        typer.Option(
            "--checkpoints",
            envvar="SANDBOX_CHECKPOINTS",
            help="Save the state after each resource: slower, but the next run continues after a kill.",
        ),
    ] = False,
    stack: Annotated[list[str] | None, typer.Option(help="Bring only this stack up. May be given again.")] = None,
) -> None:
    """Start the embedded AWS and bring prod up in it, then preprod."""
    layout = Layout()
    chosen = tuple(each for each in STACKS if each in stack) if stack else STACKS
    if unknown := set(stack or ()) - set(STACKS):
        raise CannotRunError(f"--stack: got {min(unknown)}, expected {' or '.join(STACKS)}.")
    with (
        shell.interruption_says("Interrupted. Run `./shop sandbox up` again to continue."),
        lock.held(layout.lock, doing=_ONE_AT_A_TIME),
    ):
        Up(layout=layout, console=Console(), provider=provider, checkpoints=checkpoints, stacks=chosen).run()


@app.command()
def live(
    time_scale: Annotated[
        float,
        typer.Option(min=0.01, max=10, help="What AWS's waits are multiplied with; 1 waits as long as AWS does."),
    ] = 0.1,
    checkpoints: Annotated[bool, typer.Option("--checkpoints", envvar="SANDBOX_CHECKPOINTS", hidden=True)] = False,
) -> None:
    """Run a host for every Beanstalk instance, with stand-in applications. Needs root on Debian or Ubuntu."""
    layout, console = Layout(), Console()
    going_live.require()
    with (
        shell.interruption_says("Interrupted. Run `./shop sandbox live` again to continue."),
        lock.held(layout.lock, doing=_ONE_AT_A_TIME),
    ):
        if not going_live.is_up(layout):
            Up(layout=layout, console=console, provider=Provider.EMBEDDED, checkpoints=checkpoints).run()
        Live(layout=layout, console=console, time_scale=time_scale).run()


@app.command()
def status() -> None:
    """Show what runs, and what is deployed in it."""
    showing.show(Layout(), Console())


@app.command()
def env() -> None:
    """Print the variables that point a shell at the sandbox."""
    try:
        typer.echo(Layout().environment.read_text(encoding="utf-8"), nl=False)
    except FileNotFoundError:
        raise CannotRunError("There is no sandbox here. Start one with `./shop sandbox up`.") from None


@app.command()
def down() -> None:
    """Stop the sandbox and remove all of it (.sandbox/)."""
    layout = Layout()
    with (
        shell.interruption_says("Interrupted. Run `./shop sandbox down` again to remove the rest."),
        lock.held(layout.lock, doing=_ONE_AT_A_TIME),
    ):
        taking_down.take_down(layout, Console())
