"""What one program asks for and another does not: by resource, by property and by export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.graph import Graph, Resource

CONTAINERS = re.compile(r"^(operations|shared-platform)-")
"""The components whose names begin the names of what they only hold together."""


def only_in_one(before: Graph, after: Graph) -> list[str]:
    """The names of resources that one of the graphs has and the other has not."""
    old, new = ({each.urn: _shown(each) for each in graph.resources} for graph in (before, after))
    return [old.get(urn) or new[urn] for urn in old.keys() ^ new.keys()]


def differences(before: Graph, after: Graph) -> Iterator[str]:
    """``resource.property`` for what is declared otherwise of a resource that both have, and the path of each export
    that differs. An element that a list of texts has more or less is ``path[]element``; an option of Beanstalk is
    ``settings.namespace/option``."""
    old, new = ({each.urn: each for each in graph.resources} for graph in (before, after))
    for urn in old.keys() & new.keys():
        yield from _differing(_declared(old[urn]), _declared(new[urn]), _shown(old[urn]))
    for path in _differing(before.exports, after.exports, "exports"):
        yield path.removeprefix("exports.")


def _shown(resource: Resource) -> str:
    return CONTAINERS.sub("", resource.name)


def _declared(resource: Resource) -> dict[str, Any]:
    """What the program says of a resource, and not what the cloud answers."""
    return {
        **resource.inputs,
        "parent": resource.parent,
        "provider": resource.provider,
        "protect": resource.protect,
        "retain_on_delete": resource.retain_on_delete,
        "ignore_changes": resource.ignore_changes,
        "replace_on_changes": resource.replace_on_changes,
    }


def _differing(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, list) and isinstance(after, list) and _are_options(before + after):
        before, after = (
            {f"{each['namespace']}/{each['name']}": each["value"] for each in options} for options in (before, after)
        )
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                yield from _differing(before.get(key), after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and all(isinstance(each, str) for each in before + after):
        yield from (f"{path}[]{each}" for each in sorted(set(before) ^ set(after)))
    elif before != after:
        yield path


def _are_options(values: list[Any]) -> bool:
    return all(isinstance(each, dict) and each.keys() == {"namespace", "name", "value"} for each in values)
