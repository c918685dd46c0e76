"""Nested records between pulumi-aws's spelling and AWS's, from one table that serves both directions.

    RULE = Shape(
        {
            "id": "ID",
            "status": Leaf("Status", default="Enabled"),
            "expiration": Nested("Expiration", Shape({"days": "Days"})),
        },
    )

AWS answers a record whole, with its defaults for what the program leaves out. ``from_aws`` leaves out a field that has
its default, unless the program sets it too: both mean the same configuration. ``unknown_keys`` reports each key that a
table does not name, so that nothing nested is silently dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.provider.adapter import UNSET, Values


def unhandled(known: Iterable[str]) -> str:
    """The reason to refuse a nested property that the adapter does not handle."""
    return f"got a property that the sandbox does not handle, expected one of {', '.join(sorted(known))}"


@dataclass(frozen=True)
class Leaf:
    """A field that holds a plain value; a bare name is one without a default."""

    name: str
    """The field's name at AWS."""
    default: Any = UNSET
    """What AWS answers when nothing was said."""
    computed: bool = False
    """AWS chooses when the program says nothing: read only if the program says it, or in an import."""


@dataclass(frozen=True)
class Nested:
    """A field that holds a record, or with ``many`` a list of them."""

    name: str
    """The field's name at AWS."""
    shape: Shape
    many: bool = False
    write_only: bool = False
    """AWS never gives it back, such as a password: what the program said last is taken for what there is."""


@dataclass(frozen=True)
class Shape:
    """The fields of one record: pulumi-aws's name to AWS's."""

    fields: Mapping[str, str | Leaf | Nested]

    def to_aws(self, record: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Values:
        """The record in AWS's spelling; fields that say nothing, and keys that are no field of the shape, are left out.
        A field of ``before`` that the record has no longer goes back to its default."""
        answer: Values = {}
        for name, field in self._fields():
            value, earlier = record.get(name), (before or {}).get(name)
            if isinstance(field, Leaf):
                if value is None and earlier is not None and field.default is not UNSET:
                    value = field.default
                if value is not None:
                    answer[field.name] = value
            elif value is None:
                continue
            elif field.many:
                answer[field.name] = [field.shape.to_aws(item) for item in value]
            else:
                answer[field.name] = field.shape.to_aws(value, earlier)
        return answer

    def from_aws(self, record: Mapping[str, Any] | None, said: Mapping[str, Any] | None = None) -> Values:
        """The record in pulumi-aws's spelling; fields that AWS leaves out are left out. ``said`` is how the program
        wrote it last, as far as that is known."""
        said = said or {}
        answer: Values = {}
        for name, field in self._fields():
            if isinstance(field, Nested) and field.write_only:
                if name in said:
                    answer[name] = said[name]
                continue
            value = (record or {}).get(field.name)
            if isinstance(field, Leaf):
                unsaid = name not in said and (value == field.default or (field.computed and said))
                if value is not None and not unsaid:
                    answer[name] = value
            elif value is not None:
                part = (
                    field.shape.many_from_aws(value, said.get(name))
                    if field.many
                    else field.shape.from_aws(value, said.get(name))
                )
                if part or name in said:
                    answer[name] = part
        return answer

    def many_from_aws(
        self, records: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]] | None = None
    ) -> list[Values]:
        """A list of records. Each takes the spelling of the one in ``said`` that means the same, if there is one."""
        return [self._as_said(record, said or ()) for record in records]

    def unknown_keys(self, value: Any, path: str) -> Iterator[tuple[str, str]]:
        """Each key of a record, or of a list of them, that this adapter does not handle: ``(path, reason)``."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.unknown_keys(item, f"{path}[{index}]")
        elif isinstance(value, Mapping):
            for name, item in value.items():
                field = self.fields.get(name)
                if field is None:
                    yield f"{path}.{name}", unhandled(self.fields)
                elif isinstance(field, Nested):
                    yield from field.shape.unknown_keys(item, f"{path}.{name}")

    def _as_said(self, record: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> Values:
        for candidate in candidates:
            spelled = self.from_aws(record, candidate)
            if spelled == candidate:
                return spelled
        return self.from_aws(record)

    def _fields(self) -> Iterator[tuple[str, Leaf | Nested]]:
        for name, field in self.fields.items():
            yield name, Leaf(field) if isinstance(field, str) else field
