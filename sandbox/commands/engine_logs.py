"""The logs that the Pulumi CLI writes into its home, a file for each command: megabytes for each `pulumi up`.

The CLI formats, compresses and encrypts every step for them, which takes a quarter of the CPU of a preview
(pkg/v3/logging of 3.259.0). It has no option against that, but goes on without logs if it cannot make their directory.
"""

from __future__ import annotations

import shutil
from pathlib import Path

SWITCH = "SANDBOX_ENGINE_LOGS"
"""The environment variable with which the sandbox keeps these logs."""

_KEPT = 20
"""Files. The newest ones are what a report of a fault needs."""

_NO_LOGS = f"This file keeps the Pulumi CLI from writing logs. To have them, run `{SWITCH}=1 make sandbox`.\n"


def switch_off(pulumi_home: Path) -> None:
    """Put a file in the place of the logs' directory."""
    logs = pulumi_home / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    pulumi_home.mkdir(parents=True, exist_ok=True)
    logs.write_text(_NO_LOGS, encoding="utf-8")


def keep(pulumi_home: Path) -> None:
    """Let the CLI write logs. Remove all but the newest ones."""
    directory = pulumi_home / "logs"
    if directory.is_file():
        directory.unlink()
    logs = sorted(directory.glob("*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    for log in logs[_KEPT:]:
        log.unlink(missing_ok=True)
