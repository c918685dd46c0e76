"""The one grammar of what the program says about a wrong value: ``<path>: got <value>, expected <what>``.

``settings`` and ``components`` both write their errors with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NoReturn

MISSING = object()
"""The value of a key that is not there."""
_LONGEST_VALUE = 120


class Words(str):
    """What was found, in words rather than as a value: a message prints it without quotes."""

    __slots__ = ()


SECRET = Words("a secret value")
"""What a message says in place of a value that must not be printed."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One wrong value.

    ``path`` leads from the section to the key, with an entry of a list by its number (``forwards.0.ports.1``). An empty
    path is the section itself. ``expected`` completes "expected …". ``fix`` is a whole sentence that says how to
    correct the value, where it helps.
    """

    path: str
    got: object = MISSING
    expected: str
    fix: str = ""

    def below(self, path: str) -> Fault:
        """The same fault, with the path that leads to its section in front."""
        return replace(self, path=join(path, self.path))

    def __str__(self) -> str:
        return message(self.path, got=self.got, expected=self.expected, fix=self.fix)


class FaultsError(ValueError):
    """One or more wrong values."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults)))


def message(path: str, *, got: object = MISSING, expected: str, fix: str = "") -> str:
    """The sentence about one wrong value, such as ``site.cache.nodes: got 0, expected 1 to 6``."""
    prefix = f"{path}: " if path else ""
    return f"{prefix}{_found(got)}, expected {expected}{f'. {fix}' if fix else ''}"


def refuse(path: str, *, got: object = MISSING, expected: str, fix: str = "") -> NoReturn:
    """Raise ``ValueError`` about one wrong value. For the arguments of a component, ``path`` is the argument's name."""
    raise FaultsError([Fault(path=path, got=got, expected=expected, fix=fix)])


def join(*parts: str) -> str:
    """A dotted path, without its empty parts."""
    return ".".join(part for part in parts if part)


def _found(got: object) -> str:
    if got is MISSING:
        return "missing"
    if isinstance(got, Words):
        return f"got {got}"
    value = json.dumps(got, default=str, ensure_ascii=False)
    return f"got {value if len(value) <= _LONGEST_VALUE else f'{value[:_LONGEST_VALUE]}…'}"
