"""The provider's default tags beneath a resource's own, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.adapter import Values
from sandbox.provider.values import UNKNOWN

Tags = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class IgnoredTags:
    """The provider's ``ignoreTags``: tags that others set on our resources, and that we neither see nor remove."""

    keys: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def __contains__(self, key: str) -> bool:
        # AWS's own tags can't be set or removed by anyone.
        return key in self.keys or key.startswith(("aws:", *self.prefixes))


def all_tags(defaults: Tags, own: Any) -> Any:
    """Every tag that a resource is to carry: unknown while its own tags are."""
    return UNKNOWN if own == UNKNOWN else {**defaults, **(own or {})}


def sort_out(live: Values, defaults: Tags, own: Tags, ignored: IgnoredTags) -> Values:
    """What an adapter's ``read`` answered, its tags split into ``tags`` (the resource's ``own`` and those that others
    set) and ``tagsAll``. A default tag is the resource's own only where the program wrote it on the resource too."""
    carried = {key: value for key, value in (live.get("tags") or {}).items() if key not in ignored}
    tags = {key: value for key, value in carried.items() if key in own or defaults.get(key) != value}
    return {**live, "tags": tags, "tagsAll": carried}


def retagging(old: Tags, new: Tags) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove."""
    return {key: value for key, value in new.items() if old.get(key) != value}, sorted(old.keys() - new.keys())
