"""The logs that the Pulumi CLI writes into its home, a file for each command: megabytes for each `pulumi up`."""

from __future__ import annotations

from pathlib import Path

_KEPT = 20
"""Files. The newest ones are what a report of a fault needs."""


def prune(pulumi_home: Path) -> None:
    """Remove all but the newest logs."""
    logs = sorted((pulumi_home / "logs").glob("*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    for log in logs[_KEPT:]:
        log.unlink(missing_ok=True)
