"""Whether the plan keeps what holds data, and whether exceptions from that are still needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policies.aws.stateful import STATEFUL, STATEFUL_KEPT
from policies.engine.analyzer import EXCEPTIONS_VALID
from policies.engine.evaluation import Judge
from policies.engine.exceptions import Exceptions
from policies.engine.outcome import Outcome
from policies.model.resources import Resource
from policies.model.rule import Rule, Violation
from policies.report.plan import Change, Plan


def judge(
    plan: Plan, root: Resource, rules: Iterable[Rule], exceptions: Exceptions, *, is_whole: bool
) -> Iterator[Outcome]:
    """One outcome for each resource with data that the plan takes away, or that there is none.

    ``root`` is the stack. Only a whole plan shows that nothing is taken away, or that an exception is not needed.
    """
    by_id = {rule.id: rule for rule in rules}
    rule = by_id[STATEFUL_KEPT]
    taken = [change for change in plan.of("replace", "delete") if change.token in STATEFUL]
    for change in taken:
        yield from _judge(exceptions, rule, _violation(change))
    if not taken and is_whole:
        yield from Judge(exceptions).judge(rule, root, lambda: iter(()))
    if is_whole:
        yield from _unneeded(root, by_id[EXCEPTIONS_VALID], exceptions)


def _violation(change: Change) -> Violation:
    if change.operation == "delete":
        return Violation(resource=change.resource, has="its deletion planned", must="its data kept", part="delete")
    because = f" for a change of {', '.join(change.because)}" if change.because else ""
    return Violation(
        resource=change.resource, has=f"its replacement planned{because}", must="its data kept", part="replace"
    )


def _unneeded(root: Resource, rule: Rule, exceptions: Exceptions) -> Iterator[Outcome]:
    for exception in exceptions.unused(root.stack):
        if exception.policy == STATEFUL_KEPT:
            violation = Violation(
                resource=root, has=f"{exception}, which this plan does not need", must="no exception for it"
            )
            yield from _judge(exceptions, rule, violation)


def _judge(exceptions: Exceptions, rule: Rule, violation: Violation) -> Iterator[Outcome]:
    return Judge(exceptions).judge(rule, violation.resource, lambda: iter([violation]))
