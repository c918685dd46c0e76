"""A machine: mount, process, host-name and network namespaces over an overlay of the root image, with systemd in it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.hosts.root_image import RootImage


class MachineError(RuntimeError):
    """A machine could not be started. The message is one line, with the end of what it said."""


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """What a command on a machine ended with."""

    return_code: int
    """As a shell gives it: 128 + signal when a signal ended it, 124 when its time was up."""
    standard_output: str
    standard_error: str


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """What a machine is made of."""

    name: str
    """Its host name, unique on this computer, such as ``i-0123456789abcdef0``."""
    directory: Path
    """A directory for everything that it writes. ``start`` makes it, ``stop`` removes it."""
    image: RootImage
    network_namespace: str
    """The name of its network, as ``ip netns list`` shows it. The caller makes it before ``start``, and removes it."""
    hosts: str = "127.0.0.1 localhost\n"
    """The content of /etc/hosts."""
    resolv_conf: str = ""
    """The content of /etc/resolv.conf."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that every process on the machine sees, such as ``AWS_ENDPOINT_URL``."""
    binds: Mapping[str, Path] = field(default_factory=dict)
    """Directories of this computer that the machine sees, by their path on the machine."""


class Machine:
    """A machine that runs between ``start`` and ``stop``, and at most as long as this process."""

    def __init__(self, args: MachineArgs) -> None:
        self.args = args

    @property
    def root(self) -> Path:
        """Its file system as this computer sees it, without what it mounted itself. Follow no links of it from outside."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        """Whether its first process lives."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it takes commands. Raises ``MachineError``."""
        raise NotImplementedError

    def run(
        self,
        command: Sequence[str],
        *,
        timeout_seconds: float = 60,
        working_directory: str = "/",
        environment: Mapping[str, str] | None = None,
        standard_input: str = "",
    ) -> CommandResult:
        """What a command ends with. When its time is up, the command and all that it started are killed."""
        raise NotImplementedError

    def spawn(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a command that runs until it is ended, or the machine stops. What it says goes to ``log``."""
        raise NotImplementedError

    def write(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file of root's, whole: beside its place, then moved."""
        raise NotImplementedError

    def read(self, path: str) -> str | None:
        """The content of a file, or None when there is none."""
        raise NotImplementedError

    def stop(self) -> None:
        """End every process of it, and remove its directory. Stopping one that does not run is fine."""
        raise NotImplementedError


def sweep(directory: Path) -> list[str]:
    """End and remove the machines whose directories are in ``directory``, left by a process that was killed. Their names."""
    raise NotImplementedError
