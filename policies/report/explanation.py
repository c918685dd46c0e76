"""Describes one rule."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from commands.errors import CannotRunError
from policies.engine.catalogue import RULES
from policies.model.rule import Environment


class NoSuchRuleError(CannotRunError):
    """The pack has no such rule. The message names similar ones."""


def of(rule_id: str) -> Iterator[str]:
    """Lines to print. Raises NoSuchRuleError."""
    by_id = {rule.id: rule for rule in RULES}
    if rule_id not in by_id:
        near = difflib.get_close_matches(rule_id, by_id, n=3, cutoff=0.4)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise NoSuchRuleError(f"RULE-ID: got {rule_id}, expected a rule of docs/policies.md.{hint}")
    rule = by_id[rule_id]
    levels = ", ".join(f"{rule.level_in(each).value} in {each.value}" for each in Environment)
    yield f"{rule.id} ({rule.severity.value}): {levels}"
    yield f"Why: {rule.why}"
    yield f"Fix: {rule.fix}"
    yield f"Sources: {rule.sources}"
    if rule.config_schema and rule.config_schema.properties:
        yield f"Config: {', '.join(rule.config_schema.properties)}"
