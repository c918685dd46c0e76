"""The events of the Pulumi engine, collected into what a person or a report needs.

With `--json` the engine prints one `apitype.EngineEvent` a line. Its debug messages hold secrets in plain text: nothing
of an event is kept except what this module names.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_COLOUR = re.compile(r"<\{%[^%]*%\}>")
"""The engine's own colour marks, which its display would have turned into terminal codes."""

_SAYS_NOTHING = "update failed"
"""The engine's last error, after the one that says why, or after what policies refuse."""

_NO_CHANGE = frozenset({"same", "read"})

_STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step that the engine begins or plans."""

    operation: str
    """The engine's name for it, such as `create` or `create-replacement`."""
    urn: str
    type: str
    keys: tuple[str, ...] = ()
    """The properties whose change makes a replacement necessary."""
    smaller: tuple[str, ...] = ()
    """The properties that are a smaller number than before."""


@dataclass(kw_only=True)
class EngineEvents:
    """One run of the engine so far."""

    steps: list[Step] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    """How many resources were created, updated, deleted, … or stayed the same, counted once each is done."""
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    """What the program and the policies printed."""
    policy_violations: list[str] = field(default_factory=list)
    """What mandatory policies refuse."""
    policy_warnings: list[str] = field(default_factory=list)
    """What advisory policies report: exceptions, and rules that are mandatory in other environments only."""
    policies_satisfied: set[str] = field(default_factory=set)
    """Policies that checked at least one resource and found no violation."""
    _violated: set[str] = field(default_factory=set)
    begun: bool = False
    """Whether the engine began with the stack: the passphrase was right, the stack was not locked, …"""
    finished: bool = False
    """Whether the engine reached its own summary."""

    @property
    def done(self) -> int:
        return sum(self.changes.values())

    @property
    def reasons(self) -> list[str]:
        """The errors that say why the run failed; empty when policies refuse what it made."""
        reasons = [error for error in self.errors if error != _SAYS_NOTHING]
        return reasons if reasons or self.policy_violations else self.errors

    @property
    def changed(self) -> dict[str, int]:
        """Changes by operation; empty when everything already was as declared."""
        return {operation: count for operation, count in self.changes.items() if operation not in _NO_CHANGE and count}

    def add_line(self, line: str) -> None:
        """Add one line of the engine's output. A line that is no event is the CLI's own and is left out."""
        if not line.startswith("{"):
            return
        event: Mapping[str, Any] = json.loads(line)
        for kind, add in (
            ("preludeEvent", self._add_prelude),
            ("resourcePreEvent", self._add_step),
            ("resOutputsEvent", self._add_outputs),
            ("diagnosticEvent", self._add_diagnostic),
            ("policyEvent", self._add_policy),
            ("policyAnalyzeSummaryEvent", self._add_policy_summary),
            ("policyAnalyzeStackSummaryEvent", self._add_policy_summary),
            ("summaryEvent", self._add_summary),
        ):
            if kind in event:
                add(event[kind])

    def _add_prelude(self, event: Mapping[str, Any]) -> None:
        self.begun = True

    def _add_step(self, event: Mapping[str, Any]) -> None:
        metadata = event["metadata"]
        keys = tuple(metadata.get("keys") or ())
        self.steps.append(
            Step(
                operation=metadata["op"],
                urn=metadata["urn"],
                type=metadata["type"],
                keys=keys,
                smaller=tuple(_smaller(metadata)),
            )
        )

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
            # The first lines give the rule's reason, which is the same for every resource.
            self.policy_warnings.append(f"{event['policyName']}: {message.splitlines()[-1]}")
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


def _smaller(metadata: Mapping[str, Any]) -> Iterator[str]:
    """The names of the inputs that are a smaller number than before."""
    old, new = ((metadata.get(state) or {}).get("inputs") or {} for state in ("old", "new"))
    for name, value in new.items():
        if all(type(number) in (int, float) for number in (value, old.get(name))) and value < old[name]:
            yield name


def _plain(message: str) -> str:
    return _COLOUR.sub("", message).strip()


def _resource(urn: str) -> str:
    """Type and name, such as `aws:ec2/vpc:Vpc magento`; empty for an empty URN."""
    match urn.split("::", 3):
        case [_, _, qualified_type, name]:
            return f"{qualified_type.split('$')[-1]} {name}"
        case _:
            return ""
