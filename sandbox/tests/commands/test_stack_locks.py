"""Whether the engine that holds a lock on a stack still runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from sandbox.commands import stack_locks
from sandbox.commands.stack_locks import StackLock

_NOW = datetime.now(UTC)


def _lock(pid: int, *, host: str = socket.gethostname(), since: datetime = _NOW) -> StackLock:
    return StackLock(stack="prod", pid=pid, host=host, since=since)


def test_the_lock_of_a_process_that_runs_is_respected() -> None:
    assert not _lock(os.getpid()).holder_is_gone


def test_a_process_that_ended_holds_nothing() -> None:
    """Also while its parent has not asked how it ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert _lock(ended.pid).holder_is_gone
    assert _lock(ended.pid).holder_is_gone


def test_a_younger_process_with_the_same_id_is_not_the_holder() -> None:
    assert _lock(os.getpid(), since=_NOW - timedelta(days=365)).holder_is_gone


def test_another_machine_cannot_be_asked() -> None:
    """Its process may run: whoever started it knows."""
    assert not _lock(2**22 + 1, host="elsewhere").holder_is_gone


def test_a_lock_file_is_read_as_pulumis_backend_writes_it() -> None:
    """The folder names the stack."""
    content = {"pid": 7, "username": "ada", "hostname": "here", "timestamp": "2026-11-25T21:54:56.123456789Z"}
    lock = stack_locks.read(".pulumi/locks/organization/magento/prod/0a1b.json", content)
    assert (lock.stack, lock.pid, lock.host) == ("prod", 7, "here")
    assert lock.since.year == 2026
