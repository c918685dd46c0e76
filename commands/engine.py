"""The Pulumi CLI as a child process: short questions, and long runs whose events are read while they happen."""

from __future__ import annotations

import queue
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from commands import stack_yaml
from commands.errors import CannotRunError, CommandError
from commands.events import EngineEvents
from commands.interruptions import Interruptions

_POLL_SECONDS = 0.2

_NO_STACK = re.compile("no stack named '(?P<name>[^']+)'")

_PLAIN = ("--non-interactive", "--color", "never")


def _ignore(_: object) -> None:
    """For callers that do not follow a run."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run of the engine."""

    events: EngineEvents
    exit_code: int
    """Negative when a signal ended it."""
    seconds: float
    complaint: str
    """What the CLI said on standard error, such as why it did not begin."""
    interrupted: bool

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0

    @property
    def state_is_complete(self) -> bool:
        """Whether the engine wrote down everything that it made: it came to its own end, or it never began."""
        return self.exit_code >= 0 and (self.events.finished or not self.events.begun)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The `pulumi` command with its project and environment."""

    command: Path
    project: Path
    """The directory of `Pulumi.yaml`."""
    environment: Mapping[str, str]

    @classmethod
    def on_path(cls, *, project: Path, environment: Mapping[str, str]) -> Engine:
        """The first `pulumi` on PATH. Raises `CannotRunError` when there is none."""
        command = shutil.which("pulumi", path=environment.get("PATH"))
        if command is None:
            here = project / ".sandbox" / "env"
            in_the_sandbox = f"For the sandbox, type `. {shlex.quote(str(here))}` first. " if here.exists() else ""
            raise CannotRunError(
                f"There is no pulumi on PATH. {in_the_sandbox}For an AWS account, install the Pulumi CLI: "
                "https://www.pulumi.com/docs/install"
            )
        return cls(command=Path(command), project=project, environment=environment)

    def ask(self, *arguments: str) -> str:
        """What a short command prints. Raises `CommandError` with the CLI's own words when it fails, and
        `CannotRunError` for a stack file that is not YAML, a stack that the state does not have and credentials that
        AWS does not take."""
        self._require_yaml(arguments)
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
            said = (ran.stderr + ran.stdout).strip()
            # Not for each command that imports this: it takes botocore.
            from commands import credentials

            if complaint := credentials.complaint_in(said):
                raise CannotRunError(complaint)
            if missing := _NO_STACK.search(said):
                raise CannotRunError(f"stack: got {missing['name']!r}, expected one that `pulumi stack ls` lists")
            raise CommandError(f"`pulumi {' '.join(arguments)}` failed:\n{said}")
        return ran.stdout

    def run(
        self,
        *arguments: str,
        on_start: Callable[[int], None] = _ignore,
        on_progress: Callable[[EngineEvents], None] = _ignore,
    ) -> Run:
        """Run a command with `--json` and read its events, calling `on_progress` several times a second.

        A Ctrl-C is passed to the engine, which then finishes what is under way and saves its state. A second one makes
        it stop at once. Raises `CannotRunError` for a stack file that is not YAML.
        """
        self._require_yaml(arguments)
        began = time.monotonic()
        events = EngineEvents()
        with tempfile.TemporaryFile("w+") as complaint, Interruptions() as interruptions:
            with subprocess.Popen(
                # Events come through a pipe and are never stored: debug messages hold secrets in plain text.
                [self.command, *arguments, "--json", *_PLAIN],
                cwd=self.project,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaint,
                # A session of its own: the terminal's Ctrl-C would reach it beside ours, and two mean "stop at once".
                start_new_session=True,
                text=True,
            ) as child:
                on_start(child.pid)
                _follow(child, events, interruptions, on_progress)
            complaint.seek(0)
            return Run(
                events=events,
                exit_code=child.returncode,
                seconds=time.monotonic() - began,
                complaint=complaint.read().strip(),
                interrupted=interruptions.count > 0,
            )

    def _require_yaml(self, arguments: Sequence[str]) -> None:
        if arguments[0] not in stack_yaml.READERS:
            return
        for flag, stack in pairwise(arguments):
            if flag == "--stack":
                stack_yaml.require(self.project / f"Pulumi.{stack.rpartition('/')[2]}.yaml")


def _follow(
    child: subprocess.Popen[str],
    events: EngineEvents,
    interruptions: Interruptions,
    on_progress: Callable[[EngineEvents], None],
) -> None:
    """Read events until the engine closes its output, passing on each request to stop."""
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
            events.add_line(line)
        except queue.Empty:
            pass  # Nothing new; look for requests to stop all the same.
        on_progress(events)
        if passed_on < interruptions.count:
            child.send_signal(signal.SIGINT)
            passed_on += 1
