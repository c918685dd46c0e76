"""The Pulumi CLI as a child process: its report, its end, and requests to stop; here with a script in its place."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import threading
from pathlib import Path

import pytest

from commands.engine import Engine, Run
from commands.errors import CannotRunError, CommandError
from commands.events import EngineEvents

_BEGUN = json.dumps({"preludeEvent": {"config": {}}})
_FINISHED = json.dumps({"summaryEvent": {"resourceChanges": {"create": 1}}})


def _engine(directory: Path, script: str) -> Engine:
    """An engine whose CLI is this Python script."""
    program, command = directory / "pulumi.py", directory / "pulumi"
    program.write_text(f"import os, signal, sys, time\n{script}")
    # A `#!` line cannot hold an interpreter whose path has a space.
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(program))} "$@"\n')
    command.chmod(0o755)
    return Engine(command=command, project=directory, environment=dict(os.environ))


def _up(engine: Engine, interrupt_after_report: int = 0) -> Run:
    """Run `up`, and press Ctrl-C that many times once the engine has reported something."""
    left = interrupt_after_report

    def press(events: EngineEvents) -> None:
        nonlocal left
        if events.begun and left:
            left -= 1
            signal.raise_signal(signal.SIGINT)

    return engine.run("up", on_progress=press)


def test_the_command_is_run_with_json_events_and_its_process_is_known(tmp_path: Path) -> None:
    """The caller can record the process before the engine does anything."""
    seen: list[int] = []
    engine = _engine(tmp_path, "print(os.getpid(), sys.argv[1:], file=sys.stderr); sys.exit(3)")
    run = engine.run("up", "--stack", "prod", on_start=seen.append)
    assert run.exit_code == 3
    assert run.complaint.startswith(f"{seen[0]} ['up', '--stack', 'prod', '--json'")


def test_without_a_cli_on_path_nothing_is_run(tmp_path: Path) -> None:
    """A command that cannot run ends with 2 and says what to install."""
    with pytest.raises(
        CannotRunError, match=r"^There is no pulumi on PATH\. For an AWS account, install the Pulumi CLI"
    ):
        Engine.on_path(project=tmp_path, environment={"PATH": str(tmp_path)})


def test_a_new_shell_is_told_how_it_uses_the_sandbox(tmp_path: Path) -> None:
    """Its CLI is not on the PATH of every shell, and need not be installed."""
    project = tmp_path / "my shop"
    (project / ".sandbox").mkdir(parents=True)
    (project / ".sandbox" / "env").touch()
    with pytest.raises(CannotRunError, match=f"For the sandbox, type `. '{project}/.sandbox/env'` first"):
        Engine.on_path(project=project, environment={"PATH": str(tmp_path)})


def test_a_run_that_never_began_leaves_a_complete_state(tmp_path: Path) -> None:
    """After a wrong passphrase the state is as before."""
    run = _up(_engine(tmp_path, "sys.exit('error: incorrect passphrase')"))
    assert (run.succeeded, run.state_is_complete) == (False, True)
    assert run.complaint == "error: incorrect passphrase"


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(2)"])
def test_an_engine_that_died_at_work_leaves_an_incomplete_state(tmp_path: Path, end: str) -> None:
    """Without its summary, it is unknown what it made."""
    run = _up(_engine(tmp_path, f"print('''{_BEGUN}''', flush=True); {end}"))
    assert not run.state_is_complete


def test_ctrl_c_reaches_the_engine_once_and_its_end_is_waited_for(tmp_path: Path) -> None:
    """The engine takes a second one for "stop at once" and loses its state; so one press must be one signal."""
    script = f"""
caught = []
signal.signal(signal.SIGINT, lambda *_: caught.append(1))
print('''{_BEGUN}''', flush=True)
while not caught: time.sleep(0.01)
time.sleep(1)
print('''{_FINISHED}''', flush=True)
sys.exit(100 + len(caught))
"""
    run = _up(_engine(tmp_path, script), interrupt_after_report=1)
    assert (run.exit_code, run.interrupted, run.state_is_complete) == (101, True, True)


def test_a_second_ctrl_c_is_passed_on_too(tmp_path: Path) -> None:
    """The user can stop at once, at the price of the state."""
    script = f"""
caught = []
def catch(*_):
    caught.append(1)
    if len(caught) == 2: os._exit(255)
signal.signal(signal.SIGINT, catch)
print('''{_BEGUN}''', flush=True)
time.sleep(60)
"""
    run = _up(_engine(tmp_path, script), interrupt_after_report=2)
    assert (run.exit_code, run.interrupted, run.state_is_complete) == (255, True, False)


def test_the_terminals_own_ctrl_c_does_not_reach_the_engine(tmp_path: Path) -> None:
    """A terminal signals its whole foreground group, which would double ours."""
    run = _up(_engine(tmp_path, "print(os.getpgid(0) == os.getpid(), file=sys.stderr)"))
    assert run.complaint == "True"


def test_handlers_are_put_back_after_a_run(tmp_path: Path) -> None:
    """Between two stacks, Ctrl-C raises again as it does everywhere."""
    before = signal.getsignal(signal.SIGINT)
    _up(_engine(tmp_path, ""))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failed_question_shows_the_clis_own_words(tmp_path: Path) -> None:
    """With the command that failed."""
    engine = _engine(tmp_path, "sys.exit('error: no such bucket')")
    with pytest.raises(CommandError, match=r"(?s)`pulumi stack ls` failed:\nerror: no such bucket"):
        engine.ask("stack", "ls")


def test_a_stack_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    """`./shop scan --stack nosuch` ended with 1, as if AWS had refused something."""
    with pytest.raises(CannotRunError, match=r"^stack: got 'nosuch', expected one that `pulumi stack ls` lists$"):
        _engine(tmp_path, "echo \"error: no stack named 'nosuch' found\" >&2; exit 255").ask("stack", "export")


def test_a_long_report_does_not_block_the_engine(tmp_path: Path) -> None:
    """More than a pipe holds, on both streams at once."""
    script = f"""
for _ in range(3000): print('''{_BEGUN}'''); print('x' * 100, file=sys.stderr)
"""
    watchdog = threading.Timer(60, os._exit, (99,))
    watchdog.start()
    try:
        run = _up(_engine(tmp_path, script))
    finally:
        watchdog.cancel()
    assert (run.exit_code, len(run.complaint.splitlines())) == (0, 3000)
