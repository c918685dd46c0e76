"""What a change of each key does to a stack that is up, from the walk that `python -m tests.platform.day_two` makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

RECORDED = Path(__file__).with_name("generated") / "day_two.yaml"


class Outcome(StrEnum):
    """What the engine planned for an edit of a stack file, or who refused it."""

    NOTHING = "nothing"
    """The plan has no change."""
    IN_PLACE = "in place"
    """Resources are made, updated or deleted, and what shoppers and people use goes on."""
    REPLACEMENT = "replacement"
    """Resources are replaced, and what shoppers and people use goes on."""
    INTERRUPTION = "interruption"
    """Something that shoppers or people use is away for a while, or has another address afterwards."""
    SETTINGS = "refused in settings"
    PROTECT = "refused by protect"
    REPORT = "refused by the policies"
    """By the policies, or by the report on the plan (`stateful-kept`)."""


_ANSWERS = {
    Outcome.NOTHING: "without effect",
    Outcome.IN_PLACE: "yes",
    Outcome.REPLACEMENT: "yes",
    Outcome.INTERRUPTION: "with an interruption",
    Outcome.SETTINGS: "no",
    Outcome.PROTECT: "no",
    Outcome.REPORT: "no",
}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one edit came to."""

    stack: str
    put: Mapping[str, Any]
    """The values that it set, by their paths in the stack file."""
    environment: Mapping[str, str]
    """The environment variables of the run."""
    what: str
    """What tells this edit from the key's others; empty where all end alike."""
    outcome: Outcome
    because: tuple[str, ...]
    """Why it is refused or interrupts: sentences of settings, rules, or what is away."""
    plan: Mapping[str, Mapping[str, int]]
    """How many resources of each type the engine would create, update, replace and delete."""

    @classmethod
    def of(cls, recorded: Mapping[str, Any]) -> Result:
        """A result as the file has it."""
        return cls(
            stack=recorded["stack"],
            put=recorded["put"],
            environment=recorded.get("with", {}),
            what=recorded.get("what", ""),
            outcome=Outcome(recorded["outcome"]),
            because=tuple(recorded.get("because", ())),
            plan=recorded.get("plan", {}),
        )

    @property
    def record(self) -> dict[str, Any]:
        """The result as the file has it, without what is empty."""
        values = {
            "what": self.what,
            "stack": self.stack,
            "put": dict(self.put),
            "with": dict(self.environment),
            "outcome": self.outcome.value,
            "because": list(self.because),
            "plan": {operation: dict(types) for operation, types in self.plan.items()},
        }
        return {key: value for key, value in values.items() if value}

    @property
    def answer(self) -> str:
        """Whether the key may be changed later, with what the reader must know."""
        answer = _ANSWERS[self.outcome]
        match self.outcome:
            case Outcome.INTERRUPTION:
                return f"{answer}: {'; '.join(self.because)}"
            case Outcome.PROTECT:
                return f"{answer} (`protect`)"
            case Outcome.REPORT:
                return f"{answer} ({', '.join(f'`{rule}`' for rule in self.because)})"
        return answer


@cache
def results() -> Mapping[str, Sequence[Result]]:
    """The results of each key's edits, as they were recorded."""
    recorded = yaml.safe_load(RECORDED.read_text(encoding="utf-8"))
    return {key: tuple(map(Result.of, edits)) for key, edits in recorded.items()}


def answer(key: str) -> str:
    """Whether a key may be changed later, for the page: the edits that end alike share one answer."""
    by_answer: dict[str, list[str]] = {}
    for result in results()[key]:
        by_answer.setdefault(result.answer, []).append(result.what)
    if len(by_answer) == 1:
        return next(iter(by_answer))
    return "; ".join(_each(by_answer))


def _each(by_answer: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for answer, edits in by_answer.items():
        yield f"{', '.join(edits)}: {answer}"
