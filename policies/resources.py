"""What a rule sees of a stack: resources with readable properties, joined by where their values came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pulumi

from policies.properties import Properties


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource. ``origins`` holds, for each top-level property, the resources that its value was taken from.

    Ids are not known in a preview and policies never see them afterwards, so origins are what joins resources.
    """

    urn: str
    token: str
    name: str
    properties: Properties
    origins: Mapping[str, list[Resource]] = field(default_factory=dict)

    def __str__(self) -> str:
        """As in ``rds.Instance 'shop-database'``, the way the program's author wrote it."""
        _, module, kind = self.token.split(":")
        return f"{module.split('/')[0]}.{kind} '{self.name}'"

    def is_a(self, kind: type[pulumi.Resource]) -> bool:
        """Whether this is a resource of that SDK class."""
        return self.token == token_of(kind)

    def origin(self, property_name: str, kind: type[pulumi.Resource]) -> tuple[Resource, ...]:
        """The resources of one type that the value of a property was taken from."""
        return tuple(each for each in self.origins.get(property_name, ()) if each.is_a(kind))


class Stack:
    """All resources of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_type: dict[str, list[Resource]] = {}
        for resource in resources:
            self._by_type.setdefault(resource.token, []).append(resource)

    def of_type(self, *kinds: type[pulumi.Resource]) -> Iterator[Resource]:
        """The resources of these SDK classes."""
        for kind in kinds:
            yield from self._by_type.get(token_of(kind), ())

    def from_origin(self, kind: type[pulumi.Resource], property_name: str, origin: Resource) -> Iterator[Resource]:
        """The resources of one type whose property was taken from the given resource: rules of a group, say."""
        return (each for each in self.of_type(kind) if origin in each.origins.get(property_name, ()))


def token_of(kind: type[pulumi.Resource]) -> str:
    """The type token of an SDK class, never written by hand: a misspelt one would make a rule that never fires."""
    return str(kind.pulumi_type)  # type: ignore[attr-defined]  # on every generated class, but not on their base
