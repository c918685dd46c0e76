"""The Pulumi engine run with the policy pack, which writes its outcomes to a journal."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.engine import Engine
from policies.engine.outcome import JOURNAL, Outcome, StackEvaluated, read_journal
from policies.report.plan import Plan

PACK = Path(__file__).resolve().parents[1]
PROJECT = PACK.parent

_STREAMED = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"}
"""Without it ``preview --json`` prints a single document at its end, which says nothing about policies."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run of the engine came to."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    evaluated: StackEvaluated | None
    """None if the pack did not see the whole stack."""
    exit_code: int
    complaint: str
    """What the command said on standard error, such as why it did not begin."""


def preview(stack: str, config: Path | None, more: Sequence[str]) -> Run:
    """Plans the stack. Raises CannotRunError without a CLI, and KeyboardInterrupt once the engine has stopped."""
    return _run("preview", "--stack", stack, *_pack(config), *more)


def analyze(stack: str | None, file: Path | None, config: Path | None) -> Run:
    """Evaluates the deployed state of a stack, or an exported state. Raises as ``preview`` does."""
    subject = ("--file", str(file)) if file else ("--stack", stack or "")
    return _run("policy", "analyze", *subject, *_pack(config))


def _pack(config: Path | None) -> tuple[str, ...]:
    return ("--policy-pack", str(PACK), *(("--policy-pack-config", str(config)) if config else ()))


def _run(*arguments: str) -> Run:
    with tempfile.TemporaryDirectory() as directory:
        journal = Path(directory) / "journal"
        environment = {**os.environ, **_STREAMED, JOURNAL: str(journal)}
        run = Engine.on_path(project=PROJECT, environment=environment).run(*arguments)
        if run.interrupted:
            raise KeyboardInterrupt
        outcomes, evaluated = read_journal(journal) if journal.exists() else ([], [])
        return Run(
            plan=Plan.from_events(run.events),
            outcomes=tuple(outcomes),
            evaluated=evaluated[-1] if evaluated else None,
            exit_code=run.exit_code,
            complaint=run.complaint,
        )
