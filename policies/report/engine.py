"""The ``pulumi`` command at work with the policy pack, which writes down what it finds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from policies.engine.outcome import JOURNAL, Outcome, StackEvaluated, read_journal
from policies.report.plan import Plan

PACK = Path(__file__).resolve().parents[1]
PROJECT = PACK.parent

_STREAMED = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"}
"""Without it ``preview --json`` prints a single document at its end, in which nothing is of policies."""


class EngineNotFoundError(Exception):
    """There is no ``pulumi`` on PATH."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run of the engine came to."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    evaluated: StackEvaluated | None
    """None if the pack never saw the whole stack."""
    exit_code: int
    complaint: str
    """What the command said beside its report: why it did not even begin."""


def preview(stack: str, config: Path | None, more: Sequence[str]) -> Run:
    """Plans the stack. Raises EngineNotFoundError; KeyboardInterrupt once the engine has stopped."""
    return _run("preview", "--stack", stack, *_pack(config), *more)


def analyze(stack: str | None, file: Path | None, config: Path | None) -> Run:
    """Evaluates the deployed state of a stack, or an exported state. Raises as ``preview`` does."""
    subject = ("--file", str(file)) if file else ("--stack", stack or "")
    return _run("policy", "analyze", *subject, *_pack(config))


def _pack(config: Path | None) -> tuple[str, ...]:
    return ("--policy-pack", str(PACK), *(("--policy-pack-config", str(config)) if config else ()))


def _run(*arguments: str) -> Run:
    command = shutil.which("pulumi")
    if command is None:
        raise EngineNotFoundError("there is no pulumi on PATH")
    plan = Plan()
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile("w+") as complaint:
        journal = Path(directory) / "journal"
        with subprocess.Popen(
            [command, *arguments, "--json", "--non-interactive", "--color", "never"],
            cwd=PROJECT,
            env={**os.environ, **_STREAMED, JOURNAL: str(journal)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaint,
            # A session of its own: the terminal's Ctrl-C would reach it beside ours, and two mean "stop at once".
            start_new_session=True,
            text=True,
        ) as child:
            exit_code = _follow(child, plan.add_line)
        outcomes, evaluated = read_journal(journal) if journal.exists() else ([], [])
        complaint.seek(0)
        return Run(
            plan=plan,
            outcomes=tuple(outcomes),
            evaluated=evaluated[-1] if evaluated else None,
            exit_code=exit_code,
            complaint=complaint.read().strip(),
        )


def _follow(child: subprocess.Popen[str], take: Callable[[str], None]) -> int:
    """Takes in what the engine prints; a Ctrl-C lets it come to its own end, a second one makes it stop at once."""
    try:
        for line in child.stdout or ():
            # What is no event is said by the command itself, before or after the engine's work.
            if line.startswith("{"):
                take(line)
        return child.wait()
    except BaseException:
        while child.poll() is None:
            with suppress(KeyboardInterrupt):
                child.send_signal(signal.SIGINT)
                for _ in child.stdout or ():
                    pass
                child.wait()
        raise
