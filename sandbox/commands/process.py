"""A record of a background process that never matches another process, even when its id is used again."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_EXEC_SECONDS = 2.0

STOP_SECONDS = 10.0
"""How long a process may take to end before it is killed."""


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """Identifies a process: by its id, which may be reused, its start time and one of its arguments."""

    pid: int
    started: int
    """Clock ticks since the machine's start, which do not change when the clock is set."""
    known_by: str
    """An argument that no other process has, such as the path of one of this sandbox's files."""

    @classmethod
    def of(cls, pid: int, *, known_by: str) -> ProcessRecord:
        return cls(pid=pid, started=_started(pid), known_by=known_by)

    def find(self) -> psutil.Process | None:
        """The process if it still runs; none if it ended, also when its id now belongs to another process."""
        try:
            process = psutil.Process(self.pid)
            same_start = _started(self.pid) == self.started
            return process if same_start and self.known_by in _command(process) else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # A zombie counts as the first.
            return None

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, *, seconds: float = STOP_SECONDS) -> bool:
        """Stop the process, by force if it ignores the signal. Returns whether it was running."""
        process = self.find()
        if process is None:
            return False
        try:
            process.send_signal(with_signal)
            if not self._ended(seconds):
                process.kill()
                self._ended(STOP_SECONDS)
        except psutil.NoSuchProcess:
            pass  # It ended just before the signal.
        return True

    def _ended(self, seconds: float) -> bool:
        """Whether it ends within the time. One that its parent never asks about, as in a container, stays a zombie."""
        deadline = time.monotonic() + seconds
        while self.find() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> ProcessRecord:
        """Raises `KeyError` or `ValueError` for anything that `to_json` did not write."""
        return cls(pid=int(str(value["pid"])), started=int(str(value["started"])), known_by=str(value["known_by"]))


def _started(pid: int) -> int:
    """Field 22 of `/proc/<pid>/stat` ("proc_pid_stat(5)"); the name before it may hold spaces and brackets."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(pid) from None
    return int(stat.rpartition(")")[2].split()[19])


def _command(process: psutil.Process) -> list[str]:
    """The arguments of a process. They are empty for an instant while it executes another program."""
    deadline = time.monotonic() + _EXEC_SECONDS
    while not (command := process.cmdline()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return command


def spawn(command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
    """Start a background process and return its id. What it says goes to `log`.

    It has its own session, since a Ctrl-C meant for a later command must not reach it, and none of the caller's open
    files: a lock that the caller holds, or a pipe that somebody reads to its end, must not stay open with it.
    """
    inherited = [int(name) for name in os.listdir("/proc/self/fd") if int(name) > 2]
    open_now = [each for each in inherited if _is_open(each)]
    # Not `subprocess`, whose objects expect to see their process end.
    return os.posix_spawn(
        command[0],
        list(command),
        environment,
        setsid=True,
        file_actions=[
            *((os.POSIX_SPAWN_CLOSE, each) for each in open_now),
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )


def _is_open(descriptor: int) -> bool:
    """Whether it is still open: the one that listed the directory is not."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def read_json(path: Path) -> dict[str, object] | None:
    """The object in the file; none when there is no file, or when a crash or a full disk cut it off."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return value if isinstance(value, dict) else None


def write_json(path: Path, value: dict[str, object], *, mode: int = 0o644) -> None:
    """Replace the file in one step, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.touch(mode=mode)
    new.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    new.replace(path)
