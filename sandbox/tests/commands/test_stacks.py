"""Bringing a stack up, with a script in place of the CLI: what is left of a run that was interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path

from commands.engine import Engine
from commands.events import EngineEvents
from sandbox.commands import stacks, unfinished_run
from sandbox.commands.layout import Layout

_DIES_OF_CTRL_C = """
import os, pathlib, signal, sys, time
pathlib.Path("asked").open("a").write(sys.argv[1] + "\\n")
if sys.argv[1] == "up":
    print(sys.argv[2:], flush=True)
    BEGIN
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    time.sleep(60)
"""


def _interrupted(directory: Path, begin: str) -> tuple[bool, list[str]]:
    """Whether a run is on record as unfinished after a Ctrl-C, and what the CLI was asked for."""
    program, command, layout = directory / "pulumi.py", directory / "pulumi", Layout(project=directory)
    program.write_text(_DIES_OF_CTRL_C.replace("BEGIN", begin))
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(program))} "$@"\n')
    command.chmod(0o755)
    pressed = False

    def press(events: EngineEvents) -> None:
        nonlocal pressed
        if (directory / "asked").exists() and (events.begun or not begin) and not pressed:
            pressed = True
            signal.raise_signal(signal.SIGINT)

    engine = Engine(command=command, project=directory, environment=dict(os.environ))
    run = stacks.bring_up(engine, layout, "prod", checkpoints=False, on_progress=press)
    assert run.interrupted
    return unfinished_run.find(layout) is not None, (directory / "asked").read_text().split()


def test_a_ctrl_c_before_the_engine_began_changes_nothing(tmp_path: Path) -> None:
    """The next run continues: it neither starts afresh nor finds the stack locked."""
    assert _interrupted(tmp_path, "") == (False, ["up", "cancel"])


def test_an_engine_that_dies_at_work_stays_on_record(tmp_path: Path) -> None:
    """Its state is not complete, so the next run must start afresh."""
    assert _interrupted(tmp_path, "print('{\"preludeEvent\": {}}', flush=True)") == (True, ["up"])
