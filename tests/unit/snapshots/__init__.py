"""Both shipped stacks' graphs as YAML files that a reviewer can read: ``<stack>/<area>.yaml``, a block a resource.

``make snapshots`` writes them; ``tests/unit/test_snapshots.py`` fails when they differ from what the program declares.
A few lines instead of syrupy: its YAML would need a serializer of the same length, and its report shows whole
snapshots, where ``difflib`` shows the changed lines with their file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

DIRECTORY = Path(__file__).parent
STACKS = ("prod", "preprod")
COMMAND = "make snapshots"


def recorded(stack: str) -> dict[str, str]:
    """The files of a stack as they are in the repository, by name."""
    return {path.name: path.read_text() for path in sorted((DIRECTORY / stack).glob("*.yaml"))}


def write(stack: str, files: Mapping[str, str]) -> None:
    """Writes a stack's files, and removes those of areas that are no more."""
    directory = DIRECTORY / stack
    directory.mkdir(exist_ok=True)
    for name in recorded(stack).keys() - files.keys():
        (directory / name).unlink()
    for name, text in files.items():
        (directory / name).write_text(text)


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A unified diff of files from ``before`` to ``after``; empty when they agree."""
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = (files.get(name, "").splitlines(keepends=True) for files in (before, after))
        lines.extend(difflib.unified_diff(old, new, f"recorded/{name}", f"declared/{name}"))
    return "".join(lines)
