"""One command at a time: a file lock that the kernel releases whatever becomes of its holder.

Standard library only, since `virtualenv.py` takes it before any package is installed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.commands.errors import SandboxError


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether `path` names the file that is open: its holder may have removed it before letting go."""
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
    """Hold the lock for the block. Raises `SandboxError` at once when another process `doing` the same holds it."""
    try:
        descriptor = _take(path)
    except BlockingIOError as busy:
        raise SandboxError(f"Another process is {doing} (process id {busy}): wait for it, or stop it.") from None
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
