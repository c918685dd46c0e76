"""The report for test dashboards: one suite for each area, one case for each rule and resource.

Warnings (advisory, excepted, unknown) are skipped cases with a reason, so only what prevents `pulumi up` is red.
"""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from policies.engine.catalogue import area_names
from policies.engine.outcome import Status
from policies.report.results import Report, Result


def text_of(report: Report) -> str:
    """One XML document."""
    names = area_names()
    suites: dict[str, TestSuite] = {}
    for result in report.of(lambda _: True):
        area = names[result.rule.id]
        if area not in suites:
            suites[area] = TestSuite(area)
        suites[area].add_testcase(_case(area, result))
    if not report.is_whole:
        suites["pack"] = suites.get("pack") or TestSuite("pack")
        suites["pack"].add_testcase(_not_whole())
    document = JUnitXml(f"policies of {report.stack}")
    for suite in suites.values():
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode()


def _case(area: str, result: Result) -> TestCase:
    outcome = result.outcome
    part = f" ({outcome.part})" if outcome.part else ""
    case = TestCase(f"{result.rule.id}: {outcome.resource}{part}", classname=f"policies.{area}")
    match outcome.status:
        case Status.FAILED if result.is_refused:
            case.result = [Failure(outcome.message, result.level)]
        case Status.FAILED:
            case.result = [Skipped(f"{result.level}: {outcome.message}")]
        case Status.BROKEN:
            case.result = [Error(outcome.message, "broken")]
        case Status.EXCEPTED:
            case.result = [Skipped(f"excepted: {outcome.reason}")]
        case Status.UNKNOWN:
            case.result = [Skipped(f"unknown: {outcome.message}")]
    return case


def _not_whole() -> TestCase:
    case = TestCase("the whole stack was evaluated", classname="policies.pack")
    case.result = [Error("The policies did not see the whole stack.", "undecided")]
    return case
