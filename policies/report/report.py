"""What all forms of a report are made from, and the verdict on the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from pulumi_policy import Severity

from policies.engine.exceptions import PolicyException
from policies.engine.outcome import Outcome, Status
from policies.model.rule import Rule
from policies.report.plan import Plan

MANDATORY = "mandatory"

_WORST_FIRST = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


class Verdict(IntEnum):
    """The command's exit code."""

    PASSED = 0
    """Nothing mandatory failed."""
    REFUSED = 1
    """Something mandatory failed or broke."""
    UNDECIDED = 2
    """Nobody could judge."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One outcome, with the rule that it is of and the level at which that rule bites here."""

    outcome: Outcome
    rule: Rule
    level: str
    """``mandatory``, ``advisory``, ``remediate`` or ``disabled``."""
    exception: PolicyException | None = None
    """What lets it pass, if an exception does."""

    @property
    def is_refused(self) -> bool:
        """Whether it alone keeps the stack from being applied: mandatory and failed, or broken at any level."""
        match self.outcome.status:
            case Status.FAILED:
                # What a remediation has left violated is refused.
                return self.level in (MANDATORY, "remediate")
            case Status.BROKEN:
                return True
        return False


@dataclass(frozen=True, kw_only=True)
class Report:
    """One stack, judged once. ``plan`` is None where no plan was asked for."""

    stack: str
    commit: str | None
    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    """Every rule of the pack, also those that nothing in the stack is about."""
    plan: Plan | None
    is_whole: bool
    """Whether the policies saw the whole stack."""
    engine_failed: bool

    @property
    def verdict(self) -> Verdict:
        """What the report comes to."""
        if not self.is_whole:
            return Verdict.UNDECIDED
        if self.refused:
            return Verdict.REFUSED
        return Verdict.UNDECIDED if self.engine_failed else Verdict.PASSED

    @property
    def refused(self) -> tuple[Finding, ...]:
        """What keeps the stack from being applied."""
        return self.of(lambda each: each.is_refused)

    @property
    def told(self) -> tuple[Finding, ...]:
        """Failures that are told and let pass."""
        return self.of(lambda each: each.outcome.status is Status.FAILED and not each.is_refused)

    @property
    def excepted(self) -> tuple[Finding, ...]:
        """Failures that a written exception lets pass."""
        return self.of(lambda each: each.outcome.status is Status.EXCEPTED)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """What only the update can decide."""
        return self.of(lambda each: each.outcome.status is Status.UNKNOWN)

    @property
    def counts(self) -> dict[str, int]:
        """How many outcomes there are of each status."""
        counted = Counter(each.outcome.status for each in self.findings)
        return {status.value: counted[status] for status in Status}

    def of(self, wanted: Callable[[Finding], bool]) -> tuple[Finding, ...]:
        """The findings that are wanted, worst rules first."""
        found = filter(wanted, self.findings)
        return tuple(sorted(found, key=lambda each: (_WORST_FIRST.index(each.rule.severity), each.rule.id)))


def findings_of(
    outcomes: Iterable[Outcome], rules: Iterable[Rule], levels: dict[str, str], exceptions: Iterable[PolicyException]
) -> tuple[Finding, ...]:
    """Joins what the pack wrote down with what it was asked: raises KeyError for a rule that it does not have."""
    by_id = {rule.id: rule for rule in rules}
    written = tuple(exceptions)
    return tuple(
        Finding(
            outcome=outcome,
            rule=by_id[outcome.policy],
            level=levels.get(outcome.policy, MANDATORY),
            exception=_exception(outcome, written) if outcome.status is Status.EXCEPTED else None,
        )
        for outcome in outcomes
    )


def _exception(outcome: Outcome, written: Iterable[PolicyException]) -> PolicyException | None:
    stack = outcome.urn.split("::")[0].rpartition(":")[2]
    found = [
        each
        for each in written
        if (each.policy, each.stack, each.resource) == (outcome.policy, stack, outcome.resource)
        and each.part in ("", outcome.part)
    ]
    return max(found, key=lambda each: each.expires, default=None)
