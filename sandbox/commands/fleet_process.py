"""The fleet of hosts as a background process: started by `live`, found again by later commands, stopped by `down`."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commands.errors import CommandError
from sandbox.commands.environment import without_account
from sandbox.commands.layout import REPOSITORY, Layout
from sandbox.commands.process import ProcessRecord, read_json, spawn, write_json
from sandbox.toolchain.cache import default_cache_directory

START_SECONDS = 1200.0
"""How long the fleet may take to answer: seconds, or minutes when it first builds the hosts' Debian."""
STOP_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class FleetProcess:
    """A fleet that was started, and the address that it answers at."""

    process: ProcessRecord
    url: str
    """A secret: who knows it may run commands on hosts."""

    def running(self) -> bool:
        return bool(self.url) and self.process.find() is not None

    def status(self, *, seconds: float = 20.0) -> dict[str, Any]:
        """What runs. Raises `CommandError` when the fleet does not answer."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.url}/status", timeout=seconds) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError) as error:
            raise CommandError(f"The hosts' process {self.process.pid} gives no answer: {error}") from None


def recorded(layout: Layout) -> FleetProcess | None:
    """The fleet that an earlier command started; it may have ended since.

    Raises `CommandError` for another user than the one who started it.
    """
    try:
        value = read_json(layout.fleet_record)
    except PermissionError:
        raise CommandError("The hosts run as root. Run this command with sudo.") from None
    try:
        return FleetProcess(process=ProcessRecord.from_json(value), url=str(value["url"])) if value else None
    except (KeyError, ValueError):
        return None


def ensure_running(layout: Layout, endpoint: str, report: Callable[[str], None]) -> FleetProcess:
    """The running fleet, or a new one. `report` gets what it says until it answers: it may build the hosts' Debian.

    Raises `CommandError` with the end of its log when it does not start.
    """
    earlier = recorded(layout)
    if earlier is not None:
        if earlier.running():
            return earlier
        earlier.process.stop(seconds=STOP_SECONDS)
    layout.directory.mkdir(parents=True, exist_ok=True)
    ready = layout.directory / "hosts.ready"
    ready.unlink(missing_ok=True)
    process = ProcessRecord.of(_spawn(layout, endpoint), known_by=str(ready))
    # Written before its address is known, so that later commands find this process whatever happens next.
    _record(layout, FleetProcess(process=process, url=""))
    deadline = time.monotonic() + START_SECONDS
    said = 0
    while not ready.exists():
        lines = layout.fleet_log.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines[said:]:
            report(line.partition(" ")[2])
        said = len(lines)
        if process.find() is None or time.monotonic() > deadline:
            process.stop(seconds=STOP_SECONDS)
            tail = "\n".join(lines[-15:])
            raise CommandError(f"The hosts did not start. Their log, {layout.fleet_log}, ends:\n{tail}")
        time.sleep(0.1)
    fleet = FleetProcess(process=process, url=ready.read_text(encoding="ascii"))
    _record(layout, fleet)
    return fleet


def stop(layout: Layout) -> bool:
    """Stop the fleet of this sandbox. Returns whether one ran."""
    fleet = recorded(layout)
    return fleet is not None and fleet.process.stop(seconds=STOP_SECONDS)


def _spawn(layout: Layout, endpoint: str) -> int:
    command = [
        *(sys.executable, "-P", "-m", "sandbox.hosts"),
        *("--endpoint", endpoint, "--directory", str(layout.hosts)),
        *("--images", str(default_cache_directory(os.environ) / "hosts")),
        *("--ready-file", str(layout.directory / "hosts.ready")),
    ]
    return spawn(command, {**without_account(os.environ), "PYTHONPATH": str(REPOSITORY)}, layout.fleet_log)


def _record(layout: Layout, fleet: FleetProcess) -> None:
    write_json(layout.fleet_record, {**fleet.process.to_json(), "url": fleet.url}, mode=0o600)
