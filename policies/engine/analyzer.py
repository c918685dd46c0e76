"""What the engine asks of the pack, and how it is answered.

The SDK's own answer decodes every property of every resource anew for each policy (minutes, with a hundred of them),
loses which values are secret, gives all findings of a policy one level, and lets a broken rule end the run without its
name. This one takes its place in ``PolicyPack``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pulumi_policy.policy
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Policy, Severity
from pulumi_policy.version import VERSION

from policies.aws.stateful import STATEFUL_KEPT
from policies.engine.enforcement import rule_of
from policies.engine.evaluation import Judge
from policies.engine.exceptions import Exceptions
from policies.engine.levels import ENVIRONMENT_DECLARED, Levels
from policies.engine.outcome import Journal, Judged, Outcome, Status
from policies.model.properties import Properties
from policies.model.resources import Resource, Stack
from policies.model.rule import Findings, PackRule, PolicyConfigError, ResourceRule, Rule, StackRule, Violation

PROVEN_WITH = "1.21.0"
"""The version of pulumi-policy whose insides this module takes the place of."""

EXCEPTIONS_VALID = "exceptions-valid"

_LEVELS = {
    EnforcementLevel.ADVISORY: analyzer_pb2.ADVISORY,
    EnforcementLevel.MANDATORY: analyzer_pb2.MANDATORY,
    # What a remediation has left violated is refused.
    EnforcementLevel.REMEDIATE: analyzer_pb2.MANDATORY,
}
_SEVERITIES = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


class Analyzer(pulumi_policy.policy._PolicyAnalyzerServicer):
    """Answers the engine for one run."""

    def __init__(
        self,
        name: str,
        version: str,
        policies: list[Policy],
        *others: Any,
        exceptions: Exceptions | None = None,
        journal: Journal | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name, version, policies, *others, **more)
        self._pack, self._version = name, version
        self._rules = tuple(rule_of(policy) for policy in policies)
        self._levels = Levels(self._rules)
        self._config: dict[str, dict[str, Any]] = {}
        self._exceptions = exceptions or Exceptions.read(rules=self._rules)
        self._judge = Judge(self._exceptions)
        self._journal = journal or Journal()
        self._of_type: dict[str, tuple[list[ResourceRule], list[analyzer_pb2.PolicyNotApplicable]]] = {}
        self._judged: set[tuple[str, str]] = set()
        self._undecided: set[str] = set()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's names
        """Levels and config of the rules. Raises PolicyConfigError for config that no rule knows."""
        self._config = {rule: json_format.MessageToDict(each.properties) for rule, each in request.policyConfig.items()}
        for rule in self._rules:
            known = set(rule.config_schema.properties or ()) if rule.config_schema else set()
            strange = sorted(set(self._config.get(rule.id, ())) - known)
            if strange:
                raise PolicyConfigError(f"the config of {rule.id} has {', '.join(strange)}, which it does not know")
        levels = {
            name: EnforcementLevel(analyzer_pb2.EnforcementLevel.Name(each.enforcementLevel).lower())
            for name, each in request.policyConfig.items()
        }
        self._levels.configure(levels, self._config)
        return super().Configure(request, context)  # type: ignore[no-untyped-call]

    def Analyze(self, request: Any, _context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: N802
        """Judges one resource before it is made or changed, by what the program asks for."""
        response = analyzer_pb2.AnalyzeResponse()
        resource = _resource(request)
        applicable, others = self._rules_for(resource.token)
        for rule in applicable:
            if self._levels.of(rule, resource.stack) is not EnforcementLevel.DISABLED:
                self._judged.add((rule.id, str(resource)))
                check = partial(rule.check, resource, self._config.get(rule.id, {}))
                self._answer(response, rule, resource, [(resource, check)])
        response.not_applicable.extend(others)
        return response

    def AnalyzeStack(self, request: Any, _context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: N802
        """Judges all resources together: at preview when all are planned, at ``up`` when all are made."""
        response = analyzer_pb2.AnalyzeResponse()
        stack = _stack(request.resources)
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
                    response.not_applicable.add(policy_name=rule.id, reason="a policy is not shown the plan")
                case PackRule():
                    self._answer(response, rule, root, [(root, partial(self._check_pack, rule, root, stack))])
        self._journal.add(
            Judged(stack=root.stack, levels={rule.id: self._levels.of(rule, root.stack).value for rule in self._rules})
        )
        self._exceptions.forget()
        self._judged.clear()
        self._undecided.clear()
        return response

    def _rules_for(self, token: str) -> tuple[list[ResourceRule], list[analyzer_pb2.PolicyNotApplicable]]:
        if token not in self._of_type:
            rules = [rule for rule in self._rules if isinstance(rule, ResourceRule)]
            reason = f"{token} is none of its types"
            self._of_type[token] = (
                [rule for rule in rules if rule.is_about(token)],
                [
                    analyzer_pb2.PolicyNotApplicable(policy_name=rule.id, reason=reason)
                    for rule in rules
                    if not rule.is_about(token)
                ],
            )
        return self._of_type[token]

    def _answer(
        self,
        response: analyzer_pb2.AnalyzeResponse,
        rule: Rule,
        asked: Resource,
        checks: Iterable[tuple[Resource, Callable[[], Findings]]],
    ) -> None:
        """Adds what the rule says of each subject; ``asked`` is what the engine asked about."""
        told: set[str] = set()
        level = self._levels.of(rule, asked.stack)
        checks = list(checks)
        if not checks:
            response.not_applicable.add(policy_name=rule.id, reason="the stack has no resource of its types")
        for subject, check in checks:
            for outcome in self._judge.judge(rule, subject, check):
                # A group's inline view and its standalone rules can show the same thing twice, and so can two subjects.
                if outcome.message in told:
                    continue
                if outcome.message:
                    told.add(outcome.message)
                self._journal.add(outcome)
                if outcome.status is Status.UNKNOWN:
                    self._undecided.add(rule.id)
                if outcome.status is not Status.PASSED:
                    self._tell(response, rule, outcome, level)

    def _tell(
        self, response: analyzer_pb2.AnalyzeResponse, rule: Rule, outcome: Outcome, level: EnforcementLevel
    ) -> None:
        match outcome.status:
            case Status.EXCEPTED | Status.UNKNOWN:
                level = EnforcementLevel.ADVISORY
            case Status.BROKEN:
                level = EnforcementLevel.MANDATORY
        response.diagnostics.add(
            policyName=rule.id,
            policyPackName=self._pack,
            policyPackVersion=self._version,
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
                    has=f"a policy config that is for {' and '.join(stacks)}",
                    must=f"one that names {root.stack}",
                )
            return
        if rule.id != EXCEPTIONS_VALID:
            raise NotImplementedError(f"nothing decides {rule.id}")
        present = {str(each) for each in stack.resources}
        rules = {each.id: each for each in self._rules}
        for exception in self._exceptions.unused(root.stack):
            named = rules[exception.policy]
            # What it is for shows only in the plan, and what reports on the plan says whether it is needed.
            if exception.policy == STATEFUL_KEPT:
                continue
            if self._levels.of(named, root.stack) is EnforcementLevel.DISABLED:
                continue
            if exception.resource not in present:
                yield Violation(resource=root, has=f"{exception}, which it does not have", must="no exception for it")
            elif exception.policy not in self._undecided and (
                isinstance(named, StackRule) or (exception.policy, exception.resource) in self._judged
            ):
                yield Violation(resource=root, has=f"{exception}, which needs none", must="no exception for it")


def take_over() -> None:
    """Makes ``PolicyPack`` answer the engine with this module. Raises ImportError for another SDK than it was proven
    with."""
    if VERSION != PROVEN_WITH:
        raise ImportError(
            f"the policies were proven with pulumi-policy {PROVEN_WITH}, and this is {VERSION}: "
            "install what requirements.txt says"
        )
    pulumi_policy.policy._PolicyAnalyzerServicer = Analyzer  # type: ignore[misc]


def _resource(request: Any, **more: Any) -> Resource:
    options = request.options
    return Resource(
        urn=request.urn,
        token=request.type,
        name=request.name,
        **{"properties": Properties(request.properties), **more},
        protect=options.protect,
        ignore_changes=tuple(options.ignoreChanges),
        delete_before_replace=options.deleteBeforeReplace,
        provider=Properties(request.provider.properties) if request.HasField("provider") else None,
    )


def _stack(requests: Iterable[Any]) -> Stack:
    asked = list(requests)
    origins: dict[str, dict[str, list[Resource]]] = {each.urn: {} for each in asked}
    resources = {
        each.urn: _resource(
            each,
            properties=Properties(each.properties, derived=frozenset(each.propertyDependencies)),
            origins=origins[each.urn],
        )
        for each in asked
    }
    # A second pass, since a resource may come before those that its values were taken from.
    for each in asked:
        for name, sources in each.propertyDependencies.items():
            origins[each.urn][name] = [resources[urn] for urn in sources.urns if urn in resources]
    return Stack(resources.values())


def root_of(resource: Resource) -> Resource:
    """The stack itself, which the engine does not show among its resources."""
    head, project = resource.urn.split("::")[:2]
    name = f"{project}-{resource.stack}"
    token = "pulumi:pulumi:Stack"
    return Resource(urn=f"{head}::{project}::{token}::{name}", token=token, name=name, properties=Properties.of({}))
