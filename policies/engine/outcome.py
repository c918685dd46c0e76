"""The result of one rule on one resource, and the journal of results that reports are made from."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

JOURNAL = "MAGENTO_POLICY_JOURNAL"
"""The environment variable that names the file to which the pack appends its outcomes, one line of JSON each."""


class Status(StrEnum):
    """The result of one rule on one resource."""

    PASSED = "passed"
    FAILED = "failed"
    EXCEPTED = "excepted"
    """Failed, and a written exception that has not expired allows it."""
    UNKNOWN = "unknown"
    """A value is unknown until the update, which evaluates the rule again."""
    BROKEN = "broken"
    """The rule itself raised an error, so there is no result."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one rule on one resource. ``message`` is empty if it passed; ``part`` tells several violations of
    one resource apart."""

    policy: str
    status: Status
    urn: str
    resource: str
    message: str = ""
    part: str = ""
    reason: str = ""
    """Why the exception was granted."""


@dataclass(frozen=True, kw_only=True)
class StackEvaluated:
    """Says that the pack has evaluated the whole stack. A journal without one comes from a run that was cut short."""

    stack: str
    levels: dict[str, str]
    """The level of each rule in this run."""


class Journal:
    """Writes outcomes to the file that the environment names, if it names one."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path or os.environ.get(JOURNAL)

    def add(self, entry: Outcome | StackEvaluated) -> None:
        """Writes one entry immediately: the engine kills the pack's process when the run is over."""
        if self._path:
            kind = "evaluated" if isinstance(entry, StackEvaluated) else "outcome"
            with Path(self._path).open("a") as file:
                file.write(json.dumps({"kind": kind, **vars(entry)}) + "\n")


def read_journal(path: Path) -> tuple[list[Outcome], list[StackEvaluated]]:
    """The outcomes that a pack wrote, in order, and the stacks that it finished."""
    entries: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    outcomes = [Outcome(**{**_fields(each), "status": Status(each["status"])}) for each in _of(entries, "outcome")]
    return outcomes, [StackEvaluated(**_fields(each)) for each in _of(entries, "evaluated")]


def _of(entries: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in entries if each["kind"] == kind]


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "kind"}
