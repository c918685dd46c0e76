"""`./shop sandbox down`: leaves no process and no file of the sandbox."""

from __future__ import annotations

import shutil

from commands.console import Console
from sandbox.commands import embedded_aws, unfinished_run
from sandbox.commands.layout import Layout


def take_down(layout: Layout, console: Console) -> None:
    """End an engine that outlived its command, then the embedded AWS, and remove what they kept."""
    killed = unfinished_run.find(layout)
    if killed is not None and killed.stop_engine():
        console.step(f"Stopped the engine that was still changing {killed.stack}")
    if embedded_aws.stop(layout):
        console.step("Stopped the embedded AWS, with both stacks and their state")
    else:
        console.step("The embedded AWS was not running")
    shutil.rmtree(layout.directory)
    console.step(f"Removed {layout.directory.name}/")
