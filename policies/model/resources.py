"""What a rule sees of a stack: resources, their properties, and which resources the values were taken from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policies.model.properties import Known, Properties


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One resource. ``origins`` holds, for each top-level property, the resources that its value was taken from.

    Ids are unknown in a preview, and policies never see them afterwards, so resources are joined by their origins. A
    rule that sees one resource only gets none.
    """

    urn: str
    token: str
    name: str
    properties: Properties
    origins: Mapping[str, list[Resource]] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False
    provider: Properties | None = None
    """The properties of the resource's provider; None if the engine did not say."""

    def __str__(self) -> str:
        """Such as ``rds.Instance 'shop-database'``: the class and the name that the program uses."""
        package, module, kind = self.token.split(":")
        owner = module.split("/")[0] if package == "aws" else package
        return f"{owner}.{kind} '{self.name}'"

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return self.urn.split("::")[0].rpartition(":")[2]

    def is_a(self, *kinds: str) -> bool:
        """Whether this is a resource of one of these types."""
        return self.token in kinds

    def origin(self, property_name: str, *kinds: str) -> tuple[Resource, ...]:
        """The resources of these types that the value of a property was taken from."""
        return tuple(each for each in self.origins.get(property_name, ()) if each.token in kinds)

    def tag(self, name: str) -> object:
        """The value of a tag, or None if it is absent or unknown."""
        match self.properties.read("tags", name):
            case Known(value):
                return value
        return None


class Stack:
    """All resources of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_type: dict[str, list[Resource]] = {}
        self._users: dict[tuple[str, str, str], list[Resource]] = {}
        for resource in self.resources:
            self._by_type.setdefault(resource.token, []).append(resource)

    def of_type(self, *kinds: str) -> Iterator[Resource]:
        """The resources of these types."""
        for kind in kinds:
            yield from self._by_type.get(kind, ())

    def from_origin(self, kind: str, property_name: str, origin: Resource) -> Iterator[Resource]:
        """The resources of one type whose property was taken from ``origin``, such as the rules of a security group."""
        if not self._users:
            self._index()
        yield from self._users.get((kind, property_name, origin.urn), ())

    def _index(self) -> None:
        for resource in self.resources:
            for name, sources in resource.origins.items():
                for urn in {source.urn for source in sources}:
                    self._users.setdefault((resource.token, name, urn), []).append(resource)
