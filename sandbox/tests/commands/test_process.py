"""A recorded process is known again, and nothing else is taken for it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.commands.layout import REPOSITORY
from sandbox.commands.process import ProcessRecord

MARK = "a mark of its own"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", MARK]) as process:
        yield process
        process.kill()


def test_it_is_found_after_the_clock_was_set(child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting the machine's clock moves every process's start by the wall clock, and must not orphan a server."""
    record = ProcessRecord.from_json(ProcessRecord.of(child.pid, known_by=MARK).to_json())
    began = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: began(process) + 3600)
    found = record.find()
    assert found
    assert found.pid == child.pid


def test_another_process_is_not_taken_for_it(child: subprocess.Popen[bytes]) -> None:
    """The id is not enough: start time and argument must match too."""
    record = ProcessRecord.of(child.pid, known_by=MARK)
    assert dataclasses.replace(record, started=record.started + 1).find() is None
    assert dataclasses.replace(record, known_by="another mark").find() is None


def test_one_that_has_ended_is_not_found(child: subprocess.Popen[bytes]) -> None:
    """Stopping it says that there was one, and stopping it again that there is none."""
    record = ProcessRecord.of(child.pid, known_by=MARK)
    assert record.stop()
    child.wait()
    assert record.find() is None
    assert not record.stop()


def test_a_background_process_keeps_none_of_the_callers_files(tmp_path: Path) -> None:
    """Or a lock of the shell that started it would be held for as long as it runs."""
    script = (
        "import os, sys, pathlib\n"
        "from sandbox.commands.process import spawn\n"
        "os.dup2(os.open('/dev/null', os.O_RDONLY), 9, inheritable=True)\n"
        "sleep = 'import time; print(1, flush=True); time.sleep(60)'\n"
        "print(spawn([sys.executable, '-c', sleep], {}, pathlib.Path(sys.argv[1])))\n"
    )
    log = tmp_path / "log"
    ran = subprocess.run(
        [sys.executable, "-c", script, log], capture_output=True, text=True, check=True, cwd=REPOSITORY, timeout=60
    )
    process = psutil.Process(int(ran.stdout))
    try:
        deadline = time.monotonic() + 30
        while not log.exists() or log.read_text() != "1\n":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert {path.name for path in Path(f"/proc/{process.pid}/fd").iterdir()} == {"0", "1", "2"}
    finally:
        process.kill()


def test_stopping_one_that_stays_a_zombie_takes_no_longer(child: subprocess.Popen[bytes]) -> None:
    """In a container the first process may never ask how its children ended."""
    record = ProcessRecord.of(child.pid, known_by=MARK)
    assert record.stop(seconds=60)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert record.find() is None
