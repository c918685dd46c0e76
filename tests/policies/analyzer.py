"""Feeds resources to the pack by the engine's own protocol, so that a rule is tested as the engine will run it.

A test writes resources down as ``node`` values, and ``analyze`` says which rules fired on which of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.catalogue import RULES
from policies.enforcement import policies_of
from policies.resources import token_of
from policies.rule import Rule
from tests.unit.graph import STACK_REFERENCE, Graph
from tests.unit.wire import SECRET, SIGNATURE, struct_of

UNKNOWN = UNKNOWN_STRING_VALUE
"""What the engine sends at preview in place of a value that only the update will tell."""


def secret(value: object) -> dict[str, object]:
    """A value as the engine sends a secret one."""
    return {SIGNATURE: SECRET, "value": value}


@dataclass(frozen=True, kw_only=True)
class Node:
    """One resource as the engine describes it: wire-named properties, and where their values came from."""

    urn: str
    token: str
    properties: Mapping[str, Any]
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """URNs of the resources that the value of each top-level property was taken from."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    def but(self, **properties: Any) -> Node:
        """The same resource with other properties; None takes one away."""
        merged = {**self.properties, **properties}
        return replace(self, properties={key: value for key, value in merged.items() if value is not None})

    def derived(self, **properties: Any) -> Node:
        """The same resource with properties that hold unknown values taken from a resource that no rule knows."""
        origins = dict.fromkeys(properties, ("urn:pulumi:test::magento::example:index:Other::other",))
        return replace(self, properties={**self.properties, **properties}, origins={**self.origins, **origins})

    def taken_from(self, **origins: tuple[str, ...]) -> Node:
        """The same resource with properties whose values are ids of other resources, by URN: unknown at preview."""
        unknown = dict.fromkeys(origins, UNKNOWN)
        return replace(self, properties={**self.properties, **unknown}, origins={**self.origins, **origins})


def node(kind: type[pulumi.Resource], name: str, /, **properties: Any) -> Node:
    """A resource of an SDK class. A property that is a node, or a list with nodes, is an id taken from it: unknown at
    preview, with the node as its origin."""
    origins: dict[str, tuple[str, ...]] = {}
    values: dict[str, Any] = {}
    for key, value in properties.items():
        elements = value if isinstance(value, list) else [value]
        values[key] = [_sent(each) for each in value] if isinstance(value, list) else _sent(value)
        sources = tuple(each.urn for each in elements if isinstance(each, Node))
        if sources:
            origins[key] = sources
    token = token_of(kind)
    return Node(urn=f"urn:pulumi:test::magento::{token}::{name}", token=token, properties=values, origins=origins)


def _sent(value: Any) -> Any:
    return UNKNOWN if isinstance(value, Node) else value


def nodes_of(graph: Graph) -> tuple[Node, ...]:
    """Every custom resource of a built program, with what the program asked for, as the engine would send it."""
    return tuple(
        Node(
            urn=resource.urn,
            token=resource.type,
            properties=resource.inputs,
            origins={name: tuple(sorted(urns)) for name, urns in resource.property_dependencies.items()},
        )
        for resource in graph.resources
        # The engine does not show policies the other stacks that a program reads.
        if resource.custom and resource.type != STACK_REFERENCE
    )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One thing that the pack said."""

    rule: str
    urn: str
    level: EnforcementLevel
    message: str

    @property
    def name(self) -> str:
        """The name of the resource that it is about."""
        return self.urn.rpartition("::")[2]


def analyze(
    nodes: Iterable[Node], *, rules: Iterable[Rule] = RULES, config: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Verdict]:
    """What the rules say of these resources, one by one and as a stack. ``config`` is by rule id."""
    resources = list(nodes)
    pack: Any = _PolicyAnalyzerServicer("magento", "0.0.1", policies_of(rules), EnforcementLevel.MANDATORY)
    pack.Configure(_configuration(config or {}), None)
    said = [
        diagnostic
        for each in resources
        for diagnostic in pack.Analyze(
            analyzer_pb2.AnalyzeRequest(
                urn=each.urn, type=each.token, name=each.name, properties=struct_of(each.properties)
            ),
            None,
        ).diagnostics
    ]
    said += pack.AnalyzeStack(
        analyzer_pb2.AnalyzeStackRequest(resources=[_stack_resource(each) for each in resources]), None
    ).diagnostics
    return [
        Verdict(
            rule=each.policyName,
            urn=each.urn,
            level=EnforcementLevel(analyzer_pb2.EnforcementLevel.Name(each.enforcementLevel).lower()),
            message=each.message,
        )
        for each in said
    ]


def fired(verdicts: Iterable[Verdict]) -> set[tuple[str, str]]:
    """The mandatory verdicts, as pairs of rule and resource name."""
    return {(each.rule, each.name) for each in verdicts if each.level is EnforcementLevel.MANDATORY}


def _stack_resource(each: Node) -> analyzer_pb2.AnalyzerResource:
    resource = analyzer_pb2.AnalyzerResource(
        urn=each.urn, type=each.token, name=each.name, properties=struct_of(each.properties)
    )
    for name, urns in each.origins.items():
        resource.propertyDependencies[name].urns.extend(urns)
    return resource


def _configuration(config: Mapping[str, Mapping[str, Any]]) -> analyzer_pb2.ConfigureAnalyzerRequest:
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for rule, values in config.items():
        request.policyConfig[rule].enforcementLevel = analyzer_pb2.MANDATORY
        request.policyConfig[rule].properties.update(dict(values))
    return request
