"""Where the fleet keeps things."""

from __future__ import annotations

from pathlib import Path

from sandbox.hosts.control_group import ControlGroup

INSIDE = Path("/run/sandbox-hosts")
"""Where the fleet sees its directory: a short path without blanks. Paths of sockets have at most 107 characters."""
MACHINES = "machines"
"""The directory of the hosts' files."""


def remove_leftovers(directory: Path) -> None:
    """What a fleet that was killed has left outside its directory: empty control groups of its hosts."""
    for path in (directory / MACHINES).glob("*"):
        ControlGroup.of(INSIDE / MACHINES / path.name).remove()
