"""Answers the engine's requests: evaluates resources, and describes and configures the pack.

The SDK's own analyzer decodes every property of every resource anew for each policy (minutes, with a hundred of them),
loses which values are secret, gives all findings of a policy one level, and ends the run at a broken rule without
naming it. This one overrides those methods and keeps the rest: the pack's description, config and remediation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import pulumi_policy.policy
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.version import VERSION

from policies.engine.enforcement import policies_of
from policies.engine.evaluation import Evaluator
from policies.engine.exceptions import Exceptions
from policies.engine.levels import Levels
from policies.engine.outcome import Journal, Outcome, StackEvaluated, Status
from policies.model.properties import Properties
from policies.model.resources import Resource, Stack
from policies.model.rule import Findings, PackRule, PolicyConfigError, ResourceRule, Rule, StackRule, Violation
from policies.rules.operations.pack import ENVIRONMENT_DECLARED, EXCEPTIONS_VALID, STATEFUL_KEPT

TESTED_VERSION = "1.21.0"
"""The version of pulumi-policy whose private class ``Analyzer`` extends."""

_NAME = "magento"
_VERSION = "0.0.1"
"""Ignored: the engine takes the version from ``PulumiPolicy.yaml``."""

_LEVELS = {
    EnforcementLevel.ADVISORY: analyzer_pb2.ADVISORY,
    EnforcementLevel.MANDATORY: analyzer_pb2.MANDATORY,
    # A violation that is left after the remediation is refused.
    EnforcementLevel.REMEDIATE: analyzer_pb2.MANDATORY,
}
_SEVERITIES = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


class Analyzer(pulumi_policy.policy._PolicyAnalyzerServicer):
    """Answers the engine for one run. Raises ImportError for a version of the SDK that it was not tested with."""

    def __init__(
        self,
        rules: Iterable[Rule],
        *,
        initial_config: dict[str, Any] | None = None,
        exceptions: Exceptions | None = None,
        journal: Journal | None = None,
    ) -> None:
        if VERSION != TESTED_VERSION:
            raise ImportError(
                f"pulumi-policy: got version {VERSION}, expected {TESTED_VERSION}. Run: pip install -r requirements.txt"
            )
        self._rules = tuple(rules)
        super().__init__(_NAME, _VERSION, policies_of(self._rules), EnforcementLevel.ADVISORY, initial_config)
        self._levels = Levels(self._rules)
        self._config: dict[str, dict[str, Any]] = {}
        self._exceptions = exceptions or Exceptions.read(rules=self._rules)
        self._evaluator = Evaluator(self._exceptions)
        self._journal = journal or Journal()
        self._of_type: dict[str, tuple[list[ResourceRule], analyzer_pb2.AnalyzeResponse]] = {}
        self._remediates = False
        self._evaluated: set[tuple[str, str]] = set()
        self._undecided: set[str] = set()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's names
        """Takes the rules' levels and config. Raises PolicyConfigError for a property that its rule does not have."""
        self._config = {rule: json_format.MessageToDict(each.properties) for rule, each in request.policyConfig.items()}
        for rule in self._rules:
            known = set(rule.config_schema.properties or ()) if rule.config_schema else set()
            unknown = sorted(set(self._config.get(rule.id, ())) - known)
            if unknown:
                expected = f"only {', '.join(sorted(known))}" if known else "no config"
                raise PolicyConfigError(f"the config of {rule.id}: got {', '.join(unknown)}, expected {expected}")
        levels = {
            name: EnforcementLevel(analyzer_pb2.EnforcementLevel.Name(each.enforcementLevel).lower())
            for name, each in request.policyConfig.items()
        }
        self._levels.configure(levels, self._config)
        self._remediates = EnforcementLevel.REMEDIATE in levels.values()
        return super().Configure(request, context)  # type: ignore[no-untyped-call]

    def Analyze(self, request: Any, _context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: N802
        """Evaluates the inputs of one resource, before it is created or changed."""
        resource = _resource(request, self._properties(request))
        applicable, others = self._rules_for(resource.token)
        response = analyzer_pb2.AnalyzeResponse()
        response.CopyFrom(others)
        for rule in applicable:
            if self._levels.of(rule, resource.stack) is not EnforcementLevel.DISABLED:
                self._evaluated.add((rule.id, str(resource)))
                check = partial(rule.check, resource, self._config.get(rule.id, {}))
                self._answer(response, rule, resource, [(resource, check)])
        return response

    def Remediate(self, request: Any, context: Any) -> analyzer_pb2.RemediateResponse:  # noqa: N802
        """Remediates one resource. The SDK decodes its properties first, so skip that if no level asks for it."""
        if not self._remediates:
            return analyzer_pb2.RemediateResponse()
        return super().Remediate(request, context)  # type: ignore[no-untyped-call, no-any-return]

    def AnalyzeStack(self, request: Any, _context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: N802
        """Evaluates all resources together: at preview after all are planned, during ``up`` after all are created."""
        response = analyzer_pb2.AnalyzeResponse()
        stack = self._stack(request.resources)
        if not stack.resources:
            return response
        root = root_of(stack.resources[0])
        for rule in self._rules:
            if self._levels.of(rule, root.stack) is EnforcementLevel.DISABLED:
                continue
            match rule:
                case StackRule():
                    config = self._config.get(rule.id, {})
                    subjects = list(stack.of_type(*rule.applies_to))
                    checks = [(subject, partial(rule.check, subject, stack, config)) for subject in subjects]
                    self._answer(response, rule, root, checks)
                case PackRule() if rule.id == STATEFUL_KEPT:
                    response.not_applicable.add(
                        policy_name=rule.id, reason="the engine does not show policies the plan"
                    )
                case PackRule():
                    self._answer(response, rule, root, [(root, partial(self._check_pack, rule, root, stack))])
        levels = {rule.id: self._levels.of(rule, root.stack).value for rule in self._rules}
        self._journal.add(StackEvaluated(stack=root.stack, levels=levels))
        self._exceptions.forget()
        self._evaluated.clear()
        self._undecided.clear()
        return response

    def _stack(self, requests: Iterable[Any]) -> Stack:
        asked = list(requests)
        origins: dict[str, dict[str, list[Resource]]] = {each.urn: {} for each in asked}
        resources = {
            each.urn: _resource(
                each, self._properties(each, derived=frozenset(each.propertyDependencies)), origins[each.urn]
            )
            for each in asked
        }
        # In a second pass, since a resource may come before those that its values were taken from.
        for each in asked:
            for name, sources in each.propertyDependencies.items():
                origins[each.urn][name] = [resources[urn] for urn in sources.urns if urn in resources]
        return Stack(resources.values())

    def _properties(self, request: Any, *, derived: frozenset[str] | None = None) -> Properties:
        """What a request says of a resource's properties."""
        return Properties(request.properties, derived=derived)

    def _rules_for(self, token: str) -> tuple[list[ResourceRule], analyzer_pb2.AnalyzeResponse]:
        """The rules that apply to a type, and the answer that lists all others."""
        if token not in self._of_type:
            rules = [rule for rule in self._rules if isinstance(rule, ResourceRule)]
            self._of_type[token] = (
                [rule for rule in rules if rule.is_about(token)],
                analyzer_pb2.AnalyzeResponse(
                    not_applicable=[
                        # Without a reason, which the engine drops: it would be megabytes for production.
                        analyzer_pb2.PolicyNotApplicable(policy_name=rule.id)
                        for rule in rules
                        if not rule.is_about(token)
                    ]
                ),
            )
        return self._of_type[token]

    def _answer(
        self,
        response: analyzer_pb2.AnalyzeResponse,
        rule: Rule,
        asked: Resource,
        checks: Iterable[tuple[Resource, Callable[[], Findings]]],
    ) -> None:
        """Adds a diagnostic for each fault of each subject. ``asked`` is the resource that the engine asked about."""
        messages: set[str] = set()
        level = self._levels.of(rule, asked.stack)
        checks = list(checks)
        if not checks:
            response.not_applicable.add(
                policy_name=rule.id, reason="the stack has no resource that the rule applies to"
            )
        for subject, check in checks:
            for outcome in self._evaluator.evaluate(rule, subject, check):
                # A group's inline rules and its standalone ones can show the same fault twice, and so can two subjects.
                if outcome.message in messages:
                    continue
                if outcome.message:
                    messages.add(outcome.message)
                self._journal.add(outcome)
                if outcome.status is Status.UNKNOWN:
                    self._undecided.add(rule.id)
                if outcome.status is not Status.PASSED:
                    self._add_diagnostic(response, rule, outcome, level)

    def _add_diagnostic(
        self, response: analyzer_pb2.AnalyzeResponse, rule: Rule, outcome: Outcome, level: EnforcementLevel
    ) -> None:
        match outcome.status:
            case Status.EXCEPTED | Status.UNKNOWN:
                level = EnforcementLevel.ADVISORY
            case Status.BROKEN:
                level = EnforcementLevel.MANDATORY
        response.diagnostics.add(
            policyName=rule.id,
            policyPackName=_NAME,
            policyPackVersion=_VERSION,
            description=rule.why,
            message=f"{rule.why}\n{outcome.message}",
            urn=outcome.urn,
            enforcementLevel=_LEVELS[level],
            severity=_SEVERITIES[rule.severity],
        )

    def _check_pack(self, rule: PackRule, root: Resource, stack: Stack) -> Findings:
        if rule.id == ENVIRONMENT_DECLARED:
            stacks = self._config.get(rule.id, {}).get("stacks") or ()
            if stacks and root.stack not in stacks:
                yield Violation(
                    resource=root,
                    got=f"a policy config for {' and '.join(stacks)}",
                    expected=f"one for {root.stack}",
                )
            return
        if rule.id != EXCEPTIONS_VALID:
            raise NotImplementedError(f"the analyzer does not evaluate {rule.id}")
        present = {str(each) for each in stack.resources}
        rules = {each.id: each for each in self._rules}
        for exception in self._exceptions.unused(root.stack):
            named = rules[exception.policy]
            # It shows only in the plan, so `policies.report` says whether it is needed.
            if exception.policy == STATEFUL_KEPT:
                continue
            if self._levels.of(named, root.stack) is EnforcementLevel.DISABLED:
                continue
            if exception.resource not in present:
                yield Violation(resource=root, got=f"{exception}, which does not exist", expected="no exception")
            elif exception.policy not in self._undecided and (
                isinstance(named, StackRule) or (exception.policy, exception.resource) in self._evaluated
            ):
                yield Violation(resource=root, got=f"{exception}, which satisfies the rule", expected="no exception")


def _resource(
    request: Any, properties: Properties, origins: Mapping[str, list[Resource]] = MappingProxyType({})
) -> Resource:
    options = request.options
    return Resource(
        urn=request.urn,
        token=request.type,
        name=request.name,
        properties=properties,
        origins=origins,
        protect=options.protect,
        ignore_changes=tuple(options.ignoreChanges),
        delete_before_replace=options.deleteBeforeReplace,
        provider=Properties(request.provider.properties) if request.HasField("provider") else None,
    )


def root_of(resource: Resource) -> Resource:
    """The stack itself, which the engine does not list among the resources."""
    head, project = resource.urn.split("::")[:2]
    name = f"{project}-{resource.stack}"
    token = "pulumi:pulumi:Stack"
    return Resource(urn=f"{head}::{project}::{token}::{name}", token=token, name=name, properties=Properties.of({}))
