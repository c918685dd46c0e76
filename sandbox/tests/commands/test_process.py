"""A recorded process is known again, and nothing else is taken for it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

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
