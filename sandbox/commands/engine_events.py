"""What the Pulumi engine reports while it works, folded into what a person wants to know.

With `--json` the engine prints one `apitype.EngineEvent` a line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_COLOUR = re.compile(r"<\{%[^%]*%\}>")
"""The engine's own colour marks, which its display would have turned into terminal codes."""

_NO_CHANGE = frozenset({"same", "read"})

_STACK_TYPE = "pulumi:pulumi:Stack"


def _plain(message: str) -> str:
    return _COLOUR.sub("", message).strip()


def _resource(urn: str) -> str:
    """What a URN says of a resource, `type name`, such as `aws:ec2/vpc:Vpc magento`; nothing for an empty one."""
    match urn.split("::", 3):
        case [_, _, qualified_type, name]:
            return f"{qualified_type.split('$')[-1]} {name}"
        case _:
            return ""


@dataclass(kw_only=True)
class Tally:
    """One run of the engine so far."""

    changes: Counter[str] = field(default_factory=Counter)
    """How many resources were created, updated, deleted, … or stayed the same, once each is done."""
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    """What the program and the policies printed."""
    policy_violations: list[str] = field(default_factory=list)
    """What the policies refuse."""
    policy_notes: list[str] = field(default_factory=list)
    """What they let pass, and tell: exceptions, and what bites in other environments only."""
    policies_satisfied: set[str] = field(default_factory=set)
    """Policies that looked at something and had nothing to say of anything."""
    _violated: set[str] = field(default_factory=set)
    begun: bool = False
    """Whether the engine set about the stack at all: the passphrase was right, no one else held the lock, …"""
    finished: bool = False
    """Whether the engine reached its own summary."""

    @property
    def done(self) -> int:
        return sum(self.changes.values())

    @property
    def changed(self) -> dict[str, int]:
        """Changes by operation; empty when everything already was as declared."""
        return {operation: count for operation, count in self.changes.items() if operation not in _NO_CHANGE and count}

    def add_line(self, line: str) -> None:
        """Take in one line of the engine's report."""
        event: Mapping[str, Any] = json.loads(line)
        for kind, take in (
            ("preludeEvent", self._add_prelude),
            ("resOutputsEvent", self._add_outputs),
            ("diagnosticEvent", self._add_diagnostic),
            ("policyEvent", self._add_policy),
            ("policyAnalyzeSummaryEvent", self._add_policy_summary),
            ("policyAnalyzeStackSummaryEvent", self._add_policy_summary),
            ("summaryEvent", self._add_summary),
        ):
            if kind in event:
                take(event[kind])

    def _add_prelude(self, event: Mapping[str, Any]) -> None:
        self.begun = True

    def _add_outputs(self, event: Mapping[str, Any]) -> None:
        self.changes[event["metadata"]["op"]] += 1

    def _add_diagnostic(self, event: Mapping[str, Any]) -> None:
        kept = {
            "error": self.errors,
            "warning": self.warnings,
            "info": self.messages,
            "info#err": self.messages,
        }.get(event["severity"])
        message = _plain(event["message"])
        if kept is None or not message or event.get("ephemeral"):
            return
        resource = _resource(event.get("urn", ""))
        kept.append(f"{resource}: {message}" if resource and not resource.startswith(_STACK_TYPE) else message)

    def _add_policy(self, event: Mapping[str, Any]) -> None:
        message = _plain(event["message"])
        if event["enforcementLevel"] == "advisory":
            # The reason for the rule comes first, in a line of its own, and is no news with every exception from it.
            self.policy_notes.append(f"{event['policyName']}: {message.splitlines()[-1]}")
        else:
            resource = _resource(event.get("resourceUrn", ""))
            self.policy_violations.append(f"[{event['enforcementLevel']}] {event['policyName']}: {resource}\n{message}")

    def _add_policy_summary(self, event: Mapping[str, Any]) -> None:
        self._violated.update(event.get("failed", ()))
        self.policies_satisfied = (self.policies_satisfied | set(event.get("passed", ()))) - self._violated

    def _add_summary(self, event: Mapping[str, Any]) -> None:
        self.finished = True
        # The engine's own count replaces ours, which misses components that register no outputs.
        self.changes = Counter({operation: int(count) for operation, count in (event["resourceChanges"] or {}).items()})
