"""Runs the programs of a build. Ctrl-C ends them with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer

LAST_LINES = 15
"""What a message repeats of a program's output."""
_SECONDS_TO_END = 10


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended."""

    exit_code: int
    last_lines: str


def run(command: Sequence[str], *, directory: Path, environment: Mapping[str, str], shown: bool = True) -> Ended:
    """Run a program without input, to its end. What it prints is printed unless `shown` is False."""
    lines: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # A session of its own: no terminal to ask for a password at, and one group to end.
        start_new_session=True,
        text=True,
        errors="replace",
    ) as child:
        try:
            for line in child.stdout or ():
                lines.append(line)
                if shown:
                    typer.echo(line, nl=False)
            child.wait()
        except BaseException:
            _end(child)
            raise
    return Ended(exit_code=child.returncode, last_lines="".join(lines).strip())


def _end(child: subprocess.Popen[str]) -> None:
    """End the whole group: what goes on would write into a directory that is being removed."""
    try:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_SECONDS_TO_END)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
