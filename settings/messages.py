"""The one grammar of what the program says about a wrong value: ``<path>: got <value>, expected <what>``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

MISSING = object()
"""The value of a key that is not in the stack file."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One wrong value.

    ``path`` leads from the section to the key, with an entry of a list by its number (``forwards.0.ports``); an empty
    path is the section itself. ``expected`` completes "expected …". ``fix`` is a whole sentence, where one helps.
    """

    path: str
    got: object = MISSING
    expected: str
    fix: str = ""

    def below(self, path: str) -> Fault:
        """The same fault, with the path that leads to its section in front."""
        return Fault(path=join(path, self.path), got=self.got, expected=self.expected, fix=self.fix)

    def __str__(self) -> str:
        return message(self.path, got=self.got, expected=self.expected, fix=self.fix)


class FaultsError(ValueError):
    """A section holds wrong values."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults)))


def message(path: str, *, got: object = MISSING, expected: str, fix: str = "") -> str:
    """The sentence about one wrong value, such as ``site.cache.nodes: got 0, expected 1 to 6``."""
    found = "missing" if got is MISSING else f"got {json.dumps(got, default=str, ensure_ascii=False)}"
    prefix = f"{path}: " if path else ""
    return f"{prefix}{found}, expected {expected}{f'. {fix}' if fix else ''}"


def join(*parts: str) -> str:
    """A dotted path, without its empty parts."""
    return ".".join(part for part in parts if part)
