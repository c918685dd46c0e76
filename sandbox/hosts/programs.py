"""Programs of the root image that run beside the hosts: HAProxy, MariaDB, Redis, dnsmasq."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.hosts import namespaces

_TAIL = 600


class ProgramError(RuntimeError):
    """A program did not do what it should. The message has the end of what it said."""


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Runs the programs below ``root``. With ``/`` these are the computer's own."""

    root: Path = Path("/")

    def command(self, *command: str, namespace: str | None = None) -> list[str]:
        """The command line that runs a program of the image, on the network of this computer or of a namespace."""
        network = namespaces.inside(namespace) if namespace else []
        change_root = ["chroot", str(self.root)] if self.root != Path("/") else []
        return [*network, *change_root, *command]

    def run(self, *command: str, namespace: str | None = None, standard_input: str = "", seconds: float = 120) -> str:
        """What the program prints. Raises ``ProgramError`` when it fails."""
        ran = subprocess.run(
            self.command(*command, namespace=namespace),
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if ran.returncode != 0:
            raise ProgramError(
                f"{command[0]} ended with {ran.returncode}: {(ran.stdout + ran.stderr)[-_TAIL:].strip()}"
            )
        return ran.stdout

    def start(self, *command: str, log: Path, namespace: str | None = None) -> RunningProgram:
        """Start a program that runs until it is stopped. What it says goes to ``log``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said:
            process = subprocess.Popen(
                self.command(*command, namespace=namespace),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return RunningProgram(process, command, log)


class RunningProgram:
    """A program that was started."""

    def __init__(self, process: subprocess.Popen[bytes], command: Sequence[str], log: Path) -> None:
        self.process, self._command, self._log = process, command, log

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def check(self) -> None:
        """Raises ``ProgramError`` when the program has ended."""
        if not self.running:
            said = self._log.read_text(errors="replace")[-_TAIL:].strip()
            raise ProgramError(f"{self._command[0]} ended with {self.process.returncode}: {said}")

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Until the program has said this. Raises ``ProgramError`` when it ends before, or takes longer."""
        deadline = time.monotonic() + seconds
        while text not in self._log.read_text(errors="replace"):
            self.check()
            if time.monotonic() > deadline:
                raise ProgramError(f"{self._command[0]} did not say {text!r} in {seconds:.0f} s: see {self._log}")
            time.sleep(0.01)

    def stop(self, seconds: float = 10) -> None:
        """End the program, by force when it takes longer."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
