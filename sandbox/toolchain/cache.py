"""The user's cache of Pulumi CLIs, shared by all clones. A CLI appears in it complete, or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.installation import FILES, is_complete

GIB = 1024**3
_UNFINISHED = "unfinished-"


def default_cache_directory(environment: Mapping[str, str]) -> Path:
    """`magento-sandbox` in the user's cache directory (XDG base directory specification)."""
    configured = environment.get("XDG_CACHE_HOME", "")
    # By the specification, a relative path is ignored.
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return base / "magento-sandbox"


def free_bytes(directory: Path) -> int:
    """The free disk space where the directory is, or will be."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    return shutil.disk_usage(existing).free


@dataclass(frozen=True, kw_only=True)
class CliCache:
    """The cache: a directory per CLI, named after its content."""

    directory: Path
    free_bytes: Callable[[Path], int] = free_bytes

    def find(self, name: str) -> Path | None:
        """The directory of the CLI with this name, or None."""
        directory = self.directory / name
        return directory if is_complete(directory) else None

    def require_space(self, gibibytes: float, purpose: str, *, also: tuple[Path, ...] = ()) -> None:
        """Raise `ToolchainError` unless this much is free in the cache and in the other directories."""
        for directory in (self.directory, *also):
            free = self.free_bytes(directory) / GIB
            if free < gibibytes:
                raise ToolchainError(
                    f"{directory}: got {free:.1f} GiB of free disk space, expected about {gibibytes:g} GiB. "
                    f"{purpose} needs it. Free some space, or set XDG_CACHE_HOME to a directory on a larger disk."
                )

    @contextmanager
    def lock(self, report: Callable[[str], None]) -> Iterator[None]:
        """Let one process at a time add to the cache. The lock ends with the process."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            file = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            raise ToolchainError(
                f"{self.directory}: the cache cannot be used ({error.strerror}). Set XDG_CACHE_HOME to a directory "
                "that you can write."
            ) from error
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report("Another process is getting the Pulumi CLI; waiting for it.")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    @contextmanager
    def adding(self, name: str) -> Iterator[Path]:
        """An empty directory for a CLI, which gets its name in the cache when the block ends without an error.

        Use it under the lock: it removes what killed processes have left.
        """
        for leftover in self.directory.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.directory))
        try:
            yield unfinished
            if not is_complete(unfinished):
                raise ToolchainError(
                    f"{self.directory / name}: got an incomplete Pulumi CLI, expected {', '.join(FILES)}."
                )
            unfinished.chmod(0o755)
            shutil.rmtree(self.directory / name, ignore_errors=True)
            unfinished.rename(self.directory / name)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ToolchainError(f"{self.directory}: the disk is full. The unfinished CLI was removed.") from error
            raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
