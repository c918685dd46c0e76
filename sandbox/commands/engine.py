"""The Pulumi CLI at work in the sandbox's environment: short questions, and the one long run that changes a stack."""

from __future__ import annotations

import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.commands.engine_events import Tally
from sandbox.commands.errors import SandboxError
from sandbox.commands.interruptions import Interruptions
from sandbox.commands.process import ProcessRecord

_POLL_SECONDS = 0.2

_PLAIN = ("--non-interactive", "--color", "never")


@dataclass(frozen=True, kw_only=True)
class Update:
    """A finished run of the engine."""

    tally: Tally
    exit_code: int
    """Negative when a signal ended it."""
    seconds: float
    complaint: str
    """What the CLI said on standard error: why it did not even begin."""
    interrupted: bool

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0

    @property
    def state_is_complete(self) -> bool:
        """Whether the engine wrote down all that it made: it came to its own end, or it never began."""
        return self.exit_code >= 0 and (self.tally.finished or not self.tally.begun)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The `pulumi` command of one sandbox."""

    command: Path
    project: Path
    """The directory of `Pulumi.yaml`."""
    environment: Mapping[str, str]

    def ask(self, *arguments: str) -> str:
        """What a short command prints. Raises `SandboxError` with its own words when it fails."""
        ran = subprocess.run(
            [self.command, *arguments, *_PLAIN],
            cwd=self.project,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise SandboxError(f"`pulumi {' '.join(arguments)}` failed:\n{(ran.stderr + ran.stdout).strip()}")
        return ran.stdout

    def up(
        self,
        stack: str,
        *,
        policies: Path,
        on_start: Callable[[ProcessRecord], None],
        on_progress: Callable[[Tally], None],
    ) -> Update:
        """Bring a stack up, telling about progress several times a second.

        A Ctrl-C is passed to the engine, which then finishes what is under way and saves its state; a second one makes
        it stop at once.
        """
        # Events come through a pipe and are never stored: the engine's debug messages hold secrets in plain text.
        arguments = ["up", "--yes", "--skip-preview", "--json", "--stack", stack, "--policy-pack", str(policies)]
        began = time.monotonic()
        tally = Tally()
        with tempfile.TemporaryFile("w+") as complaint, Interruptions() as interruptions:
            # A session of its own: the terminal's Ctrl-C would reach it beside ours, and two mean "stop at once".
            with subprocess.Popen(
                [self.command, *arguments, *_PLAIN],
                cwd=self.project,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaint,
                start_new_session=True,
                text=True,
            ) as child:
                on_start(ProcessRecord.of(child.pid, known_by=str(policies)))
                _follow(child, tally, interruptions, on_progress)
            complaint.seek(0)
            return Update(
                tally=tally,
                exit_code=child.returncode,
                seconds=time.monotonic() - began,
                complaint=complaint.read().strip(),
                interrupted=interruptions.count > 0,
            )


def _follow(
    child: subprocess.Popen[str],
    tally: Tally,
    interruptions: Interruptions,
    on_progress: Callable[[Tally], None],
) -> None:
    """Take in what the engine reports until it has no more to say, passing on each request to stop."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in child.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    passed_on = 0
    while True:
        try:
            line = lines.get(timeout=_POLL_SECONDS)
            if line is None:
                return
            tally.add_line(line)
        except queue.Empty:
            pass  # Nothing new; the requests to stop are looked at all the same.
        on_progress(tally)
        if passed_on < interruptions.count:
            child.send_signal(signal.SIGINT)
            passed_on += 1
