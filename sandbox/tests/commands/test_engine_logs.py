"""The engine writes no logs, or few."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from sandbox.commands import engine_logs
from sandbox.toolchain.cli import find_or_make_cli


def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    """By their time: the names of different commands have no common order."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(30):
        log = logs / f"{99 - number}.log"
        log.touch()
        os.utime(log, (number, number))
    engine_logs.keep(tmp_path)
    assert sorted(log.name for log in logs.iterdir()) == sorted(f"{99 - number}.log" for number in range(10, 30))


def test_a_home_without_logs_is_left_alone(tmp_path: Path) -> None:
    """As at the first run."""
    engine_logs.keep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_takes_the_place_of_the_logs(tmp_path: Path) -> None:
    """The CLI cannot make its directory then. The file says how to get logs, and `keep` removes it."""
    logs = tmp_path / "home" / "logs"
    logs.mkdir(parents=True)
    (logs / "earlier.log").touch()
    engine_logs.switch_off(logs.parent)
    engine_logs.switch_off(logs.parent)
    assert "SANDBOX_ENGINE_LOGS=1" in logs.read_text()
    engine_logs.keep(logs.parent)
    assert not logs.exists()


def test_the_cli_runs_without_logs(tmp_path: Path) -> None:
    """And says nothing about it. With its directory, it writes a log."""
    pulumi = find_or_make_cli(report=print).pulumi
    environment = {**os.environ, "PULUMI_HOME": str(tmp_path), "PULUMI_SKIP_UPDATE_CHECK": "true"}

    def login() -> subprocess.CompletedProcess[str]:
        command = [str(pulumi), "login", f"file://{tmp_path}"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    engine_logs.switch_off(tmp_path)
    without = login()
    engine_logs.keep(tmp_path)
    with_logs = login()
    assert list((tmp_path / "logs").glob("*.log"))
    assert (without.stdout, without.stderr) == (with_logs.stdout, with_logs.stderr)
