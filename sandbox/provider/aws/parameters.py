"""Database and cache parameters: which of a group to set and which to reset when a program changes its list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sandbox.provider.adapter import Values

BATCH = 20
"""Parameters that one Modify or Reset call of RDS or ElastiCache takes at most (their API references)."""

T = TypeVar("T")


def to_set(old: Sequence[Values], new: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """The parameters that are new or changed, a batch at a time."""
    return batches([parameter for parameter in new if parameter not in old])


def to_reset(old: Sequence[Values], new: Sequence[Mapping[str, str]]) -> Iterator[Sequence[Values]]:
    """The parameters that the program no longer lists, a batch at a time."""
    kept = {parameter["name"] for parameter in new}
    return batches([parameter for parameter in old if parameter["name"] not in kept])


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in runs of at most ``BATCH``."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
