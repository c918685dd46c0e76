"""A built program as plain values, so that a test is an ordinary assert: no outputs, no ``apply``, no event loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

STACK_TYPE = "pulumi:pulumi:Stack"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One registered resource, or a reference to another stack: what the program asked for, what the cloud answered.

    Property names are the wire's (``cidrBlock``). Numbers without a fraction are ints, and secrets are unwrapped:
    ``secrets`` and ``secret_outputs`` hold the dotted paths of what was secret. Graphs are shared by tests: copy before
    changing.
    """

    urn: str
    type: str
    name: str
    parent: str
    """URN of the parent; the stack's own URN for a top-level resource."""
    custom: bool
    """False for a component."""
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    outputs_registered: bool
    """True for what is no component; for a component, whether it registered ``outputs``, which else are empty."""
    secrets: frozenset[str] = frozenset()
    secret_outputs: frozenset[str] = frozenset()
    provider: str = ""
    """URN of an explicit provider; empty for the default one."""
    dependencies: frozenset[str] = frozenset()
    """URNs, from inputs and from ``depends_on``."""
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each top-level input, the URNs of the resources that its value came from."""
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False
    timeouts: Mapping[str, str] = field(default_factory=dict)
    """By operation (``create``, ``update``, ``delete``), for those that the program sets."""

    @property
    def id(self) -> str:
        """The physical id that the cloud answered; empty for a component."""
        return str(self.outputs.get("id", ""))

    def is_secret(self, path: str) -> bool:
        """Whether the input at this dotted path, or anything that holds it, was passed as a secret."""
        return _covers(self.secrets, path)

    def comes_from(self, property_name: str) -> frozenset[str]:
        """URNs of the resources that the value of a top-level input was taken from."""
        return self.property_dependencies.get(property_name, frozenset())


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Every resource of one stack, ordered by URN, and what the stack exports."""

    stack: str
    """URN of the stack itself."""
    resources: tuple[Resource, ...]
    exports: Mapping[str, Any]
    secret_exports: frozenset[str]
    """Dotted paths of the exports, or parts of exports, that are secret."""
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """The provider functions that the program called, by token, with their arguments: each call once, sorted."""

    def __getitem__(self, urn: str) -> Resource:
        return next(resource for resource in self.resources if resource.urn == urn)

    def of_type(self, kind: type[pulumi.Resource] | str) -> tuple[Resource, ...]:
        """All of one type: an SDK class, or the token of a component such as ``magento:network:Network``."""
        token = kind if isinstance(kind, str) else _token(kind)
        return tuple(resource for resource in self.resources if resource.type == token)

    def one(self, kind: type[pulumi.Resource] | str, *, name: str | None = None) -> Resource:
        """The only resource of a type, or the one of that logical name. Raises LookupError, listing what there is."""
        candidates = self.of_type(kind)
        found = [resource for resource in candidates if name is None or resource.name == name]
        if len(found) != 1:
            wanted = f"{kind if isinstance(kind, str) else _token(kind)}{f' named {name}' if name else ''}"
            raise LookupError(f"wanted one {wanted}, found {len(found)} among {[each.name for each in candidates]}")
        return found[0]

    def children(self, parent: Resource | str) -> tuple[Resource, ...]:
        """What is parented directly to a resource, or to a URN such as the stack's."""
        urn = parent if isinstance(parent, str) else parent.urn
        return tuple(resource for resource in self.resources if resource.parent == urn)

    def descendants(self, ancestor: Resource | str) -> Iterator[Resource]:
        """Everything below a resource, depth first."""
        for child in self.children(ancestor):
            yield child
            yield from self.descendants(child)

    def components(self) -> tuple[Resource, ...]:
        """Every component resource, but not the stack."""
        return tuple(resource for resource in self.resources if not resource.custom)

    def tagged(self, **tags: str) -> tuple[Resource, ...]:
        """All resources that carry these tags, such as ``tagged(System="gateway")``."""
        return tuple(
            resource for resource in self.resources if tags.items() <= dict(resource.inputs.get("tags") or {}).items()
        )

    def is_secret_export(self, path: str) -> bool:
        """Whether the export at this dotted path, or anything that holds it, is secret."""
        return _covers(self.secret_exports, path)


def _covers(secret_paths: frozenset[str], path: str) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:length]) in secret_paths for length in range(1, len(parts) + 1))


def _token(kind: type[pulumi.Resource]) -> str:
    return str(kind.pulumi_type)  # type: ignore[attr-defined]  # every generated SDK class has it; the base class not
