"""A control group of the kernel's: it ends a process with everything that it started, daemons included."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_HIERARCHIES = ("systemd", "unified", "")
"""Where systemd keeps its own groups: version 1 beside version 2, or version 2 alone."""
_SECONDS_TO_END = 20


@dataclass(frozen=True, kw_only=True)
class ControlGroup:
    """A group by its name, in every hierarchy that systemd uses here."""

    name: str

    @staticmethod
    def of(directory: Path) -> ControlGroup:
        """The group of the machine whose files are in ``directory``."""
        return ControlGroup(name=f"sandbox-{hashlib.sha256(str(directory).encode()).hexdigest()[:16]}")

    @property
    def directories(self) -> list[Path]:
        roots = [Path("/sys/fs/cgroup") / hierarchy for hierarchy in _HIERARCHIES]
        return [root / self.name for root in roots if (root / "cgroup.procs").exists()]

    def create(self) -> None:
        for directory in self.directories:
            directory.mkdir(parents=True, exist_ok=True)

    def entering(self, command: Sequence[str]) -> list[str]:
        """The command, run inside the group: it enters before it starts, so that none of its children is outside."""
        files = [str(directory / "cgroup.procs") for directory in self.directories]
        enter = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit; shift; done; shift; exec "$@"'
        return ["sh", "-c", enter, "sh", *files, "--", *command]

    def kill(self) -> None:
        """End all processes in it, and in the groups below it, and wait until they are gone."""
        deadline = time.monotonic() + _SECONDS_TO_END
        while processes := self._processes():
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: got processes {processes} still alive, expected none")
            time.sleep(0.01)

    def remove(self) -> None:
        """Remove the group, if no process is in it. The kernel may need a moment after the last one."""
        deadline = time.monotonic() + _SECONDS_TO_END
        for directory in self.directories:
            for each in (*sorted(directory.rglob("*/"), reverse=True), directory):
                while each.exists():
                    try:
                        each.rmdir()
                    except OSError:
                        if time.monotonic() > deadline or self._processes():
                            return
                        time.sleep(0.01)

    def _processes(self) -> set[int]:
        found: set[int] = set()
        for directory in self.directories:
            for file in (directory / "cgroup.procs", *directory.rglob("*/cgroup.procs")):
                with suppress(OSError):
                    found |= {int(line) for line in file.read_text().split()}
        # What runs in another process namespace cannot be ended from here: its own first process can.
        return found - {0, os.getpid()}
