"""eb-engine.log: each line has the time, the level and the text. It is printed too, for who started the engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ENGINE_LOG = Path("/var/log/eb-engine.log")
HOOKS_LOG = Path("/var/log/eb-hooks.log")


class StepError(Exception):
    """A step of a deployment failed; the deployment ends with it."""


def info(text: str) -> None:
    _write("INFO", text)


def warn(text: str) -> None:
    _write("WARN", text)


def error(text: str) -> None:
    _write("ERROR", text)


def command(words: Sequence[str]) -> str:
    """Run a command and log it as the engine does; what it printed. Raises ``StepError`` when it fails."""
    info(f"Running command: {' '.join(words)}")
    ran = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    said = f"{ran.stdout}{ran.stderr}"
    if said.strip():
        info(said if said.endswith("\n") else f"{said}\n")
    if ran.returncode:
        raise StepError(
            f"Command {' '.join(words)} failed with error exit status {ran.returncode}. Stderr:{ran.stderr}"
        )
    return ran.stdout


def _write(level: str, text: str) -> None:
    line = f"{datetime.now(UTC):%Y/%m/%d %H:%M:%S.%f} [{level}] {text}\n"
    with ENGINE_LOG.open("a") as log:
        log.write(line)
    sys.stdout.write(line)
    sys.stdout.flush()
