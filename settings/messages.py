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
_LONGEST_VALUE = 80
_LONGEST_PATH = 200


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
    prefix = f"{_cut(path, _LONGEST_PATH)}: " if path else ""
    return _on_one_line(f"{prefix}{_found(got)}, expected {expected}{f'. {fix}' if fix else ''}")


def refuse(path: str, *, got: object = MISSING, expected: str, fix: str = "") -> NoReturn:
    """Raise ``FaultsError`` about one wrong value."""
    raise FaultsError([Fault(path=path, got=got, expected=expected, fix=fix)])


def join(*parts: str) -> str:
    """A dotted path, without its empty parts."""
    return ".".join(part for part in parts if part)


def _found(got: object) -> str:
    if got is MISSING:
        return "missing"
    if isinstance(got, Words):
        return f"got {got}"
    return f"got {_cut(json.dumps(got, default=str, ensure_ascii=False), _LONGEST_VALUE)}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _on_one_line(text: str) -> str:
    """Letters of any script as they are, and what breaks a line or has no shape by its number."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)
