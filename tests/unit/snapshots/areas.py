"""Which area of ``components/`` a resource belongs to."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from tests.unit.graph import Graph, Resource
from tests.unit.program import PROJECT, ROOT

OUTSIDE = "outside"
"""What is in no component: references to other stacks, provider functions and the stack's own outputs."""

# Their components are parts of other components: a database's security group is read with the database.
_PARTS = ("network", "shared")


class Tree:
    """Where the resources of a graph are: the components around each."""

    def __init__(self, graph: Graph) -> None:
        self._by_urn = {each.urn: each for each in graph.resources}

    def area_of(self, resource: Resource) -> str:
        """The area of the nearest component that the resource is part of: ``data`` for a database's security group."""
        areas = [area for each in self._lineage(resource) if (area := _area_of_type(each.type))]
        return next((area for area in areas if area not in _PARTS), areas[0] if areas else OUTSIDE)

    def path_of(self, resource: Resource) -> str:
        """The logical names from the outermost component to the resource: ``site / site-database / …``."""
        return " / ".join(reversed([each.name for each in self._lineage(resource)]))

    def _lineage(self, resource: Resource) -> Iterator[Resource]:
        """The resource itself, its parent, and so on up to the outermost component."""
        found: Resource | None = resource
        while found:
            yield found
            found = self._by_urn.get(found.parent)


def _area_of_type(token: str) -> str:
    """``data`` for ``magento:data:Cache``; for ``magento:index:Cache``, the folder that defines it; else empty."""
    package, area, name = token.split(":")
    if package != PROJECT:
        return ""
    return _folders().get(name, "") if area == "index" else area


@functools.cache
def _folders() -> dict[str, str]:
    """The folder below ``components/`` that registers each component type of the area ``index``."""
    return {
        name: path.relative_to(ROOT / "components").parts[0]
        for path in (ROOT / "components").rglob("*.py")
        for name in re.findall(rf'"{PROJECT}:index:(\w+)"', path.read_text())
    }
