"""Makes a report from a run of the engine."""

from __future__ import annotations

import subprocess

from commands.errors import CannotRunError
from policies.engine.analyzer import root_of
from policies.engine.catalogue import RULES
from policies.engine.exceptions import Exceptions
from policies.engine.outcome import Outcome
from policies.model.properties import Properties
from policies.model.resources import Resource
from policies.report import plan_check
from policies.report.engine import PROJECT, Run
from policies.report.results import Report, results_of
from policies.rules.operations.pack import STATEFUL_KEPT


class NothingEvaluatedError(CannotRunError):
    """The run evaluated no resource."""


def report_of(run: Run, *, stack: str | None, with_plan: bool) -> Report:
    """Raises NothingEvaluatedError if the engine failed before it asked the pack about any resource."""
    levels = run.evaluated.levels if run.evaluated else {}
    exceptions = Exceptions.read(rules=RULES)
    outcomes = list(run.outcomes)
    if not outcomes:
        raise NothingEvaluatedError(
            "The stack could not be evaluated: the engine did not ask the policies about any resource."
        )
    root = _root(outcomes[0])
    if with_plan and levels.get(STATEFUL_KEPT) != "disabled":
        is_whole = run.evaluated is not None and run.plan.finished and not run.plan.errors
        outcomes += plan_check.evaluate(run.plan, root, RULES, exceptions, is_whole=is_whole)
    return Report(
        stack=stack or root.stack,
        commit=_commit(),
        results=results_of(outcomes, RULES, levels, exceptions.entries),
        rules=RULES,
        plan=run.plan if with_plan else None,
        is_whole=run.evaluated is not None,
        engine_failed=run.exit_code != 0,
    )


def _root(outcome: Outcome) -> Resource:
    token, name = outcome.urn.split("::", 3)[2:]
    return root_of(Resource(urn=outcome.urn, token=token, name=name, properties=Properties.of({})))


def _commit() -> str | None:
    try:
        ran = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ran.stdout.strip()
