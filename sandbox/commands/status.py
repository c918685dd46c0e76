"""`python -m sandbox status`: what runs, and what stands in it."""

from __future__ import annotations

import os
import time

from sandbox.commands import embedded_aws, stacks, unfinished_run
from sandbox.commands.engine import Engine
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.errors import SandboxError
from sandbox.commands.layout import Layout
from sandbox.commands.report import Report
from sandbox.commands.stack_files import STACKS
from sandbox.commands.stacks import StackState


def show(layout: Layout, report: Report) -> None:
    """Raises `SandboxError` when there is no sandbox to show."""
    server = embedded_aws.recorded(layout)
    process = server.process.find() if server else None
    if server is None or process is None or not server.answers():
        raise SandboxError("No sandbox is running here: `make sandbox` starts one.")
    minutes = (time.time() - server.process.started) / 60
    mebibytes = process.memory_info().rss / 2**20
    report.step(
        f"The embedded AWS listens on {server.endpoint} "
        f"(process {process.pid}, {minutes:.0f} minutes, {mebibytes:.0f} MiB)"
    )
    run = unfinished_run.find(layout)
    if run is not None:
        now = "is being changed" if run.engine.find() else "was being changed by a run that was killed"
        report.warn(f"{run.stack} {now}")
    environment = SandboxEnvironment(layout=layout, port=server.port).over(os.environ)
    known = stacks.states(Engine(command=layout.commands / "pulumi", project=layout.project, environment=environment))
    for stack in STACKS:
        match known.get(stack):
            case StackState(resources=int(count), last_update=str(when)):
                report.step(f"{stack}: {count} resources, last changed {when}")
            case _:
                report.step(f"{stack}: never brought up")
