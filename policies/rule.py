"""A rule as a plain value: what it asks, why, how to satisfy it, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pulumi
from pulumi_policy import EnforcementLevel, PolicyConfigSchema, Severity

from policies.resources import Resource, Stack


class OnUnknown(StrEnum):
    """What a rule makes of a property that only the update will tell. No rule lets it pass without a word."""

    FAIL = "fail"
    """Refused at preview: for properties that anyone can state as a literal."""
    DEFER = "defer"
    """The preview says that it could not be decided, and the update decides."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """``resource`` has ``has`` where it must have ``must``; both complete "has …, and must have …".

    Never put the value of a secret into ``has``: the SDK hands secrets over unmarked.
    """

    resource: Resource
    has: str
    must: str


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A property of ``resource`` that the rule needs is unknown; ``path`` names it."""

    resource: Resource
    path: str


Findings = Iterator[Violation | Undecided]
Config = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where else the same is asked: controls of AWS Foundational Security Best Practices, CIS AWS v7.0, PCI DSS 4.0."""

    fsbp: tuple[str, ...] = ()
    cis: tuple[str, ...] = ()
    pci: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = (("FSBP", self.fsbp), ("CIS", self.cis), ("PCI DSS", self.pci))
        return "; ".join(f"{standard} {', '.join(controls)}" for standard, controls in named if controls)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What all rules state. ``why`` is one sentence, ``fix`` an instruction in the program's own terms."""

    id: str
    severity: Severity
    why: str
    fix: str
    sources: Sources
    level: EnforcementLevel = EnforcementLevel.MANDATORY
    on_unknown: OnUnknown = OnUnknown.FAIL
    config_schema: PolicyConfigSchema | None = None

    def message(self, finding: Violation | Undecided) -> str:
        """Full sentences: the resource, what it has, what it must have, the fix, and the rule's id."""
        match finding:
            case Violation(resource=resource, has=has, must=must):
                verdict = f"{resource} has {has}, and must have {must}."
            case Undecided(resource=resource, path=path):
                verdict = (
                    f"{resource} has a value in {path} that only the update will tell, and must have one to judge now."
                )
        return f"{verdict} Fix: {self.fix} [{self.id}, {self.severity.value}; {self.sources}]"


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """Decided on one resource alone, before it is made."""

    applies_to: type[pulumi.Resource]
    check: Callable[[Resource, Config], Findings]


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """Needs several resources together. At ``up`` it runs when all of them are made: only a preview prevents."""

    check: Callable[[Stack, Config], Findings]


class PolicyConfigError(Exception):
    """The policy's own config is wrong; the message says which value and what was expected."""
