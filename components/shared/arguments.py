"""How a component refuses an argument: in the grammar of all messages, and without a traceback."""

from __future__ import annotations

from typing import NoReturn

import pulumi

from settings.messages import MISSING, Fault, FaultsError


class ArgumentError(FaultsError, pulumi.RunError):
    """An argument of a component is wrong. Ends the program with its message alone."""


def refuse(path: str, *, got: object = MISSING, expected: str, fix: str = "") -> NoReturn:
    """Raise ``ArgumentError`` about one wrong value. ``path`` is the argument's or the component's name."""
    raise ArgumentError([Fault(path=path, got=got, expected=expected, fix=fix)])
