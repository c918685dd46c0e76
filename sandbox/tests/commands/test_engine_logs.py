"""The engine's logs do not grow for ever."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.commands import engine_logs


def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    """By their time: the names of different commands have no common order."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(30):
        log = logs / f"{99 - number}.log"
        log.touch()
        os.utime(log, (number, number))
    engine_logs.prune(tmp_path)
    assert sorted(log.name for log in logs.iterdir()) == sorted(f"{99 - number}.log" for number in range(10, 30))


def test_a_home_without_logs_is_left_alone(tmp_path: Path) -> None:
    """As at the first run."""
    engine_logs.prune(tmp_path)
    assert list(tmp_path.iterdir()) == []
