"""The enforcement level of each rule in a run: from the environment's file, or from ``--policy-pack-config``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel

from policies.model.rule import Environment, PolicyConfigError, Rule
from policies.rules.operations.pack import ENVIRONMENT_DECLARED

DIRECTORY = Path(__file__).resolve().parents[1] / "generated"


class Levels:
    """The level of each rule in each stack."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._given: Mapping[str, EnforcementLevel] = {}
        self._shipped: dict[str, Mapping[str, EnforcementLevel]] = {}

    def configure(self, levels: Mapping[str, EnforcementLevel], config: Mapping[str, Mapping[str, Any]]) -> None:
        """Takes the levels that the engine merged from the defaults and from a file on the command line, by rule id.

        The engine does not say where a level comes from, so a file is recognised by the stacks that it names. Raises
        PolicyConfigError for a file that changes levels and names no stacks: it would apply to all of them.
        """
        if config.get(ENVIRONMENT_DECLARED, {}).get("stacks"):
            self._given = dict(levels)
            return
        changed = sorted(rule.id for rule in self._rules if levels.get(rule.id, _default(rule)) is not _default(rule))
        if changed:
            raise PolicyConfigError(
                f"the policy config: got levels for {', '.join(changed)}, expected the stacks that they are for. "
                f'Add "{ENVIRONMENT_DECLARED}": {{"stacks": ["prod"]}}.'
            )
        self._given = {}

    def of(self, rule: Rule, stack: str) -> EnforcementLevel:
        """A rule's level in a stack: as given, else as in ``generated/<stack>.json``, else as in production."""
        if self._given:
            return self._given.get(rule.id, _default(rule))
        if stack not in self._shipped:
            self._shipped[stack] = _shipped_levels(stack)
        return self._shipped[stack].get(rule.id, _default(rule))


def _default(rule: Rule) -> EnforcementLevel:
    return rule.level_in(Environment.PROD)


def _shipped_levels(stack: str) -> dict[str, EnforcementLevel]:
    path = DIRECTORY / f"{stack}.json"
    raw: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return {
        name: EnforcementLevel(value if isinstance(value, str) else value["enforcementLevel"])
        for name, value in raw.items()
    }


def file_of(environment: Environment, rules: Iterable[Rule]) -> str:
    """The text of an environment's file: every rule's level, and the stack that it is for."""
    config: dict[str, Any] = {rule.id: rule.level_in(environment).value for rule in rules}
    config[ENVIRONMENT_DECLARED] = {"enforcementLevel": "mandatory", "stacks": [environment.value]}
    return json.dumps(config, indent=2) + "\n"
