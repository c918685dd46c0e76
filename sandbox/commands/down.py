"""`python -m sandbox down`: no process and no file of the sandbox left."""

from __future__ import annotations

import shutil

from sandbox.commands import embedded_aws, unfinished_run
from sandbox.commands.layout import Layout
from sandbox.commands.report import Report


def take_down(layout: Layout, report: Report) -> None:
    """End an engine that outlived its command, then the embedded AWS, and remove what they kept."""
    killed = unfinished_run.find(layout)
    if killed is not None and killed.stop_engine():
        report.step(f"Stopped the engine that was still changing {killed.stack}")
    if embedded_aws.stop(layout):
        report.step("Stopped the embedded AWS; the stacks and their state went with it")
    else:
        report.step("The embedded AWS was not running")
    shutil.rmtree(layout.directory)
    report.step(f"Removed {layout.directory.name}/")
