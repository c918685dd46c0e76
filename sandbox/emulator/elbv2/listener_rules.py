"""Listener rules: their order, and rules that swap priorities."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeListener, FakeRule

from sandbox.emulator.patching import patch


@patch(
    "moto.elbv2.models:FakeListener.rules",
    sha256="d46ef9742fe3237c18e8ec28f9b80cd1b14355efda6e558af14c128ba1d4d790",
    upstream="DescribeRules does not sort by priority, since the sorted copy is discarded.",
)
def _rules(original: Any, listener: FakeListener) -> dict[Any, FakeRule]:
    """By priority, the default rule last."""
    rules = original(listener).items()
    return dict(
        sorted(rules, key=lambda item: (item[1].is_default, 0 if item[1].is_default else int(item[1].priority)))
    )


@patch(
    "moto.elbv2.models:ELBv2Backend.set_rule_priorities",
    sha256="5c5727e35b694a7e77723b845dda75dee888a8e09b4609d917493c7ea62cafef",
    upstream="SetRulePriorities refuses to swap the priorities of two rules.",
)
def _set_rule_priorities(original: Any, backend: ELBv2Backend, rule_priorities: list[dict[str, Any]]) -> list[FakeRule]:
    """Give the rules unused priorities first, so that they may take each other's."""
    moved = {change["RuleArn"] for change in rule_priorities}
    rules = backend.describe_rules(listener_arn=None, rule_arns=list(moved))
    before = [(rule, rule.priority) for rule in rules]
    for place, rule in enumerate(rules, start=1):
        rule.priority = -place
    try:
        return list(original(backend, rule_priorities))
    except Exception:
        for rule, priority in before:
            rule.priority = priority
        raise
