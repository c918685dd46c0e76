"""Machines on a network, each a network namespace of the kernel, so that real programs talk over real interfaces."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Self

from sandbox.hosts import namespaces
from tests.servers.programs import unavailable

_numbers = itertools.count(1)


def require_namespaces() -> None:
    """Skips the test, saying why, where namespaces and tunnel devices cannot be had; in CI it fails instead."""
    if os.geteuid() != 0:
        unavailable("network namespaces need root")
    if not Path("/dev/net/tun").exists():
        unavailable("no /dev/net/tun")
    name = f"probe-{os.getpid()}"
    probe = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if probe.returncode != 0:
        unavailable(f"no network namespaces: {probe.stderr.strip()}")
    subprocess.run(["ip", "netns", "delete", name], check=True)


class Program(AbstractContextManager["Program"]):
    """A program that runs, and what it says."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        with tempfile.NamedTemporaryFile(delete=False) as log:
            self._log = Path(log.name)
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def __exit__(self, *_: object) -> None:
        self.end()
        # pytest shows it with a test that failed.
        print(f"--- {' '.join(self._command)}\n{self.said}")
        self._log.unlink()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    @property
    def said(self) -> str:
        """Everything that it printed so far."""
        return self._log.read_text(errors="replace")


class Network:
    """Makes machines and cables; what it started ends, and what it made goes, when the ``with`` block ends."""

    def __init__(self) -> None:
        self._prefix = f"magento-{os.getpid()}-{next(_numbers)}"
        self._leftovers = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leftovers.close()

    def add_machine(self, machine: str) -> None:
        namespaces.add(self.namespace(machine))
        self._leftovers.callback(namespaces.delete, self.namespace(machine))

    def connect(self, machine: str, address: str, other: str, other_address: str) -> None:
        """Puts a cable between two machines; addresses are with their prefix, such as ``10.0.0.1/24``."""
        ends = (f"to-{other}"[:15], f"to-{machine}"[:15])
        namespaces.connect(self.namespace(machine), ends[0], self.namespace(other), ends[1])
        for each, interface, with_prefix in ((machine, ends[0], address), (other, ends[1], other_address)):
            self.run(each, "ip", "address", "add", with_prefix, "dev", interface)
            self.run(each, "ip", "link", "set", interface, "up")

    def run(self, machine: str, *command: str) -> str:
        """What the command prints. Raises ``CalledProcessError`` when it fails."""
        return self.attempt(machine, *command, check=True).stdout

    def attempt(
        self, machine: str, *command: str, check: bool = False, seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._inside(machine), *command], capture_output=True, text=True, check=check, timeout=seconds
        )

    def start(self, machine: str, *command: str) -> Program:
        """Runs a program until it is ended, or the network goes."""
        return self._leftovers.enter_context(Program([*self._inside(machine), *command]))

    def namespace(self, machine: str) -> str:
        """The name by which the kernel knows it."""
        return f"{self._prefix}-{machine}"

    def _inside(self, machine: str) -> list[str]:
        return ["ip", "netns", "exec", self.namespace(machine)]
