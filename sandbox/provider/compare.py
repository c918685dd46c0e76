"""When two values of a property are the same, and how a resource's inputs differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any, Final

from sandbox.provider.adapter import GLOBAL_SERVICES, UNSET, Adapter, Property, Values

DEFAULTED: Final = "__defaults"
"""Among a resource's inputs: the properties that the plugin named, where the program did not. The official provider's
key."""

_REGION: Final = Property(replaces=True)
_TAGS_ALL: Final = Property()


def inputs_of(adapter: Adapter) -> dict[str, Property]:
    """The declared properties with those that the plugin handles for every type."""
    properties = dict(adapter.properties)
    if is_regional(adapter):
        properties["region"] = _REGION
    if "tags" in properties:
        properties["tagsAll"] = _TAGS_ALL
    return properties


def is_regional(adapter: Adapter) -> bool:
    """Whether the type has pulumi-aws's ``region`` input."""
    return adapter.token.startswith("aws:") and adapter.service not in GLOBAL_SERVICES


def default_of(declared: Property) -> Any:
    """The property's default as a fresh value, or ``None``."""
    return None if declared.default is UNSET else deepcopy(declared.default)


def is_empty(value: Any) -> bool:
    """Nothing, as AWS sees it: an absent value, an empty text, list or object, or ``False``."""
    return value is None or value is False or value in ("", [], {})


def same(declared: Property, one: Any, other: Any) -> bool:
    """Whether two values mean the same to AWS, as the property is declared."""
    return bool(_canonical(declared, one) == _canonical(declared, other)) or (is_empty(one) and is_empty(other))


def differences(
    adapter: Adapter, old_inputs: Values, state: Values, news: Values, ignored: Collection[str] = ()
) -> dict[str, tuple[Any, Any]]:
    """The properties that differ and are not ignored, each with its old and new value (``None`` where absent)."""
    differing: dict[str, tuple[Any, Any]] = {}
    for name, declared in inputs_of(adapter).items():
        new = news.get(name)
        if name in ignored or (new is None and declared.computed):
            continue
        old = old_inputs.get(name)
        if declared.computed:
            # AWS may have decided otherwise than it was asked: a restored database keeps its snapshot's key.
            old = state.get(name, old)
        default = default_of(declared)
        if not same(declared, default if old is None else old, default if new is None else new):
            differing[name] = (old, new)
    return differing


def _canonical(declared: Property, value: Any) -> Any:
    if declared.json and isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value  # not a document, or not known yet: the text itself is compared
    return _tidy(value, unordered=declared.unordered)


def _tidy(value: Any, *, unordered: bool) -> Any:
    if isinstance(value, Mapping):
        return {name: _tidy(part, unordered=unordered) for name, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        items = [_tidy(item, unordered=unordered) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=repr)) if unordered else items
    return value
