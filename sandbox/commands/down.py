"""`./shop sandbox down`: leaves no process and no file of the sandbox."""

from __future__ import annotations

import shutil

from commands.console import Console
from commands.errors import CommandError
from sandbox.commands import embedded_aws, fleet_process, unfinished_run
from sandbox.commands.layout import Layout
from sandbox.hosts import places


def take_down(layout: Layout, console: Console) -> None:
    """End an engine that outlived its command, then the hosts and the embedded AWS, and remove what they kept."""
    killed = unfinished_run.find(layout)
    if killed is not None and killed.stop_engine():
        console.step(f"Stopped the engine that was still changing {killed.stack}")
    if fleet_process.stop(layout):
        console.step("Stopped the hosts, with their load balancers, databases and caches")
    if embedded_aws.stop(layout):
        console.step("Stopped the embedded AWS, with both stacks and their state")
    else:
        console.step("The embedded AWS was not running")
    try:
        places.remove_leftovers(layout.hosts)
        shutil.rmtree(layout.directory)
    except PermissionError as refused:
        raise CommandError(
            f"{refused.filename} belongs to root, who ran the hosts. Run `sudo ./shop sandbox down`."
        ) from None
    console.step(f"Removed {layout.directory.name}/")
