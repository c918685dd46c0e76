"""The report for programs.

The format is stable: keys may be added, and only a new ``version`` removes a key or changes its meaning.
``docs/policies.md`` describes it.
"""

from __future__ import annotations

import json
from typing import Any

from policies.report.results import Report, Result

VERSION = 1


def text_of(report: Report) -> str:
    """Every outcome, including those that passed."""
    return json.dumps(_document(report), indent=2) + "\n"


def _document(report: Report) -> dict[str, Any]:
    plan = report.plan
    return {
        "version": VERSION,
        "form": "preview" if plan else "state",
        "stack": report.stack,
        "commit": report.commit,
        "verdict": report.verdict.name.lower(),
        "whole": report.is_whole,
        "counts": {**report.counts, "refused": len(report.refused)},
        "plan": plan
        and {
            "counts": plan.counts,
            "changes": [
                {
                    "operation": change.operation,
                    "resource": str(change.resource),
                    "urn": change.urn,
                    "because": list(change.because),
                }
                for change in plan.changes
            ],
        },
        "outcomes": [_outcome(each) for each in report.of(lambda _: True)],
    }


def _outcome(result: Result) -> dict[str, Any]:
    outcome, rule, exception = result.outcome, result.rule, result.exception
    return {
        "id": rule.id,
        "severity": rule.severity.value,
        "level": result.level,
        "status": outcome.status.value,
        "refused": result.is_refused,
        "resource": outcome.resource,
        "urn": outcome.urn,
        "part": outcome.part,
        "message": outcome.message,
        "reason": outcome.reason,
        "expires": exception.expires.isoformat() if exception else None,
        "sources": {
            "fsbp": list(rule.sources.fsbp),
            "cis": list(rule.sources.cis),
            "pci": list(rule.sources.pci),
            "other": rule.sources.other,
        },
    }
