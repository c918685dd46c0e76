"""What all sections of a stack file share: fixed values, no unknown keys, and every fault of a section at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from settings.messages import Fault, FaultsError


class Section(BaseModel):
    """A part of the stack file. The text below each field describes its key in ``docs/configuration.md``.

    A key's own rule sits in its type (``values.py``). A subclass yields the faults between its keys from ``faults``.
    Making one with a wrong value raises pydantic's ``ValidationError``, which is a ``ValueError``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    def faults(self) -> Iterator[Fault]:
        """Every wrong value that is left once each key by itself is right."""
        yield from ()

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """The keys that a stack file may hold in it."""
        return tuple(cls.model_fields)

    def changed(self, **values: Any) -> Self:
        """The same section with other values for some keys, checked like a new one."""
        return type(self)(**{**dict(self), **values})

    @model_validator(mode="after")
    def _has_no_faults(self) -> Self:
        if found := tuple(self.faults()):
            raise FaultsError(found)
        return self


def repeated(values: Iterable[str]) -> list[str]:
    """The values that occur more than once, sorted."""
    seen = list(values)
    return sorted({value for value in seen if seen.count(value) > 1})


def unique(path: str, entries: Sequence[Section], key: str) -> Iterator[Fault]:
    """A fault if two entries of a list have the same value of a key."""
    if found := repeated(str(getattr(entry, key)) for entry in entries):
        yield Fault(path=path, got=found, expected=f"each {key} once")
