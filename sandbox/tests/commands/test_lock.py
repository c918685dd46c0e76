"""One command at a time on a sandbox."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands.errors import CannotRunError
from sandbox.commands import lock

_HOLD = """
import sys
from pathlib import Path
from commands.errors import CannotRunError
from sandbox.commands import lock
with lock.held(Path(sys.argv[1]), doing="testing"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".sandbox" / "lock"


def test_a_second_process_learns_who_holds_the_lock_and_gets_it_once_the_first_is_killed(path: Path) -> None:
    """No command waits silently, and no killed command keeps the next one out."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(CannotRunError, match=rf"testing \(process id {holder.pid}\)"),
            lock.held(path, doing="testing"),
        ):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with lock.held(path, doing="testing"):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_lock_whose_file_was_removed_by_its_holder_is_no_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`down` removes the directory while it holds the lock. A process with the old file must then lock the new one."""
    real = fcntl.flock
    removals = iter([path.parent])

    def remove_once_before_locking(descriptor: int, operation: int) -> None:
        for directory in removals:
            shutil.rmtree(directory)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_once_before_locking)
    with lock.held(path, doing="testing"):
        assert path.read_text() == f"{os.getpid()}\n"
