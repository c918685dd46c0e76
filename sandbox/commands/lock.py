"""One command at a time: a file lock that the kernel releases when its holder ends, however it ends.

Standard library only: `virtualenv.py` uses it before any package is installed.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from commands.errors import CannotRunError

_READS_OF_HOLDER = 20
_SECONDS_BETWEEN_READS = 0.05


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether `path` still names the open file: its holder may have removed it before releasing it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _holder(descriptor: int) -> str:
    """The process id in a file that another process has locked. A moment after locking it, it is not there yet."""
    for _ in range(_READS_OF_HOLDER):
        if holder := os.pread(descriptor, 32, 0).decode().strip():
            return holder
        time.sleep(_SECONDS_BETWEEN_READS)
    return "unknown"


def _take(path: Path) -> int:
    """The open, locked file. Raises `BlockingIOError` with the holder's process id as its message."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise BlockingIOError(holder) from None
        if _is_still(descriptor, path):
            return descriptor
        os.close(descriptor)


@contextmanager
def held(path: Path, *, doing: str) -> Iterator[None]:
    """Hold the lock for the block. Raises `CannotRunError` at once when another process holds it, `doing` what."""
    try:
        descriptor = _take(path)
    except BlockingIOError as busy:
        raise CannotRunError(f"Another process is {doing} (process id {busy}). Wait for it, or stop it.") from None
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
