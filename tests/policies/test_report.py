"""Each form of a report: complete, true to what the pack wrote down, and of a shape that its readers take."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from policies.engine.catalogue import RULES
from policies.engine.exceptions import Exceptions, PolicyException
from policies.engine.outcome import Outcome, Status
from policies.model.expiry import today
from policies.model.properties import Properties
from policies.model.resources import Resource
from policies.report import as_json, as_junit, as_markdown, as_sarif, files, plan_check, stack_file
from policies.report.plan import Plan
from policies.report.results import Report, Verdict
from policies.rules.operations.pack import STATEFUL_KEPT
from tests.policies.reports import (
    BROKEN,
    DATABASE,
    END,
    EXCEPTED,
    FAILED,
    PASSED,
    ROLE,
    SECRET,
    UNKNOWN,
    error,
    outcome,
    plan_of,
    replacement,
    report_of,
    resize,
    step,
    urn,
)
from tests.unit.program import ROOT

PLAN = plan_of(
    step("create", ROLE, "new"),
    step("same", ROLE, "old"),
    *replacement(DATABASE, "site-database-instance", "engine"),
    END,
)
EVERYTHING = report_of(PASSED, FAILED, EXCEPTED, UNKNOWN, BROKEN, plan=PLAN)


def exception(**more: Any) -> PolicyException:
    fields: dict[str, Any] = {
        "policy": EXCEPTED.policy,
        "stack": "prod",
        "resource": EXCEPTED.resource,
        "part": "",
        "reason": "the till cannot follow redirects",
        "owner": "Operations",
        "expires": datetime.date(2028, 6, 30),
    }
    return PolicyException(**{**fields, **more})


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        pytest.param(report_of(PASSED, EXCEPTED, UNKNOWN), Verdict.PASSED, id="nothing failed"),
        pytest.param(report_of(PASSED, FAILED), Verdict.REFUSED, id="a mandatory rule failed"),
        pytest.param(report_of(PASSED, BROKEN), Verdict.REFUSED, id="a rule broke"),
        pytest.param(report_of(FAILED, engine_failed=True), Verdict.REFUSED, id="the engine failed for the rule"),
        pytest.param(report_of(PASSED, engine_failed=True), Verdict.UNDECIDED, id="the engine failed otherwise"),
        pytest.param(report_of(PASSED, is_whole=False), Verdict.UNDECIDED, id="not all was seen"),
        pytest.param(report_of(FAILED, is_whole=False), Verdict.UNDECIDED, id="not all was seen, and something failed"),
    ],
)
def test_the_verdict(report: Report, verdict: Verdict) -> None:
    """Passed is only what was seen as a whole, by an engine that came to its end, with nothing mandatory failed."""
    assert report.verdict is verdict


def test_json_has_every_outcome() -> None:
    """What passed too, each with its rule's severity, level and sources; and the plan, one change a resource."""
    document = json.loads(as_json.text_of(EVERYTHING))
    assert document["version"] == 1
    assert (document["stack"], document["commit"], document["verdict"]) == ("prod", "0123abc", "refused")
    assert document["counts"] == {
        "passed": 1, "failed": 1, "excepted": 1, "unknown": 1, "broken": 1, "refused": 2,
    }  # fmt: skip
    assert document["plan"]["counts"] == {"create": 1, "import": 0, "update": 0, "replace": 1, "delete": 0}
    assert document["plan"]["changes"][0] == {
        "operation": "replace",
        "resource": "rds.Instance 'site-database-instance'",
        "urn": urn(DATABASE, "site-database-instance"),
        "because": ["engine"],
    }
    [failed] = [each for each in document["outcomes"] if each["status"] == "failed"]
    assert failed == {
        "id": "rds-private",
        "severity": "critical",
        "level": "mandatory",
        "status": "failed",
        "refused": True,
        "resource": FAILED.resource,
        "urn": FAILED.urn,
        "part": "",
        "message": FAILED.message,
        "reason": "",
        "expires": None,
        "sources": {"fsbp": ["RDS.2"], "cis": ["3.2.3"], "pci": ["1.3.1", "1.4.2"], "other": ""},
    }


def test_junit_is_red_only_for_what_is_refused() -> None:
    """An exception and an unknown are skipped with their reason; an advisory failure is skipped too."""
    document = JUnitXml.fromstring(as_junit.text_of(EVERYTHING))
    cases = {case.name: case for suite in document for case in suite}
    assert {suite.name for suite in document} == {"database"}
    kinds = {name: [type(each).__name__ for each in case.result] for name, case in cases.items()}
    assert kinds == {
        "rds-private: rds.Instance 'shared-database-instance'": [],
        "rds-private: rds.Instance 'site-database-instance'": ["Failure"],
        "rds-private-ingress: rds.Instance 'site-database-instance' (ingress[0])": ["Skipped"],
        "rds-private-subnets: rds.Instance 'site-database-instance' (subnetIds)": ["Skipped"],
        "rds-private-subnets: rds.Instance 'site-database-instance'": ["Error"],
    }
    [suite] = document
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (5, 1, 1, 2)
    assert (
        EXCEPTED.reason
        in cases["rds-private-ingress: rds.Instance 'site-database-instance' (ingress[0])"].result[0].message
    )


def test_an_advisory_failure_is_a_warning_everywhere() -> None:
    """Its level decides, not its severity: skipped in JUnit, a warning in SARIF, a warning in Markdown."""
    report = report_of(FAILED, levels={FAILED.policy: "advisory"})
    assert report.verdict is Verdict.PASSED
    [[case]] = JUnitXml.fromstring(as_junit.text_of(report))
    assert [type(each).__name__ for each in case.result] == ["Skipped"]
    assert [each["level"] for each in sarif(report)["results"]] == ["warning"]
    assert "#### Warnings" in as_markdown.text_of(report)


def test_junit_says_that_not_all_was_seen() -> None:
    """A run that broke off is red even if all that it saw passed."""
    document = JUnitXml.fromstring(as_junit.text_of(report_of(PASSED, is_whole=False)))
    assert document.errors == 1


def sarif(report: Report) -> dict[str, Any]:
    [run] = json.loads(as_sarif.text_of(report))["runs"]
    return run  # type: ignore[no-any-return]


def test_sarif_is_what_code_scanning_takes() -> None:
    """Version, tool and rules as SARIF 2.1.0 asks them; of a rule what GitHub sorts and filters alerts by; within
    GitHub's limits."""
    document = json.loads(as_sarif.text_of(EVERYTHING))
    assert (document["version"], len(document["runs"])) == ("2.1.0", 1)
    run = sarif(EVERYTHING)
    assert run["automationDetails"]["id"] == "policies/prod/"
    assert run["invocations"] == [{"executionSuccessful": True}]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert rule["properties"]["tags"][0] == "security"
        assert len(rule["properties"]["tags"]) <= 20
        assert len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"])
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning"}
        assert result["message"]["text"]
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.prod.yaml"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("urn:pulumi:prod::")
        # All of them or none, says SARIF.
        assert isinstance(result["suppressions"], list)


def test_sarif_has_no_result_for_what_passed_or_is_unknown() -> None:
    """GitHub would make an alert of each. What is excepted is suppressed, with the reason."""
    found = {result["ruleId"]: result for result in sarif(report_of(PASSED, FAILED, EXCEPTED, UNKNOWN))["results"]}
    assert set(found) == {FAILED.policy, EXCEPTED.policy}
    assert found[FAILED.policy]["suppressions"] == []
    assert found[EXCEPTED.policy]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": EXCEPTED.reason}
    ]


def test_fingerprints_outlive_the_words() -> None:
    """The same fault in other words is the same alert; another resource or part is another."""

    def fingerprint(each: Outcome) -> str:
        [result] = sarif(report_of(each))["results"]
        return str(result["partialFingerprints"]["primaryLocationLineHash"])

    assert fingerprint(FAILED) == fingerprint(outcome("rds-private", Status.FAILED, message="In other words."))
    assert fingerprint(FAILED) != fingerprint(outcome("rds-private", Status.FAILED, "other", message="x"))
    assert fingerprint(FAILED) != fingerprint(outcome("rds-private", Status.FAILED, message="x", part="p"))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("site-database-instance", "    database:"),
        ("shared-database-instance", "  magento:shared_database:"),
        ("operations-gateway-server-instance", "  magento:gateway:"),
        ("shared-platform-buckets-client-billing-bucket", "    - name: client-billing"),
        ("magento-prod", "# Production: owns the network and everything that the sites share, and runs its own site."),
    ],
)
def test_a_finding_is_placed_at_what_it_comes_from(name: str, line: str) -> None:
    """In the real stack file: the key or entry that the resource is named after, else the file's first line."""
    lines = (ROOT / "Pulumi.prod.yaml").read_text().splitlines()
    assert lines[stack_file.line_of(outcome("rds-private", Status.FAILED, name), "prod") - 1] == line


def test_a_stack_without_a_file_is_placed_at_its_first_line(tmp_path: Path) -> None:
    """Such as a state that was exported elsewhere."""
    assert stack_file.line_of(FAILED, "prod", tmp_path) == 1


def test_markdown_puts_failures_first_with_their_fix() -> None:
    """The verdict, the counts, what the plan takes away, then refused results before warnings."""
    text = as_markdown.text_of(EVERYTHING)
    assert text.startswith("<!-- policies of prod -->\n")
    order = [
        "**refused**",
        "1 to create, 1 to replace",
        "#### Refused",
        "set publicly\\_accessible=False",
        "#### Excepted",
        "#### Unknown until",
    ]
    assert sorted(order, key=text.index) == order
    assert "replace `rds.Instance 'site-database-instance'`, for a change of engine" in text
    assert "| Passed | 1 |" in text
    assert PASSED.resource not in text


@pytest.mark.parametrize(("days", "warned"), [(29, True), (31, False)])
def test_markdown_warns_of_exceptions_that_end_soon(days: int, warned: bool) -> None:
    """Under thirty days before the last one."""
    ending = exception(expires=today() + datetime.timedelta(days=days))
    assert (f"expires in {days} days" in as_markdown.text_of(report_of(EXCEPTED, exceptions=[ending]))) is warned


@pytest.mark.parametrize("count", [3_000, 10])
def test_markdown_fits_into_a_comment(count: int) -> None:
    """However much failed, and however long each is said: counts stay true, and the rest is said to be left out."""
    failed = [
        outcome("rds-private", Status.FAILED, f"database-{n}", message="x" * (30_000 // count * 10))
        for n in range(count)
    ]
    text = as_markdown.text_of(report_of(*failed))
    assert len(text) <= as_markdown.LIMIT
    assert f"| Refused | {count} |" in text
    assert " more: see the job's report." in text


def test_markdown_mentions_no_user_and_escapes_its_text() -> None:
    """A name in the stack is text: no mention, no link, no tag, no column."""
    text = as_markdown.text_of(report_of(outcome("rds-private", Status.FAILED, message="<b> [a](b) @client | `x` *y*")))
    assert "@client" not in text
    assert "\\<b\\> \\[a\\](b)" in text


def test_no_form_holds_what_the_engine_said() -> None:
    """Its debug messages and old states hold secrets; its errors go only to the terminal."""
    report = report_of(FAILED, plan=plan_of(error(SECRET), step("update", ROLE, "old"), END))
    assert report.plan is not None
    assert report.plan.errors == (SECRET,)
    for text_of in files.FORMS.values():
        assert SECRET not in text_of(report)


@given(
    st.lists(st.sampled_from(["create", "update", "same", "read", "delete", "replace", "delete-replaced"]), max_size=6)
)
def test_a_replacement_stays_one_whatever_follows(operations: list[str]) -> None:
    """The order of a replacement's steps is the provider's choice."""
    plan = plan_of(*(step(each, DATABASE, "database") for each in operations))
    replaced = {"replace", "delete-replaced"} & set(operations)
    assert plan.counts["replace"] == (1 if replaced else 0)


ROOT_URN = "urn:pulumi:prod::magento::pulumi:pulumi:Stack::magento-prod"


def guarded(plan: Plan, *exceptions: PolicyException, is_whole: bool = True) -> list[tuple[str, Status, str]]:
    root = Resource(urn=ROOT_URN, token="pulumi:pulumi:Stack", name="magento-prod", properties=Properties.of({}))
    found = plan_check.evaluate(plan, root, RULES, Exceptions(exceptions), is_whole=is_whole)
    return [(each.policy, each.status, each.resource) for each in found]


KEPT = exception(policy=STATEFUL_KEPT, resource="rds.Instance 'database'")
STACK = "pulumi.Stack 'magento-prod'"


@pytest.mark.parametrize(
    ("steps", "exceptions", "found"),
    [
        pytest.param([step("update", DATABASE, "database")], [], [(STATEFUL_KEPT, Status.PASSED, STACK)], id="updated"),
        pytest.param(replacement(ROLE, "role"), [], [(STATEFUL_KEPT, Status.PASSED, STACK)], id="no data in it"),
        pytest.param(
            [resize(DATABASE, "database", "allocatedStorage", 200, 100)],
            [],
            [(STATEFUL_KEPT, Status.FAILED, KEPT.resource)],
            id="database shrinks",
        ),
        pytest.param(
            [resize("aws:ebs/volume:Volume", "media", "size", 200, 199)],
            [],
            [(STATEFUL_KEPT, Status.FAILED, "ebs.Volume 'media'")],
            id="volume shrinks",
        ),
        pytest.param(
            [
                resize("aws:ebs/volume:Volume", "media", "size", 199, 200),
                resize("aws:ebs/volume:Volume", "other", "size", 200, "unknown"),
                resize("aws:ebs/volume:Volume", "third", "iops", 4000, 3000),
            ],
            [],
            [(STATEFUL_KEPT, Status.PASSED, STACK)],
            id="volume grows",
        ),
        pytest.param(
            replacement(DATABASE, "database", "engine"),
            [],
            [(STATEFUL_KEPT, Status.FAILED, KEPT.resource)],
            id="replaced",
        ),
        pytest.param(
            replacement("aws:ec2/vpc:Vpc", "network", "cidrBlock"),
            [],
            [(STATEFUL_KEPT, Status.FAILED, "ec2.Vpc 'network'")],
            id="network",
        ),
        pytest.param(
            [step("delete", "aws:rds/subnetGroup:SubnetGroup", "database")],
            [],
            [(STATEFUL_KEPT, Status.FAILED, "rds.SubnetGroup 'database'")],
            id="subnets of a database",
        ),
        pytest.param(
            [step("delete", DATABASE, "database")], [], [(STATEFUL_KEPT, Status.FAILED, KEPT.resource)], id="deleted"
        ),
        pytest.param(
            [step("discard", DATABASE, "database")], [], [(STATEFUL_KEPT, Status.FAILED, KEPT.resource)], id="let go"
        ),
        pytest.param(
            replacement(DATABASE, "database"), [KEPT], [(STATEFUL_KEPT, Status.EXCEPTED, KEPT.resource)], id="excepted"
        ),
        pytest.param(
            replacement(DATABASE, "other"),
            [KEPT],
            [(STATEFUL_KEPT, Status.FAILED, "rds.Instance 'other'"), ("exceptions-valid", Status.FAILED, STACK)],
            id="another one excepted",
        ),
        pytest.param(
            [],
            [KEPT],
            [(STATEFUL_KEPT, Status.PASSED, STACK), ("exceptions-valid", Status.FAILED, STACK)],
            id="needless",
        ),
    ],
)
def test_what_holds_data_is_kept(
    steps: list[dict[str, Any]], exceptions: list[PolicyException], found: list[tuple[str, Status, str]]
) -> None:
    """A plan that takes data away is refused, except for exactly the resource that an exception names; and an exception
    that the plan has no use for is refused too, since the next plan would have one."""
    assert guarded(plan_of(*steps, END), *exceptions) == found


def test_half_a_plan_shows_only_what_is_in_it() -> None:
    """The engine gave up, so the report cannot say that no data is lost, or that an exception is not needed."""
    assert guarded(plan_of(), KEPT, is_whole=False) == []
    assert guarded(plan_of(*replacement(DATABASE, "other")), is_whole=False) == [
        (STATEFUL_KEPT, Status.FAILED, "rds.Instance 'other'")
    ]


def test_the_guards_message_says_what_and_why() -> None:
    """The resource, the property whose change does it, the fix and the rule."""
    root = Resource(urn=ROOT_URN, token="pulumi:pulumi:Stack", name="magento-prod", properties=Properties.of({}))
    plan = plan_of(*replacement(DATABASE, "database", "engine"), END)
    [found] = plan_check.evaluate(plan, root, RULES, Exceptions(()), is_whole=True)
    for part in ("rds.Instance 'database'", "engine", "Fix:", "policies/exceptions.yaml", STATEFUL_KEPT):
        assert part in found.message
    assert not re.search(r"\n", found.message)
