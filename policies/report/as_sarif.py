"""The report for code scanning: SARIF 2.1.0.

GitHub creates an alert for every result, whatever its kind, and requires a place in a file for each ("SARIF support for
code scanning"; microsoft/PSRule#955; github/codeql-action#2459). So passed and unknown results are left out, and each
result is placed in the stack file. GitHub ignores suppressions, so ``.ci/policies`` removes the suppressed results
before the upload.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from policies.engine.catalogue import area_names
from policies.engine.outcome import Status
from policies.model.rule import Rule
from policies.report import stack_file
from policies.report.engine import PROJECT
from policies.report.results import Report, Result, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""Within GitHub's bounds: critical is over 9.0, high from 7.0, medium from 4.0."""

_MOST_TAGS = 20
"""Tags of a rule. GitHub refuses a file with more ("About code scanning limits on SARIF results")."""

_RESULTS = (Status.FAILED, Status.BROKEN, Status.EXCEPTED)


def text_of(report: Report, project: Path = PROJECT) -> str:
    """One run, with all rules and the results that failed."""
    names = area_names()
    position = {rule.id: number for number, rule in enumerate(report.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "magento policies",
                "rules": [_rule(rule, names[rule.id]) for rule in report.rules],
            }
        },
        "automationDetails": {"id": f"policies/{report.stack}/"},
        "invocations": [{"executionSuccessful": report.verdict is not Verdict.UNDECIDED}],
        "results": [
            _result(each, position[each.rule.id], report.stack, project)
            for each in report.of(lambda each: each.outcome.status in _RESULTS)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule, area: str) -> dict[str, Any]:
    sources = rule.sources
    controls = [
        f"external/{standard}/{control}"
        for standard, controls in (("fsbp", sources.fsbp), ("cis-aws-7.0", sources.cis), ("pci-dss-4.0", sources.pci))
        for control in controls
    ]
    help_text = f"{rule.why} Fix: {rule.fix}"
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.why},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{help_text} Sources: {sources}",
            "markdown": f"{rule.why}\n\n**Fix:** {rule.fix}\n\n**Sources:** {sources}",
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": _SECURITY_SEVERITY[rule.severity.value],
            "tags": ["security", area, *controls][:_MOST_TAGS],
        },
    }


def _result(result: Result, position: int, stack: str, project: Path) -> dict[str, Any]:
    outcome, exception = result.outcome, result.exception
    suppressions = []
    if outcome.status is Status.EXCEPTED:
        suppressions.append({"kind": "external", "status": "accepted", "justification": outcome.reason})
    # Without the message, which may change while the fault stays the same.
    digest = hashlib.sha256("\0".join((outcome.policy, outcome.urn, outcome.part)).encode()).hexdigest()
    return {
        "ruleId": outcome.policy,
        "ruleIndex": position,
        "level": "error" if result.is_refused else "warning",
        "message": {"text": outcome.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": stack_file.name_of(stack)},
                    "region": {"startLine": stack_file.line_of(outcome, stack, project)},
                },
                "logicalLocations": [{"name": outcome.resource, "fullyQualifiedName": outcome.urn, "kind": "resource"}],
            }
        ],
        # The only fingerprint that GitHub reads.
        "partialFingerprints": {"primaryLocationLineHash": f"{digest[:32]}:1"},
        # SARIF requires them for every result or for none.
        "suppressions": suppressions,
        **({"properties": {"expires": exception.expires.isoformat()}} if exception else {}),
    }
