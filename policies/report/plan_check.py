"""Checks that the plan deletes no data and makes no volume smaller, and that the exceptions for it are still needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policies.aws.stateful import FOUNDATIONS, STATEFUL
from policies.engine.evaluation import Evaluator
from policies.engine.exceptions import Exceptions
from policies.engine.outcome import Outcome
from policies.generated.aws_types import ebs, rds
from policies.model.expectations import spelled
from policies.model.resources import Resource
from policies.model.rule import Rule, Violation
from policies.report.plan import Change, Plan
from policies.rules.operations.pack import EXCEPTIONS_VALID, STATEFUL_KEPT

_SIZES = {ebs.Volume: "size", rds.Instance: "allocatedStorage"}
"""The sizes that AWS only lets grow. A plan shows a smaller one as an update, and the update fails or does nothing."""


def evaluate(
    plan: Plan, root: Resource, rules: Iterable[Rule], exceptions: Exceptions, *, is_whole: bool
) -> Iterator[Outcome]:
    """One outcome for each resource with data that the plan deletes, replaces or shrinks, or one that says that there
    is none.

    ``root`` is the stack. Only a whole plan shows that no data is deleted, or that an exception is not needed.
    """
    by_id = {rule.id: rule for rule in rules}
    rule = by_id[STATEFUL_KEPT]
    taken = [change for change in plan.of("replace", "delete") if change.token in (*STATEFUL, *FOUNDATIONS)]
    taken += [change for change in plan.of("update") if _SIZES.get(change.token) in change.smaller]
    for change in taken:
        yield from _evaluate(exceptions, rule, _violation(change))
    if not taken and is_whole:
        yield from Evaluator(exceptions).evaluate(rule, root, lambda: iter(()))
    if is_whole:
        yield from _unneeded(root, by_id[EXCEPTIONS_VALID], exceptions)


def _violation(change: Change) -> Violation:
    if change.operation == "update":
        got = f"a planned {spelled(_SIZES[change.token])} below the present one"
        return Violation(
            resource=change.resource, got=got, expected="its size or more: AWS shrinks none", part="shrink"
        )
    if change.operation == "delete":
        return Violation(resource=change.resource, got="a planned deletion", expected="its data kept", part="delete")
    because = f" for a change of {', '.join(map(spelled, change.because))}" if change.because else ""
    return Violation(
        resource=change.resource, got=f"a planned replacement{because}", expected="its data kept", part="replace"
    )


def _unneeded(root: Resource, rule: Rule, exceptions: Exceptions) -> Iterator[Outcome]:
    for exception in exceptions.unused(root.stack):
        if exception.policy == STATEFUL_KEPT:
            violation = Violation(resource=root, got=f"{exception}, which this plan keeps", expected="no exception")
            yield from _evaluate(exceptions, rule, violation)


def _evaluate(exceptions: Exceptions, rule: Rule, violation: Violation) -> Iterator[Outcome]:
    return Evaluator(exceptions).evaluate(rule, violation.resource, lambda: iter([violation]))
