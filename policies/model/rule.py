"""A rule as a plain value: what it asks, why, how to satisfy it, where it comes from, and how hard it bites."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyConfigSchema, Severity

from policies.model.resources import Resource, Stack


class Environment(StrEnum):
    """What a stack is to its users; a stack that nobody declared is judged as production."""

    PROD = "prod"
    PREPROD = "preprod"


class OnUnknown(StrEnum):
    """What a rule makes of a property that only the update will tell. No rule lets it pass without a word."""

    FAIL = "fail"
    """Refused at preview: for properties that anyone can state as a literal."""
    DEFER = "defer"
    """The preview says that it could not be decided, and the update decides."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """``resource`` has ``has`` where it must have ``must``; both complete "has …, and must have …".

    ``part`` tells several violations of one resource apart, so that an exception can name one of them:
    ``ingress[0]``, ``Action s3:*``. Whatever of ``has`` the resource holds as a secret is blotted out.
    """

    resource: Resource
    has: str
    must: str
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A property of ``resource`` that the rule needs is unknown; ``path`` names it."""

    resource: Resource
    path: str


Finding = Violation | Undecided
Findings = Iterator[Finding]
Config = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where else the same is asked: controls of AWS Foundational Security Best Practices, CIS AWS v7.0, PCI DSS 4.0.

    ``other`` names a document where none of the three asks it, such as the title of a page of AWS's.
    """

    fsbp: tuple[str, ...] = ()
    cis: tuple[str, ...] = ()
    pci: tuple[str, ...] = ()
    other: str = ""

    def __str__(self) -> str:
        named = (("FSBP", self.fsbp), ("CIS", self.cis), ("PCI DSS", self.pci))
        listed = [f"{standard} {', '.join(controls)}" for standard, controls in named if controls]
        return "; ".join([*listed, *filter(None, [self.other])])


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """A value that the pack may set by itself, where config asks for it: never one whose change replaces a resource."""

    path: tuple[str, ...]
    value: Any


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What all rules state. ``why`` is one sentence, ``fix`` an instruction in the program's own terms.

    ``production_only`` rules ask for what only production pays for, such as a standby.
    """

    id: str
    severity: Severity
    why: str
    fix: str
    sources: Sources
    production_only: bool = False
    level: EnforcementLevel | None = None
    """In place of what the severity says."""
    on_unknown: OnUnknown = OnUnknown.FAIL
    config_schema: PolicyConfigSchema | None = None

    def level_in(self, environment: Environment) -> EnforcementLevel:
        """Production refuses all but what is low; elsewhere what is medium is told and goes on."""
        if environment is not Environment.PROD and self.production_only:
            return EnforcementLevel.DISABLED
        if self.level is not None:
            return self.level
        refused = {Severity.CRITICAL, Severity.HIGH}
        if environment is Environment.PROD:
            refused.add(Severity.MEDIUM)
        return EnforcementLevel.MANDATORY if self.severity in refused else EnforcementLevel.ADVISORY


EVERY_TYPE = ("*",)
"""What a rule of one resource alone applies to when it must see each of them, of whatever provider."""


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """Decided on one resource alone, before it is made."""

    applies_to: tuple[str, ...]
    """Type tokens, of ``policies.generated.aws_types``, or ``EVERY_TYPE``."""
    check: Callable[[Resource, Config], Findings]
    remedy: Remedy | None = None

    def is_about(self, token: str) -> bool:
        """Whether resources of this type are its business."""
        return self.applies_to == EVERY_TYPE or token in self.applies_to


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """Decided on each resource of some types, seeing all others. At ``up`` it runs when all of them are made: only a
    preview prevents."""

    applies_to: tuple[str, ...]
    check: Callable[[Resource, Stack, Config], Findings]


@dataclass(frozen=True, kw_only=True)
class PackRule(Rule):
    """About the pack's own config, and decided by the pack itself."""


class PolicyConfigError(Exception):
    """The policies' own config is wrong; the message says which value and what was expected."""
