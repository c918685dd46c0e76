"""Feeds resources to the pack by the engine's own protocol, so that a rule is tested as the engine will run it.

A test writes resources down as ``node`` values, and ``analyze`` says which rules fired on which of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import pulumi
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.engine.analyzer import Analyzer
from policies.engine.catalogue import RULES
from policies.engine.exceptions import Exceptions, PolicyException
from policies.engine.outcome import Journal, Outcome, StackEvaluated
from policies.engine.stack_permissions import initial_config
from policies.model.properties import Properties
from policies.model.rule import Environment, Rule
from policies.rules.operations.pack import ENVIRONMENT_DECLARED
from tests.policies.sdk import check_properties
from tests.unit.graph import STACK_REFERENCE, Graph
from tests.unit.wire import SECRET, SIGNATURE, struct_of

UNKNOWN = UNKNOWN_STRING_VALUE
"""What the engine sends at preview in place of a value that is unknown until the update."""

MESSAGES = 2048
"""How many resources are remembered as messages: those of production, twice, and what trials change."""

PERMITTED: dict[str, dict[str, Any]] = {
    rule: {name: value for name, value in config.items() if name != "enforcementLevel"}
    for rule, config in initial_config().items()
    if isinstance(config, dict)
}
"""What the shipped stack files permit, as the pack has it."""


def secret(value: object) -> dict[str, object]:
    """A value as the engine sends a secret one."""
    return {SIGNATURE: SECRET, "value": value}


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """One resource as the engine describes it: wire-named properties, and where their values came from."""

    urn: str
    token: str
    properties: Mapping[str, Any]
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """URNs of the resources that the value of each top-level property was taken from."""
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False
    region: str = ""
    """The region of an explicit provider."""

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


def token_of(kind: type[pulumi.Resource]) -> str:
    """The type token of an SDK class."""
    return str(kind.pulumi_type)  # type: ignore[attr-defined]  # on every generated class, but not on their base


def node(kind: type[pulumi.Resource], name: str, /, **properties: Any) -> Node:
    """A resource of an SDK class. A property that is a node, or a list with nodes, is an id taken from it: unknown at
    preview, with the node as its origin. Raises TypeError for a property that the class does not have."""
    check_properties(kind, properties)
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
            properties=_marked(resource.inputs, resource.secrets),
            origins={name: tuple(sorted(urns)) for name, urns in resource.property_dependencies.items()},
            protect=resource.protect,
            ignore_changes=resource.ignore_changes,
        )
        for resource in graph.resources
        # The engine does not show policies the other stacks that a program reads.
        if resource.custom and resource.type != STACK_REFERENCE
    )


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """One message of the pack about one resource."""

    rule: str
    urn: str
    level: EnforcementLevel
    message: str

    @property
    def name(self) -> str:
        """The name of the resource that it is about."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What the pack answered the engine, and what it wrote into the journal."""

    diagnostics: list[Diagnostic]
    outcomes: list[Outcome]
    not_applicable: set[str]
    """Rules that apply to no resource."""


class _Record(Journal):
    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[Outcome] = []

    def add(self, entry: Outcome | StackEvaluated) -> None:
        if isinstance(entry, Outcome):
            self.outcomes.append(entry)


@dataclass(frozen=True)
class _StackRequest:
    """Holds the engine's messages as an AnalyzeStackRequest does, which copies them."""

    resources: list[analyzer_pb2.AnalyzerResource]


class _Pack(Analyzer):
    """The pack, which remembers what it has read of a message: most are the same in all trials of a stack."""

    _read: ClassVar[dict[int, tuple[Any, Properties]]] = {}
    """By the identity of the message, which is kept with it."""

    def _properties(self, request: Any, *, derived: frozenset[str] | None = None) -> Properties:
        if id(request) not in self._read:
            if len(self._read) >= MESSAGES:
                self._read.clear()
            self._read[id(request)] = request, super()._properties(request, derived=derived)
        return self._read[id(request)][1]


def analyzer(
    rules: Iterable[Rule] = RULES,
    *,
    config: Mapping[str, Mapping[str, Any]] | None = None,
    levels: Mapping[str, EnforcementLevel] | None = None,
    exceptions: Iterable[PolicyException] = (),
    journal: Journal | None = None,
) -> Any:
    """The pack's own servicer, configured as the engine would. ``config`` and ``levels`` are by rule id."""
    rules = tuple(rules)
    pack = _Pack(rules, exceptions=Exceptions(tuple(exceptions)), journal=journal or Journal())
    pack.Configure(configuration(rules, config or {}, levels or {}), None)
    return pack


def trial(
    nodes: Iterable[Node], pack: Any = None, *, one_by_one: Iterable[Node] | None = None, **options: Any
) -> Trial:
    """Hands resources to the pack one by one and then as a stack, as a preview does. Options are ``analyzer``'s.

    ``one_by_one`` are the resources to hand over singly; None means all.
    """
    resources = list(nodes)
    record = _Record()
    pack = pack or analyzer(journal=record, **options)
    singly = resources if one_by_one is None else one_by_one
    answers = [pack.Analyze(_resource(analyzer_pb2.AnalyzeRequest, each), None) for each in singly]
    answers.append(pack.AnalyzeStack(_StackRequest([_stack_resource(each) for each in resources]), None))
    diagnostics = [
        Diagnostic(
            rule=each.policyName,
            urn=each.urn,
            level=EnforcementLevel(analyzer_pb2.EnforcementLevel.Name(each.enforcementLevel).lower()),
            message=each.message,
        )
        for answer in answers
        for each in answer.diagnostics
    ]
    others = {each.policy_name for answer in answers for each in answer.not_applicable}
    asked = {each.policy for each in record.outcomes}
    return Trial(diagnostics=diagnostics, outcomes=record.outcomes, not_applicable=others - asked)


def analyze(nodes: Iterable[Node], **options: Any) -> list[Diagnostic]:
    """What the rules say of these resources, one by one and as a stack. Options are ``analyzer``'s."""
    return trial(nodes, **options).diagnostics


def fired(diagnostics: Iterable[Diagnostic]) -> set[tuple[str, str]]:
    """The mandatory diagnostics, as pairs of rule and resource name."""
    return {(each.rule, each.name) for each in diagnostics if each.level is EnforcementLevel.MANDATORY}


def _marked(inputs: Mapping[str, Any], secrets: frozenset[str]) -> dict[str, Any]:
    """Inputs with what was passed as a secret marked as the engine marks it."""
    return {name: _marked_value(value, name, secrets) for name, value in inputs.items()}


def _marked_value(value: Any, path: str, secrets: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        value = {name: _marked_value(each, f"{path}.{name}", secrets) for name, each in value.items()}
    elif isinstance(value, list):
        value = [_marked_value(each, f"{path}.{index}", secrets) for index, each in enumerate(value)]
    return secret(value) if path in secrets else value


@lru_cache(maxsize=MESSAGES)
def _resource(message: Any, each: Node) -> Any:
    """A message of the engine's. Nodes are the same by identity, and the whole production is handed over often."""
    resource = message(urn=each.urn, type=each.token, name=each.name, properties=struct_of(each.properties))
    resource.options.protect = each.protect
    resource.options.ignoreChanges.extend(each.ignore_changes)
    resource.options.deleteBeforeReplace = each.delete_before_replace
    resource.options.deleteBeforeReplaceDefined = each.delete_before_replace
    resource.provider.type = "pulumi:providers:aws"
    resource.provider.properties.update({"region": each.region} if each.region else {})
    return resource


@lru_cache(maxsize=MESSAGES)
def _stack_resource(each: Node) -> analyzer_pb2.AnalyzerResource:
    resource = analyzer_pb2.AnalyzerResource()
    resource.CopyFrom(_resource(analyzer_pb2.AnalyzerResource, each))
    for name, urns in each.origins.items():
        resource.propertyDependencies[name].urns.extend(urns)
    return resource


def configuration(
    rules: Iterable[Rule], config: Mapping[str, Mapping[str, Any]], levels: Mapping[str, EnforcementLevel]
) -> analyzer_pb2.ConfigureAnalyzerRequest:
    """The engine sends every policy's level, and what its config says, defaults filled in."""
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for rule in rules:
        level = levels.get(rule.id, rule.level_in(Environment.PROD))
        request.policyConfig[rule.id].enforcementLevel = analyzer_pb2.EnforcementLevel.Value(level.name)
        schema = (rule.config_schema.properties or {}) if rule.config_schema else {}
        defaults = {name: each["default"] for name, each in schema.items() if "default" in each}
        request.policyConfig[rule.id].properties.update({**defaults, **config.get(rule.id, {})})
    if levels:
        request.policyConfig[ENVIRONMENT_DECLARED].properties.update({"stacks": ["test", "prod", "preprod"]})
    return request


def remedied(pack: Any, each: Node) -> Node | None:
    """The resource as the pack's remediations leave it, or None if they change nothing."""
    answer = pack.Remediate(_resource(analyzer_pb2.AnalyzeRequest, each), None)
    if not answer.remediations:
        return None
    properties = json_format.MessageToDict(answer.remediations[-1].properties)
    return replace(each, properties=properties)
