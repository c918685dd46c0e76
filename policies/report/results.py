"""The results of a run, with their rules and levels, and the verdict on the whole stack."""

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
    """The stack could not be evaluated."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One outcome, with its rule and the level of that rule in this run."""

    outcome: Outcome
    rule: Rule
    level: str
    """``mandatory``, ``advisory``, ``remediate`` or ``disabled``."""
    exception: PolicyException | None = None
    """The exception that covers it, if there is one."""

    @property
    def is_refused(self) -> bool:
        """Whether it prevents `pulumi up`: it failed a mandatory rule, or broke a rule of any level."""
        match self.outcome.status:
            case Status.FAILED:
                # A violation that is left after the remediation is refused.
                return self.level in (MANDATORY, "remediate")
            case Status.BROKEN:
                return True
        return False


@dataclass(frozen=True, kw_only=True)
class Report:
    """One evaluation of one stack. ``plan`` is None for a report on the deployed state."""

    stack: str
    commit: str | None
    results: tuple[Result, ...]
    rules: tuple[Rule, ...]
    """Every rule of the pack, also those that apply to nothing in the stack."""
    plan: Plan | None
    is_whole: bool
    """Whether the policies saw the whole stack."""
    engine_failed: bool

    @property
    def verdict(self) -> Verdict:
        """The verdict on the stack."""
        if not self.is_whole:
            return Verdict.UNDECIDED
        if self.refused:
            return Verdict.REFUSED
        return Verdict.UNDECIDED if self.engine_failed else Verdict.PASSED

    @property
    def refused(self) -> tuple[Result, ...]:
        """The results that prevent `pulumi up`."""
        return self.of(lambda each: each.is_refused)

    @property
    def warnings(self) -> tuple[Result, ...]:
        """Failures of advisory rules."""
        return self.of(lambda each: each.outcome.status is Status.FAILED and not each.is_refused)

    @property
    def excepted(self) -> tuple[Result, ...]:
        """Failures that a written exception covers."""
        return self.of(lambda each: each.outcome.status is Status.EXCEPTED)

    @property
    def unknown(self) -> tuple[Result, ...]:
        """Results that are unknown until the update."""
        return self.of(lambda each: each.outcome.status is Status.UNKNOWN)

    @property
    def counts(self) -> dict[str, int]:
        """How many outcomes there are of each status."""
        counted = Counter(each.outcome.status for each in self.results)
        return {status.value: counted[status] for status in Status}

    def of(self, wanted: Callable[[Result], bool]) -> tuple[Result, ...]:
        """The results that are wanted, those of the most severe rules first."""
        found = filter(wanted, self.results)
        return tuple(sorted(found, key=lambda each: (_WORST_FIRST.index(each.rule.severity), each.rule.id)))


def results_of(
    outcomes: Iterable[Outcome], rules: Iterable[Rule], levels: dict[str, str], exceptions: Iterable[PolicyException]
) -> tuple[Result, ...]:
    """Joins outcomes with their rules, levels and exceptions. Raises KeyError for an unknown rule."""
    by_id = {rule.id: rule for rule in rules}
    written = tuple(exceptions)
    return tuple(
        Result(
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
