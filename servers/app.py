"""``./shop servers``: how the servers of a stack are, and where to look when one is not ready."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from commands.aws_api import AwsApi
from commands.console import Console
from commands.deployed_stack import DeployedStack, StackName
from commands.errors import ExitCode
from servers.server_state import LINUX_LOG, ServerState, read

FULL_PERCENT = 90
"""From here on a file system is named below the table: the second of its two alarms is raised there."""

_HEADINGS = ("Server", "State", "Boot", "Address", "Release", "Up", "Disk")

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    epilog="Exit codes: 0 all servers are ready, with their newest configuration; 1 one is not, or AWS refused a call; "
    "2 wrong usage, or something is missing."
)
def servers(
    stack: StackName,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say how each server of a stack is, as AWS's API says, and where to look when one is not ready.

    A server whose newest configuration is not in effect has a line below the table. Disk is the fullest of a server's
    file systems. A dash means that AWS does not know it.
    """
    deployed = DeployedStack.read(stack)
    known = deployed.outputs.get("servers")
    ids = {str(name): str(id) for name, id in known.items()} if isinstance(known, dict) else {}
    states = read(AwsApi(deployed.region), ids) if ids else []
    if as_json:
        typer.echo(json.dumps([state.as_document() for state in states], indent=2))
    else:
        show(Console(), stack, states)
    if not all(state.is_ready and state.is_up_to_date for state in states):
        raise typer.Exit(ExitCode.FAILED)


def show(console: Console, stack: str, states: Sequence[ServerState]) -> None:
    """Print the table, and below it what is wrong."""
    if not states:
        console.say(f"Stack {stack} has no servers.")
        return
    rows = [_HEADINGS, *map(_row, states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        console.raw("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for state in states:
        if not state.is_ready:
            console.warn(f"{state.name} {_trouble(state)}.")
            for command in _where_to_look(state, stack):
                console.raw(f"    {command}")
        if not state.is_up_to_date:
            console.warn(f"{state.name} {_still_without(state)}.")
            console.raw(f"    aws ssm start-session --target {state.instance_id}")
        for directory, percent in sorted(state.disks.items()):
            if percent >= FULL_PERCENT:
                console.warn(f"{state.name}: {directory} is {percent:.0f} % full.")


def _row(state: ServerState) -> tuple[str, ...]:
    disk = f"{state.fullest_disk[1]:.0f} %" if state.fullest_disk else "-"
    uptime = _rounded(state.uptime) if state.uptime is not None else "-"
    address, release = state.private_address or "-", state.release or "-"
    return (state.name, state.state, state.boot, address, release, uptime, disk)


def _rounded(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def _trouble(state: ServerState) -> str:
    if state.state == "missing":
        return f"is gone: EC2 has no instance {state.instance_id}"
    if state.state == "impaired":
        return "fails EC2's status checks"
    if state.state != "running":
        return f"does not run: it is {state.state}"
    return {
        "booting": "is booting",
        "failed": f"runs, but its boot has failed. On the server, {state.log} says where",
        "ready": "has booted, but does not serve: on it, journalctl --unit publish-boot-status says why"
        if state.log == LINUX_LOG
        else "has booted, but the agent that sends its logs does not run, or Systems Manager does not answer it",
    }.get(state.boot, "runs, and has not said yet that it boots. A new server takes some minutes")


def _still_without(state: ServerState) -> str:
    version = f"version {state.configuration_version} of its configuration"
    if state.configuration == "refused":
        return f"has refused {version}, and goes on with the one before: {state.refusal}"
    if state.configuration == "incomplete":
        return f"has applied {version}, except for what it waits for: {state.refusal}"
    return f"has not applied {version} yet. It looks for one each minute"


def _where_to_look(state: ServerState, stack: str) -> tuple[str, ...]:
    """The commands to type, one a line."""
    console = f"aws ec2 get-console-output --latest --output text --instance-id {state.instance_id}"
    if state.state == "missing":
        return (f"pulumi refresh -s {stack}",)
    if state.state in ("running", "impaired"):
        return (console, f"aws ssm start-session --target {state.instance_id}")
    return (f"aws ec2 start-instances --instance-ids {state.instance_id}",) if state.state == "stopped" else ()
