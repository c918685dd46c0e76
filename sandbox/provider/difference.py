"""Diff: what an update would change, and whether it needs a new resource."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

from sandbox.provider.adapter import Adapter, Values
from sandbox.provider.compare import DEFAULTED, differences, inputs_of, same

UNFINISHED = "__unfinished"
"""Among a resource's properties: it was made, but ``configure`` did not come to its end."""


class Change(Enum):
    """How one property differs."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a resource's inputs differ from the ones that it was last made or updated with."""

    changes: dict[str, Change] = field(default_factory=dict)
    replaces: frozenset[str] = frozenset()
    delete_before_replace: bool = False
    unfinished: bool = False
    """An update is due even without a change: to finish what was begun."""


def diff(
    adapter: Adapter, old_inputs: Values, state: Values, news: Values, ignored: Collection[str] = ()
) -> Difference:
    """Compares old and new inputs by the adapter's declaration; an unknown new value counts as a change. ``ignored``
    has the names that the program ignores changes of."""
    declared = inputs_of(adapter)
    changes: dict[str, Change] = {}
    for name, (old, new) in differences(adapter, old_inputs, state, news, ignored).items():
        changes[name] = Change.ADD if old is None else Change.DELETE if new is None else Change.UPDATE
    replaces = frozenset(name for name in changes if declared[name].replaces)
    replaces |= adapter.replaced(old_inputs, news) & changes.keys()
    return Difference(
        changes=changes,
        replaces=replaces,
        delete_before_replace=bool(replaces) and (adapter.delete_before_replace or _name_taken(adapter, state, news)),
        unfinished=bool(state.get(UNFINISHED)),
    )


def _name_taken(adapter: Adapter, state: Values, news: Values) -> bool:
    """Whether the program itself gives the replacement the physical name that the old resource still has."""
    return any(
        declared.autoname is not None
        and name in news
        and name not in news.get(DEFAULTED, [])
        and same(declared, state.get(name), news[name])
        for name, declared in adapter.properties.items()
    )
