"""What came out of asking one rule about one resource, and the record of it that reports are made from."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

JOURNAL = "MAGENTO_POLICY_JOURNAL"
"""The environment variable that names the file to which the pack adds its outcomes, a line of JSON each."""


class Status(StrEnum):
    """How one rule stands to one resource."""

    PASSED = "passed"
    FAILED = "failed"
    EXCEPTED = "excepted"
    """Failed, and an exception that has not ended lets it pass."""
    UNKNOWN = "unknown"
    """Left to the update, which knows the value."""
    BROKEN = "broken"
    """The rule itself broke: nobody knows what it would have said."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One rule, one resource. ``message`` is empty for what passed; ``part`` tells violations of one resource apart."""

    policy: str
    status: Status
    urn: str
    resource: str
    message: str = ""
    part: str = ""
    reason: str = ""
    """Why an exception was made."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """That the pack has judged the whole of a stack. A journal without one is of a run that broke off."""

    stack: str
    levels: dict[str, str]
    """The level of each rule in this run."""


class Journal:
    """Where outcomes go: a file, if the environment names one, else nowhere."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path or os.environ.get(JOURNAL)

    def add(self, entry: Outcome | Judged) -> None:
        """Writes one entry, at once: a pack's process is killed when its run is over."""
        if self._path:
            kind = "judged" if isinstance(entry, Judged) else "outcome"
            with Path(self._path).open("a") as file:
                file.write(json.dumps({"kind": kind, **vars(entry)}) + "\n")


def read_journal(path: Path) -> tuple[list[Outcome], list[Judged]]:
    """What a pack wrote down, in its order."""
    entries: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    outcomes = [Outcome(**{**_fields(each), "status": Status(each["status"])}) for each in _of(entries, "outcome")]
    return outcomes, [Judged(**_fields(each)) for each in _of(entries, "judged")]


def _of(entries: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in entries if each["kind"] == kind]


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "kind"}
