"""Rules as the Pulumi SDK's policies, which is what ``PolicyPack`` takes and what the engine lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from pulumi_policy import Policy, ResourceValidationPolicy, StackValidationPolicy

from policies.engine.remediation import remediation_of
from policies.model.rule import Environment, PackRule, Remedy, ResourceRule, Rule, StackRule

_RULE = "rule"


def policies_of(rules: Iterable[Rule]) -> list[Policy]:
    """What ``PolicyPack`` wants, in the rules' order, at production's levels."""
    return [_policy(rule) for rule in rules]


def rule_of(policy: Policy) -> Rule:
    """The rule that a policy of ``policies_of`` was made from."""
    rule: Rule = getattr(policy, _RULE)
    return rule


def _policy(rule: Rule) -> Policy:
    details: dict[str, Any] = {
        "enforcement_level": rule.level_in(Environment.PROD),
        "severity": rule.severity,
        "config_schema": rule.config_schema,
        "remediation_steps": rule.fix,
    }
    policy: Policy
    match rule:
        case ResourceRule(remedy=Remedy() as remedy):
            policy = ResourceValidationPolicy(
                rule.id, rule.why, _judged, remediate=remediation_of(rule, remedy), **details
            )
        case ResourceRule():
            policy = ResourceValidationPolicy(rule.id, rule.why, _judged, **details)
        case StackRule() | PackRule():
            policy = StackValidationPolicy(rule.id, rule.why, _judged, **details)
        case _:
            raise TypeError(f"rule {rule.id} is of no kind")
    setattr(policy, _RULE, rule)
    return policy


def _judged(*_: Any) -> NoReturn:
    raise RuntimeError(
        "rules are judged by policies.engine.analyzer, which takes the SDK's place: call its take_over() first"
    )
