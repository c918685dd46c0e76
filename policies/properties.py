"""Reading a resource's properties when some of them are not known before the update.

The SDK raises on the first unknown value that a rule touches and then skips the whole rule with an advisory note, so a
mandatory rule passes the preview. Here a property is known, absent or unknown, and the rule says what each means.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_policy.proxy import UnknownValueError


@dataclass(frozen=True)
class Known:
    """A value: text, number or bool, a ``Properties`` for an object, or a tuple of readings for a list."""

    value: Any


@dataclass(frozen=True)
class Absent:
    """Not set, or set to null."""


@dataclass(frozen=True)
class Unknown:
    """Set, but to a value that only the update will tell."""


Reading = Known | Absent | Unknown


class Properties:
    """The properties of a resource, or of an object within one.

    A stack's rules get outputs: at preview, what the program set and, unknown, what the provider will work out.
    ``derived`` names the properties whose values come from other resources; an unknown value that comes from none is
    the provider's own, and reads as absent.
    """

    def __init__(self, values: Mapping[str, Any], *, derived: Collection[str] | None = None) -> None:
        self._values = values
        self._derived = derived

    def read(self, *path: str) -> Reading:
        """The property at a path of names. Unknown as soon as anything on the way to it is."""
        reading: Reading = Known(self)
        for name in path:
            if not isinstance(reading, Known):
                return reading
            reading = reading.value._property(name) if isinstance(reading.value, Properties) else Absent()
        return reading

    def each(self, *path: str) -> Iterator[Reading]:
        """The elements of the list at a path: none when it is absent, one unknown reading when it is unknown."""
        match self.read(*path):
            case Known(tuple() as elements):
                yield from elements
            case Unknown() as unknown:
                yield unknown

    def _property(self, name: str) -> Reading:
        reading = _read(self._values, name)
        if isinstance(reading, Unknown) and self._derived is not None and name not in self._derived:
            return Absent()
        return reading

    def is_true(self, *path: str) -> bool:
        """Whether the property is known to be true."""
        return self.read(*path) == Known(True)


def _read(container: Any, key: str | int) -> Reading:
    try:
        value = container[key]
    except UnknownValueError:
        return Unknown()
    except (KeyError, IndexError):
        return Absent()
    if value is None:
        return Absent()
    if isinstance(value, Mapping):
        return Known(Properties(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Known(tuple(_read(value, index) for index in range(len(value))))
    return Known(value)
