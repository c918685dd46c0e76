"""A rule as a plain value: what it checks, why, how to fix a violation, where it comes from, and how severe it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyConfigSchema, Severity

from policies.model.resources import Resource, Stack


class Environment(StrEnum):
    """What a stack is for. A stack of any other name is evaluated as production."""

    PROD = "prod"
    PREPROD = "preprod"


class OnUnknown(StrEnum):
    """What a rule does with a property that is unknown until the update. No rule passes it silently."""

    FAIL = "fail"
    """The preview is refused: for properties that a program can set to a literal."""
    DEFER = "defer"
    """The preview prints a warning, and the update evaluates the rule again."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """``resource: got …, expected ….`` is the message, without the full stop in either.

    ``part`` tells several violations of one resource apart, so that an exception can name one of them:
    ``ingress[0]``, ``Action s3:*``. Secret values of the resource are replaced in ``got``.
    """

    resource: Resource
    got: str
    expected: str
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """The rule needs a property of ``resource`` that is unknown until the update; ``path`` names it."""

    resource: Resource
    path: str


Finding = Violation | Undecided
Findings = Iterator[Finding]
Config = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The standards that ask the same: AWS Foundational Security Best Practices, CIS AWS v7.0, PCI DSS 4.0.

    ``other`` names a document where none of the three does, such as the title of a page of AWS's documentation.
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
    """A value that the pack sets if the config asks for remediation. Its change never replaces a resource."""

    path: tuple[str, ...]
    value: Any


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What every rule has. ``why`` is one sentence, ``fix`` an instruction in the program's own terms.

    ``production_only`` rules ask for what only production pays for, such as a standby.
    """

    id: str
    severity: Severity
    why: str
    fix: str
    sources: Sources
    production_only: bool = False
    level: EnforcementLevel | None = None
    """The level, if it does not follow from the severity."""
    on_unknown: OnUnknown = OnUnknown.FAIL
    config_schema: PolicyConfigSchema | None = None

    def level_in(self, environment: Environment) -> EnforcementLevel:
        """In production all severities but low are mandatory; elsewhere medium is advisory too."""
        if environment is not Environment.PROD and self.production_only:
            return EnforcementLevel.DISABLED
        if self.level is not None:
            return self.level
        advisory = (Severity.LOW,) if environment is Environment.PROD else (Severity.LOW, Severity.MEDIUM)
        return EnforcementLevel.ADVISORY if self.severity in advisory else EnforcementLevel.MANDATORY


EVERY_TYPE = ("*",)
"""For a rule that applies to every resource, of any provider."""


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule that is evaluated on one resource, before it is created."""

    applies_to: tuple[str, ...]
    """Type tokens, of ``policies.generated.aws_types``, or ``EVERY_TYPE``."""
    check: Callable[[Resource, Config], Findings]
    remedy: Remedy | None = None

    def is_about(self, token: str) -> bool:
        """Whether the rule applies to resources of this type."""
        return self.applies_to == EVERY_TYPE or token in self.applies_to


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule that is evaluated on each resource of some types, and sees all others.

    During ``pulumi up`` it runs after the resources are created: only a preview prevents a violation."""

    applies_to: tuple[str, ...]
    check: Callable[[Resource, Stack, Config], Findings]


@dataclass(frozen=True, kw_only=True)
class PackRule(Rule):
    """A rule about the pack's own config or about the plan, which the pack evaluates itself."""


class PolicyConfigError(Exception):
    """The policies' own config is wrong. The message names the value and says what was expected."""
