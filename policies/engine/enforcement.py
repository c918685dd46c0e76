"""Rules as policies of the Pulumi SDK, which the engine lists and remediates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from pulumi_policy import Policy, ResourceValidationPolicy, StackValidationPolicy

from policies.engine.remediation import remediation_of
from policies.model.rule import Environment, PackRule, Remedy, ResourceRule, Rule, StackRule


def policies_of(rules: Iterable[Rule]) -> list[Policy]:
    """One policy for each rule, in order, at production's levels."""
    return [_policy(rule) for rule in rules]


def _policy(rule: Rule) -> Policy:
    details: dict[str, Any] = {
        "enforcement_level": rule.level_in(Environment.PROD),
        "severity": rule.severity,
        "config_schema": rule.config_schema,
        "remediation_steps": rule.fix,
    }
    match rule:
        case ResourceRule(remedy=Remedy() as remedy):
            return ResourceValidationPolicy(
                rule.id, rule.why, _not_called, remediate=remediation_of(rule, remedy), **details
            )
        case ResourceRule():
            return ResourceValidationPolicy(rule.id, rule.why, _not_called, **details)
        case StackRule() | PackRule():
            return StackValidationPolicy(rule.id, rule.why, _not_called, **details)
    raise TypeError(f"rule {rule.id}: got {type(rule).__name__}, expected a ResourceRule, StackRule or PackRule")


def _not_called(*_: Any) -> NoReturn:
    raise RuntimeError("policies.engine.analyzer evaluates the rules, not the SDK")
