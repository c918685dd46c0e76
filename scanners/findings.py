"""What the scanners find, and the reasons for what stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from commands.errors import CannotRunError

REASONS = Path(__file__).with_name("reasons.yaml")


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """A check that one resource fails."""

    scanner: str
    check: str
    resource: str
    """prowler: its ARN. checkov: the stack, and the resource's address in the plan."""
    says: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about. What a scanner says of it may have a date."""
        return self.scanner, self.check, self.resource


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a check may fail. An entry of ``reasons.yaml``."""

    scanner: str
    check: str
    reason: str
    resource: str = "*"
    """Which resources: a pattern with ``*`` for any text."""

    def covers(self, finding: Finding) -> bool:
        return (
            (self.scanner, self.check) == (finding.scanner, finding.check)
            # A bracket is a letter of checkov's addresses, and no pattern.
            and fnmatchcase(finding.resource, self.resource.replace("[", "[[]"))
        )


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The findings of a scan, held against the reasons."""

    unexplained: tuple[Finding, ...]
    explained: tuple[Finding, ...]
    stale: tuple[Reason, ...]
    """Reasons for something that is no longer found."""


def read_reasons(file: Path = REASONS) -> tuple[Reason, ...]:
    """The file's entries. Raises TypeError for unknown or missing keys, ValueError for an empty reason."""
    content: Mapping[str, Sequence[Mapping[str, Any]]] = yaml.safe_load(file.read_text())
    reasons = tuple(Reason(scanner=scanner, **entry) for scanner, entries in content.items() for entry in entries)
    for each in reasons:
        if not each.reason.strip():
            raise ValueError(f"{file.name}: {each.check}: got an empty reason, expected a sentence")
    return reasons


def judge(findings: Iterable[Finding], reasons: Sequence[Reason], *, scanners: Iterable[str]) -> Judgement:
    """Which findings have a reason. A reason of a scanner that did not run is not stale."""
    found = sorted(set(findings))
    ran = set(scanners)
    explained = [each for each in found if any(reason.covers(each) for reason in reasons)]
    return Judgement(
        unexplained=tuple(each for each in found if each not in explained),
        explained=tuple(explained),
        stale=tuple(
            reason for reason in reasons if reason.scanner in ran and not any(reason.covers(each) for each in found)
        ),
    )


def write(file: Path, findings: Iterable[Finding]) -> None:
    """Keep findings, for a later scan to leave them out."""
    file.write_text(json.dumps([asdict(each) for each in sorted(set(findings))], indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> tuple[Finding, ...]:
    """Findings that were kept. Raises CannotRunError for a file that holds none."""
    try:
        return tuple(Finding(**each) for each in json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CannotRunError(f"{file}: got {error}, expected findings that --record has written") from error
