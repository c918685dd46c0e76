"""The commands from beginning to end with the real engine, on a program small enough to be interrupted at will."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.tests.platform import Platform

pytestmark = pytest.mark.long

_PROGRAM = """
import pathlib, time
import pulumi, pulumi_random

def hold(made):
    pathlib.Path("made").touch()
    while pathlib.Path("hold").exists():
        time.sleep(0.1)
    return made

pulumi.export("password", pulumi_random.RandomPassword("password", length=12).result.apply(hold))
"""
_SECONDS = 300.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Platform]:
    """A copy of the project whose program makes one password, then waits while a file called `hold` is there."""
    shop = Platform.copy_to(tmp_path)
    (shop.project / "__main__.py").write_text(_PROGRAM)
    # Of the platform's resources, this program has none that an exception could be for.
    (shop.project / "policies" / "exceptions.yaml").write_text("[]\n")
    yield shop
    (shop.project / "hold").unlink(missing_ok=True)
    shop.sandbox("down", check=False)


def _wait_until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def _start_and_hold(shop: Platform, **environment: str) -> subprocess.Popen[str]:
    """`up`, brought to the point where the engine has made the password and waits for the program."""
    (shop.project / "hold").touch()
    (shop.project / "made").unlink(missing_ok=True)
    running = subprocess.Popen(
        [".venv/bin/python", "-m", "sandbox", "up"],
        cwd=shop.project,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_until(lambda: (shop.project / "made").exists() or running.poll() is not None)
        assert running.poll() is None, running.communicate()[0]
    except BaseException:
        running.kill()
        running.communicate()
        raise
    return running


def _engine_of(shop: Platform) -> psutil.Process:
    return psutil.Process(json.loads((shop.project / ".sandbox" / "run.json").read_text())["pid"])


def _kill(running: subprocess.Popen[str], engine: psutil.Process) -> None:
    """The command and its engine at once, as when a machine goes down."""
    engine.kill()
    running.kill()
    running.communicate()
    _wait_until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)


def _files(project: Path) -> set[Path]:
    """All but packages, and Python's bytecode, which git ignores."""
    return {path for path in project.rglob("*") if not {".venv", "__pycache__"} & {*path.parts}}


def _processes_of(project: Path) -> list[list[str]]:
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(project) in word for word in process.info["cmdline"] or [])
    ]


def test_up_twice_then_down_leaves_neither_process_nor_file(shop: Platform) -> None:
    """What `make sandbox` and `make sandbox-down` promise."""
    before = _files(shop.project)
    assert "preprod: 2 created" in shop.sandbox("up").stdout
    assert "preprod: nothing to change" in shop.sandbox("up").stdout
    assert shop.sandbox("env").stdout == (shop.project / ".sandbox" / "env").read_text()
    assert "prod: " in shop.sandbox("status").stdout
    assert _files(shop.project) - before - {shop.project / "made"} == {
        path for path in _files(shop.project) if ".sandbox" in path.parts
    }
    shop.sandbox("down")
    assert _files(shop.project) - {shop.project / "made"} == before
    assert _processes_of(shop.project) == []
    stopped = shop.sandbox("status", check=False)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr.startswith("No sandbox is running here.")


def test_ctrl_c_keeps_what_was_made_and_a_second_command_does_not_wait(shop: Platform) -> None:
    """One clean line; the next run continues from the saved state."""
    running = _start_and_hold(shop)
    try:
        for command in ("up", "down"):
            refused = shop.sandbox(command, check=False)
            assert refused.returncode == 2
            assert f"process id {running.pid}" in refused.stderr
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=_SECONDS)
    finally:
        running.kill()
        running.communicate()
    assert running.returncode == 130
    assert said.splitlines()[-1].startswith("Interrupted.")
    assert "Traceback" not in said
    (shop.project / "hold").unlink()
    again = shop.sandbox("up").stdout
    assert "afresh" not in again
    assert "prod: 1 created" in again or "prod: nothing to change" in again


def test_a_killed_run_is_started_afresh(shop: Platform) -> None:
    """Without checkpoints its state is lost, so what it made must go too."""
    with _start_and_hold(shop) as running:
        _kill(running, _engine_of(shop))
    (shop.project / "hold").unlink()
    again = shop.sandbox("up").stdout
    assert "A run was killed while it changed prod: starting afresh" in again
    assert "prod: 2 created" in again


def test_a_run_that_was_killed_in_a_sourced_shell_is_started_afresh(shop: Platform) -> None:
    """`pulumi up` leaves nothing but the engine's lock. While it runs, another command does not touch its stack."""
    shop.sandbox("up")
    (shop.project / "__main__.py").write_text(_PROGRAM.replace("length=12", "length=13"))
    (shop.project / "hold").touch()
    (shop.project / "made").unlink()
    command = ["bash", "-c", ". .sandbox/env && exec pulumi up -s prod --yes --skip-preview"]
    with subprocess.Popen(command, cwd=shop.project, stdout=subprocess.DEVNULL) as running:
        try:
            _wait_until(lambda: (shop.project / "made").exists())
            refused = shop.sandbox("up", check=False)
            assert f"Another process is changing prod (process id {running.pid})" in refused.stderr
        finally:
            running.kill()
    (shop.project / "hold").unlink()
    assert "prod: the last run was killed" in shop.sandbox("status").stdout
    again = shop.sandbox("up").stdout
    assert "A run was killed while it changed prod: starting afresh" in again
    assert "prod: 2 created" in again


def test_a_killed_run_with_checkpoints_is_recovered(shop: Platform) -> None:
    """The lock is lifted and what had been made is kept."""
    with _start_and_hold(shop, SANDBOX_CHECKPOINTS="1") as running:
        _kill(running, _engine_of(shop))
    (shop.project / "hold").unlink()
    again = shop.sandbox("up").stdout
    assert "A run was killed while it changed prod: reading back" in again
    assert "prod: nothing to change" in again


def test_a_program_that_fails_shows_its_whole_traceback_and_the_next_run_works(shop: Platform) -> None:
    """You do not have to look into a log."""
    program = shop.project / "__main__.py"
    program.write_text('raise ValueError("the [whole] message")\n')
    failed = shop.sandbox("up", check=False)
    assert failed.returncode == 1
    assert "ValueError: the [whole] message" in failed.stdout
    assert failed.stderr.startswith("prod did not come up.")
    program.write_text(_PROGRAM)
    assert "prod: " in shop.sandbox("up").stdout
