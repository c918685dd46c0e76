"""Network namespaces of the kernel, by the names that `ip netns list` shows. Errors are `CalledProcessError`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

DIRECTORY = Path("/run/netns")


def add(namespace: str) -> None:
    """Make a namespace. It has only its own loopback interface, which is up."""
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    subprocess.run(["ip", "-netns", namespace, "link", "set", "lo", "up"], check=True)


def name_own(namespace: str) -> None:
    """Give the namespace of this process a name too."""
    subprocess.run(["ip", "netns", "attach", namespace, str(os.getpid())], check=True)


def delete(namespace: str) -> None:
    """Take the name off. The namespace goes with the last process in it, and with it every cable to it."""
    subprocess.run(["ip", "netns", "delete", namespace], check=True)


def connect(namespace: str, interface: str, other: str, other_interface: str) -> None:
    """Put a cable between two namespaces: a pair of interfaces, still without addresses and down."""
    subprocess.run(
        [
            *("ip", "link", "add", interface, "netns", namespace, "type", "veth"),
            *("peer", "name", other_interface, "netns", other),
        ],
        check=True,
    )


def inside(namespace: str) -> list[str]:
    """What to put in front of a command that is to run in the namespace."""
    return ["nsenter", f"--net={DIRECTORY / namespace}"]
