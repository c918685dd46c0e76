"""What proves a rule: small stacks that it must refuse, pass or not apply to, and a fault in the real one.

Every rule has one ``Proof``, in ``proofs/`` by area; ``test_proofs.py`` and ``test_breakages.py`` try them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi

from policies.aws.stateful import STATEFUL
from policies.engine.outcome import Status
from policies.generated.aws_types import TAGGABLE
from policies.model.rule import Rule
from tests.policies.analyzer import Node, token_of

Nodes = tuple[Node, ...]
"""A little stack. The last of them is the one that the rule must have an opinion on."""

Breakage = Callable[[Sequence[Node]], list[Node]]
"""Makes production worse: gets all of its resources, gives all of them back, some changed."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """All forms of one rule. ``failing`` and ``passing`` are by what a case shows."""

    rule: Rule
    passing: Mapping[str, Nodes]
    failing: Mapping[str, Nodes]
    """Refused, and on the last resource of each."""
    absent: Nodes
    """The property, or the resource that should be there, is missing."""
    absent_is: Status = Status.FAILED
    unknown: Nodes
    """The property is one that is unknown until the update."""
    unknown_is: Status = Status.FAILED
    """``UNKNOWN`` for a rule that defers; ``PASSED`` where being set is all that matters."""
    not_applicable: Nodes | None
    """Nothing that the rule is about; None for a rule about everything."""
    config: Mapping[str, Any] = field(default_factory=dict)
    breakage: Breakage | None
    """What makes production violate exactly this rule; None, if nothing in production can."""
    fires_too: frozenset[str] = frozenset()
    """Other rules that the same fault violates, by right."""
    nothing_to_break: str = ""
    """Why ``breakage`` is None."""


def changed(kind: type[pulumi.Resource], name: str | None = None, /, **properties: Any) -> Breakage:
    """Other properties on all resources of a type, or on the one of a name; None takes a property away."""
    return replaced(kind, name, lambda node: node.but(**properties))


def replaced(kind: type[pulumi.Resource], name: str | None, change: Callable[[Node], Node]) -> Breakage:
    """A function applied to all resources of a type, or to the one of a name. AssertionError if there is none."""

    def breakage(nodes: Sequence[Node]) -> list[Node]:
        broken = [change(each) if _is(each, kind, name) else each for each in nodes]
        assert any(_is(each, kind, name) for each in nodes), f"production has no {kind.__name__} {name or ''}"
        return broken

    return breakage


def removed(kind: type[pulumi.Resource], name: str | None = None, /) -> Breakage:
    """All resources of a type taken out, or the one of a name."""

    def breakage(nodes: Sequence[Node]) -> list[Node]:
        left = [each for each in nodes if not _is(each, kind, name)]
        assert len(left) < len(nodes), f"production has no {kind.__name__} {name or ''}"
        return left

    return breakage


def added(*more: Node) -> Breakage:
    """Resources that production does not have, tagged and protected as its own are."""
    return lambda nodes: [*nodes, *map(_as_in_production, more)]


def _as_in_production(node: Node) -> Node:
    tags = {"Client": "client", "Environment": "prod", "System": "new", "ManagedBy": "pulumi"}
    tagged = node.but(tags={**tags, **node.properties.get("tags", {})}) if node.token in TAGGABLE else node
    return replace(tagged, protect=True) if node.token in STATEFUL else tagged


def _is(node: Node, kind: type[pulumi.Resource], name: str | None) -> bool:
    return node.token == token_of(kind) and name in (None, node.name)
