"""One command at a time: a file lock that the kernel releases when its holder ends, however it ends.

Standard library only: `virtualenv.py` uses it before any package is installed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from commands.errors import CannotRunError


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether `path` still names the open file: its holder may have removed it before releasing it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _take(path: Path) -> int:
    """The open, locked file. Raises `BlockingIOError` with the holder's process id as its message."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode().strip()
            os.close(descriptor)
            raise BlockingIOError(holder or "just starting") from None
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
