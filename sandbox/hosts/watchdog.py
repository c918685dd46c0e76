"""Ends machines when the process that made them is gone.

It reads ``+DIRECTORY`` and ``-DIRECTORY``, a line each: machines that started, and machines that stopped.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.hosts.machine import remove


def main() -> None:
    watched: dict[str, None] = {}
    for line in sys.stdin:
        sign, directory = line[0], line[1:].rstrip("\n")
        if sign == "+":
            watched[directory] = None
        else:
            watched.pop(directory, None)
    for directory in watched:
        remove(Path(directory))


if __name__ == "__main__":
    main()
