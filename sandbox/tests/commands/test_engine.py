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

from sandbox.commands.engine import Engine, Update
from sandbox.commands.engine_events import Tally
from sandbox.commands.errors import SandboxError
from sandbox.commands.process import ProcessRecord

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


def _up(engine: Engine, interrupt_after_report: int = 0) -> Update:
    """Run `up`, pressing Ctrl-C as often as told, once the engine has said something."""
    left = interrupt_after_report

    def press(tally: Tally) -> None:
        nonlocal left
        if tally.begun and left:
            left -= 1
            signal.raise_signal(signal.SIGINT)

    return engine.up("prod", policies=engine.project / "policies", on_start=lambda _: None, on_progress=press)


def test_the_engine_is_started_for_the_stack_with_the_policies(tmp_path: Path) -> None:
    """Policies are on in every run of the sandbox."""
    seen: list[ProcessRecord] = []
    engine = _engine(tmp_path, "print(sys.argv[1:], file=sys.stderr); sys.exit(3)")
    policies = tmp_path / "policies"
    update = engine.up("prod", policies=policies, on_start=seen.append, on_progress=lambda _: None)
    assert f"'--stack', 'prod', '--policy-pack', '{policies}'" in update.complaint
    assert update.exit_code == 3
    assert [record.known_by for record in seen] == [str(policies)]


def test_a_run_that_never_began_leaves_a_complete_state(tmp_path: Path) -> None:
    """A wrong passphrase is no reason to start afresh."""
    update = _up(_engine(tmp_path, "sys.exit('error: incorrect passphrase')"))
    assert (update.succeeded, update.state_is_complete) == (False, True)
    assert update.complaint == "error: incorrect passphrase"


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(2)"])
def test_an_engine_that_died_at_work_leaves_an_incomplete_state(tmp_path: Path, end: str) -> None:
    """Without its summary, nobody knows what it made."""
    update = _up(_engine(tmp_path, f"print('''{_BEGUN}''', flush=True); {end}"))
    assert not update.state_is_complete


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
    update = _up(_engine(tmp_path, script), interrupt_after_report=1)
    assert (update.exit_code, update.interrupted, update.state_is_complete) == (101, True, True)


def test_a_second_ctrl_c_is_passed_on_too(tmp_path: Path) -> None:
    """A person who is sure gets out, at the price of the state."""
    script = f"""
caught = []
def catch(*_):
    caught.append(1)
    if len(caught) == 2: os._exit(255)
signal.signal(signal.SIGINT, catch)
print('''{_BEGUN}''', flush=True)
time.sleep(60)
"""
    update = _up(_engine(tmp_path, script), interrupt_after_report=2)
    assert (update.exit_code, update.interrupted, update.state_is_complete) == (255, True, False)


def test_the_terminals_own_ctrl_c_does_not_reach_the_engine(tmp_path: Path) -> None:
    """A terminal signals its whole foreground group, which would double ours."""
    update = _up(_engine(tmp_path, "print(os.getpgid(0) == os.getpid(), file=sys.stderr)"))
    assert update.complaint == "True"


def test_handlers_are_put_back_after_a_run(tmp_path: Path) -> None:
    """Between two stacks, Ctrl-C raises again as it does everywhere."""
    before = signal.getsignal(signal.SIGINT)
    _up(_engine(tmp_path, ""))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failed_question_is_told_in_the_clis_own_words(tmp_path: Path) -> None:
    """And with the command that failed."""
    engine = _engine(tmp_path, "sys.exit('error: no such bucket')")
    with pytest.raises(SandboxError, match=r"(?s)`pulumi stack ls` failed:\nerror: no such bucket"):
        engine.ask("stack", "ls")


def test_a_long_report_does_not_block_the_engine(tmp_path: Path) -> None:
    """More than a pipe holds, on both streams at once."""
    script = f"""
for _ in range(3000): print('''{_BEGUN}'''); print('x' * 100, file=sys.stderr)
"""
    watchdog = threading.Timer(60, os._exit, (99,))
    watchdog.start()
    try:
        update = _up(_engine(tmp_path, script))
    finally:
        watchdog.cancel()
    assert (update.exit_code, len(update.complaint.splitlines())) == (0, 3000)
