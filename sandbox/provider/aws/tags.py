"""Tags between pulumi-aws's shape, a plain mapping, and AWS's, a list of key and value records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

TagRecord = dict[str, str]
"""One tag as most of AWS's APIs spell it: ``{"Key": …, "Value": …}``."""


def to_records(tags: Mapping[str, str] | None) -> list[TagRecord]:
    """The tags as AWS's list of records, in the order of their keys; empty for none."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def from_records(records: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags of a list of records as a mapping; a tag without a value has the empty one."""
    return {record["Key"]: record.get("Value", "") for record in records or ()}
