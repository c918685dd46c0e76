"""The report for test dashboards: a suite an area, a case a rule and resource.

What is told and let pass (advisory, excepted, unknown) is skipped with its reason, so that a red case is one that
keeps the stack from being applied.
"""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from policies.engine.outcome import Status
from policies.generated.areas import area_names
from policies.report.report import Finding, Report


def text_of(report: Report) -> str:
    """One XML document."""
    names = area_names()
    suites: dict[str, TestSuite] = {}
    for finding in report.of(lambda _: True):
        area = names[finding.rule.id]
        if area not in suites:
            suites[area] = TestSuite(area)
        suites[area].add_testcase(_case(area, finding))
    if not report.is_whole:
        suites["pack"] = suites.get("pack") or TestSuite("pack")
        suites["pack"].add_testcase(_not_whole())
    document = JUnitXml(f"policies of {report.stack}")
    for suite in suites.values():
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode()


def _case(area: str, finding: Finding) -> TestCase:
    outcome = finding.outcome
    part = f" ({outcome.part})" if outcome.part else ""
    case = TestCase(f"{finding.rule.id}: {outcome.resource}{part}", classname=f"policies.{area}")
    match outcome.status:
        case Status.FAILED if finding.is_refused:
            case.result = [Failure(outcome.message, finding.level)]
        case Status.FAILED:
            case.result = [Skipped(f"{finding.level}: {outcome.message}")]
        case Status.BROKEN:
            case.result = [Error(outcome.message, "broken")]
        case Status.EXCEPTED:
            case.result = [Skipped(f"excepted: {outcome.reason}")]
        case Status.UNKNOWN:
            case.result = [Skipped(f"unknown: {outcome.message}")]
    return case


def _not_whole() -> TestCase:
    case = TestCase("the whole stack was judged", classname="policies.pack")
    case.result = [Error("the policies did not see the whole stack", "undecided")]
    return case
