"""Reads a resource's properties, of which some are secret and some are unknown until the update.

The SDK decodes all properties of a resource anew for each policy, passes secrets as plain values, and raises on the
first unknown value that a policy reads, so that a mandatory policy passes the preview. Here they are read from the
engine's message itself: a property is known (secret or not), absent or unknown, and the rule says what each means.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2
from pulumi_policy import deserialize, proxy


@dataclass(frozen=True)
class Known:
    """A value: text, number or bool, a ``Properties`` for an object, or a tuple of readings for a list.

    A rule compares values as it likes, but never prints one that is ``secret``.
    """

    value: Any
    secret: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Absent:
    """Not set, or set to null."""


@dataclass(frozen=True)
class Unknown:
    """Set to a value that is unknown until the update. ``secret`` says that the value will be a secret."""

    secret: bool = field(default=False, compare=False)


Reading = Known | Absent | Unknown

_UNKNOWN_VALUES = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_ABSENT = Absent()


class Properties:
    """The properties of a resource, or of an object within one.

    Rules that see the whole stack get outputs: at preview, what the program set, and unknown values that the provider
    will compute. ``derived`` names the properties whose values come from other resources. An unknown value that comes
    from none is computed by the provider, and reads as absent.
    """

    def __init__(
        self, struct: struct_pb2.Struct, *, derived: Collection[str] | None = None, secret: bool = False
    ) -> None:
        self._fields = struct.fields
        self._derived = derived
        self._secret = secret
        self._known: dict[str, Reading] = {}
        self._leaves: tuple[tuple[str, Reading], ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any], *, secret: bool = False) -> Properties:
        """Properties made of plain values, such as a parsed document."""
        struct = struct_pb2.Struct()
        struct.update(values)
        return cls(struct, secret=secret)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._fields))

    def read(self, *path: str) -> Reading:
        """The property at a path of names. Unknown if anything on the way to it is unknown."""
        if not path:
            return Known(self)
        reading = self._property(path[0])
        for name in path[1:]:
            if not isinstance(reading, Known):
                return reading
            reading = reading.value._property(name) if isinstance(reading.value, Properties) else _ABSENT
        return reading

    def each(self, *path: str) -> Iterator[Reading]:
        """The elements of the list at a path: none when it is absent, one unknown reading when it is unknown."""
        match self.read(*path):
            case Known(tuple() as elements):
                yield from elements
            case Unknown() as unknown:
                yield unknown

    def read_json(self, *path: str) -> Reading:
        """The object that the text at a path holds as JSON; absent if the text is not a JSON object."""
        reading = self.read(*path)
        match reading:
            case Known(str() as text, secret=secret):
                try:
                    document = json.loads(text)
                except ValueError:
                    return _ABSENT
                if not isinstance(document, dict):
                    return _ABSENT
                return Known(Properties.of(document, secret=secret), secret)
        return reading

    def is_true(self, *path: str) -> bool:
        """Whether the property is known to be true."""
        return self.read(*path) == Known(True)

    def leaves(self) -> Iterator[tuple[str, Reading]]:
        """Every value that is not an object or a list, with its dotted path, in the order of names."""
        if self._leaves is None:
            self._leaves = tuple(leaf for name in self for leaf in _leaves(name, self._property(name)))
        yield from self._leaves

    def _property(self, name: str) -> Reading:
        # Many rules ask for the same property.
        if name not in self._known:
            self._known[name] = self._from_message(name)
        return self._known[name]

    def _from_message(self, name: str) -> Reading:
        if name not in self._fields:
            return _ABSENT
        reading = _read(self._fields[name], self._secret)
        if isinstance(reading, Unknown) and self._derived is not None and name not in self._derived:
            return _ABSENT
        return reading


def _leaves(path: str, reading: Reading) -> Iterator[tuple[str, Reading]]:
    match reading:
        case Known(Properties() as properties):
            for name in properties:
                yield from _leaves(f"{path}.{name}", properties.read(name))
        case Known(tuple() as elements):
            for index, element in enumerate(elements):
                yield from _leaves(f"{path}[{index}]", element)
        case _:
            yield path, reading


def _read(value: struct_pb2.Value, secret: bool) -> Reading:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return Unknown(secret) if text in _UNKNOWN_VALUES else Known(text, secret)
        case "bool_value":
            return Known(value.bool_value, secret)
        case "number_value":
            number = value.number_value
            return Known(int(number) if number.is_integer() else number, secret)
        case "struct_value":
            return _read_struct(value.struct_value, secret)
        case "list_value":
            return Known(tuple(_read(element, secret) for element in value.list_value.values), secret)
    return _ABSENT


def _read_struct(struct: struct_pb2.Struct, secret: bool) -> Reading:
    fields = struct.fields
    if deserialize.SPECIAL_SIG_KEY not in fields:
        return Known(Properties(struct, secret=secret), secret)
    match fields[deserialize.SPECIAL_SIG_KEY].string_value:
        case deserialize.SPECIAL_SECRET_SIG:
            return _read(fields["value"], secret=True)
        case deserialize.SPECIAL_ASSET_SIG | deserialize.SPECIAL_ARCHIVE_SIG:
            # A file: its text, path, address or nested files, under those names.
            return Known(Properties(struct, secret=secret), secret)
        case signature:
            raise ValueError(f"got a value with the signature {signature}, expected a secret, an asset or an archive")
