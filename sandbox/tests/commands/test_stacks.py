"""Bringing a stack up, with a script in place of the CLI: what is left of a run that was interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from commands.engine import Engine
from commands.errors import CommandError
from commands.events import EngineEvents
from sandbox.commands import stacks, unfinished_run
from sandbox.commands.embedded_aws import EmbeddedAws
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord
from sandbox.commands.stacks import CannotRecoverError

_DIES_OF_CTRL_C = """
import os, pathlib, signal, sys, time
pathlib.Path("asked").open("a").write(sys.argv[1] + "\\n")
if sys.argv[1] == "up":
    print(sys.argv[2:], flush=True)
    BEGIN
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    time.sleep(60)
"""


_SERVER = EmbeddedAws(process=ProcessRecord.of(os.getpid(), known_by=psutil.Process().cmdline()[0]), port=1)
"""A server that runs: this process."""


def _engine(directory: Path, code: str) -> Engine:
    """An engine whose CLI is a Python script."""
    program, command = directory / "pulumi.py", directory / "pulumi"
    program.write_text(code)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(program))} "$@"\n')
    command.chmod(0o755)
    return Engine(command=command, project=directory, environment=dict(os.environ))


def _interrupted(directory: Path, begin: str) -> tuple[bool, list[str]]:
    """Whether a run is on record as unfinished after a Ctrl-C, and what the CLI was asked for."""
    engine, layout = _engine(directory, _DIES_OF_CTRL_C.replace("BEGIN", begin)), Layout(project=directory)
    pressed = False

    def press(events: EngineEvents) -> None:
        nonlocal pressed
        if (directory / "asked").exists() and (events.begun or not begin) and not pressed:
            pressed = True
            signal.raise_signal(signal.SIGINT)

    run = stacks.bring_up(engine, layout, "prod", server=_SERVER, checkpoints=False, on_progress=press)
    assert run.interrupted
    return unfinished_run.find(layout) is not None, (directory / "asked").read_text().split()


def test_a_ctrl_c_before_the_engine_began_changes_nothing(tmp_path: Path) -> None:
    """The next run continues: it neither starts afresh nor finds the stack locked."""
    assert _interrupted(tmp_path, "") == (False, ["up", "cancel"])


def test_an_engine_that_dies_at_work_stays_on_record(tmp_path: Path) -> None:
    """Its state is not complete, so the next run must start afresh."""
    assert _interrupted(tmp_path, "print('{\"preludeEvent\": {}}', flush=True)") == (True, ["up"])


def test_an_embedded_aws_that_ends_is_noticed_while_the_engine_still_waits_for_it(tmp_path: Path) -> None:
    """The engine would try again for minutes. Nothing is left to recover, so the next run just starts afresh."""
    engine, layout = _engine(tmp_path, "import time; time.sleep(600)"), Layout(project=tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()", "mark"], stdin=subprocess.PIPE) as aws:
        server = EmbeddedAws(process=ProcessRecord.of(aws.pid, known_by="mark"), port=1)

        def kill(_events: EngineEvents) -> None:
            aws.kill()
            aws.wait()

        with pytest.raises(CommandError, match=f"The embedded AWS .process {aws.pid}. ended while prod was brought up"):
            stacks.bring_up(engine, layout, "prod", server=server, checkpoints=False, on_progress=kill)
    assert unfinished_run.find(layout) is None


_KILLED = """
import json, sys
resources = [{"urn": "urn:pulumi:prod::shop::aws:ec2/vpc:Vpc::there"}]
if sys.argv[1:3] == ["stack", "export"]:
    pending = [{"type": "creating", "resource": {"urn": f"urn:pulumi:prod::shop::aws:ec2/vpc:Vpc::NAME"}}]
    print(json.dumps({"deployment": {"resources": resources, "pending_operations": pending}}))
elif sys.argv[1] == "refresh" and "--clear-pending-creates" not in sys.argv:
    sys.exit("there are pending creates")
"""


def test_a_killed_creation_is_cleared_and_a_killed_replacement_cannot_be_recovered(tmp_path: Path) -> None:
    """The plugin goes on with what was created. Of two resources with one URN it cannot know which to keep."""
    stacks.recover(_engine(tmp_path, _KILLED.replace("NAME", "new")), "prod")
    with pytest.raises(CannotRecoverError, match=r"^It was replacing there\.$"):
        stacks.recover(_engine(tmp_path, _KILLED.replace("NAME", "there")), "prod")


def test_a_state_that_cannot_be_read_back_says_so(tmp_path: Path) -> None:
    """The next thing to do is to start afresh, so this is no failure of the command."""
    with pytest.raises(CannotRecoverError, match="snapshot integrity"):
        stacks.recover(_engine(tmp_path, "import sys; sys.exit('snapshot integrity')"), "prod")
