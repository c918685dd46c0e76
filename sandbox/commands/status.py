"""`./shop sandbox status`: whether the embedded AWS runs, and what is deployed in it."""

from __future__ import annotations

import os
import time
from datetime import datetime

from commands.console import Console
from commands.engine import Engine
from commands.errors import CommandError
from sandbox.commands import embedded_aws, live, stack_locks, stacks, unfinished_run
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.layout import Layout
from sandbox.commands.stack_files import STACKS
from sandbox.commands.stacks import StackState

_BUSY_SECONDS = 20.0
"""How long an answer may take while a stack is being brought up on a slow machine."""


def show(layout: Layout, console: Console) -> None:
    """Raises `CommandError` when no sandbox is running."""
    server = embedded_aws.recorded(layout)
    process = server.process.find() if server else None
    if server is None or process is None:
        raise CommandError("No sandbox is running here. Start one with `./shop sandbox up`.")
    if embedded_aws.was_moved(layout, server):
        raise CommandError(
            f"The sandbox was started in another directory ({server.process.known_by}), and this one was moved. "
            "Run `./shop sandbox up`: it starts afresh."
        )
    if not server.answers(seconds=_BUSY_SECONDS):
        raise CommandError(
            f"The embedded AWS runs (process {process.pid}), but gives no answer. Its log: {layout.server_log}"
        )
    minutes = (time.time() - process.create_time()) / 60
    mebibytes = process.memory_info().rss / 2**20
    console.step(f"Embedded AWS: {server.endpoint}")
    console.say(f"  process {process.pid}, up {minutes:.0f} min, {mebibytes:.0f} MiB")
    live.show(layout, console)
    run = unfinished_run.find(layout)
    busy = {run.stack: run.engine.find() is not None} if run is not None else {}
    # Those of a shell that sourced `.sandbox/env`.
    busy |= {lock.stack: not lock.holder_is_gone for lock in stack_locks.held(server.endpoint)}
    for stack, runs in busy.items():
        console.warn(f"{stack} is being changed now" if runs else f"{stack}: the last run was killed")
    environment = SandboxEnvironment(layout=layout, port=server.port).over(os.environ)
    known = stacks.states(Engine(command=layout.commands / "pulumi", project=layout.project, environment=environment))
    for stack in STACKS:
        match known.get(stack):
            case StackState(resources=int(count), last_update=str(when)):
                console.step(f"{stack}: {count} resources, last changed {_local(when)}")
            case _:
                console.step(f"{stack}: not deployed")


def _local(when: str) -> str:
    """An ISO 8601 time in this machine's time zone."""
    return f"{datetime.fromisoformat(when).astimezone():%Y-%m-%d %H:%M}"
