"""``./shop scan`` holds what the scanners find against the reasons of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.errors import CannotRunError, ExitCode
from scanners import app, checkov, prowler
from scanners.findings import Finding, Reason, judge, read_reasons
from scanners.programs import CHECKOV, PROWLER

FINDING = Finding(
    scanner="prowler", check="guardduty_is_enabled", resource="arn:aws:guardduty:r:1:x", says="It is off."
)


def reason(**changes: Any) -> Reason:
    return Reason(**{"scanner": "prowler", "check": FINDING.check, "reason": "The account's."} | changes)


def test_a_reason_covers_its_check_on_the_resources_that_it_names() -> None:
    assert reason().covers(FINDING)
    assert reason(resource="*:guardduty:*").covers(FINDING)
    assert not reason(resource="*:s3:*").covers(FINDING)
    assert not reason(check="other").covers(FINDING)
    assert not reason(scanner="checkov").covers(FINDING)


def test_findings_without_a_reason_and_reasons_without_a_finding_are_named() -> None:
    other = Finding(scanner="checkov", check="CKV_AWS_1", resource="prod:aws_lb.site[0]", says="A check")
    gone = reason(check="gone")
    judgement = judge([FINDING, other, other], [reason(), gone], scanners=["prowler", "checkov"])
    assert (judgement.explained, judgement.unexplained, judgement.stale) == ((FINDING,), (other,), (gone,))
    assert judge([other], [reason()], scanners=["checkov"]).stale == ()
    assert reason(scanner="checkov", check="CKV_AWS_1", resource="prod:aws_lb.site[0]").covers(other)


def test_every_reason_of_the_file_is_a_sentence_and_there_once() -> None:
    reasons = read_reasons()
    assert len({(each.scanner, each.check, each.resource) for each in reasons}) == len(reasons) > 20
    assert [each.check for each in reasons if not each.reason.endswith(".")] == []


def test_a_reason_must_say_something(tmp_path: Path) -> None:
    file = tmp_path / "reasons.yaml"
    file.write_text("prowler: [{check: some_check, reason: ' '}]")
    with pytest.raises(ValueError, match=r"reasons.yaml: some_check: got an empty reason"):
        read_reasons(file)


def test_prowlers_report_is_its_failed_critical_and_high_checks() -> None:
    """It lowers the severity of some checks by what it finds."""
    report = [
        {
            "metadata": {"event_code": FINDING.check},
            "resources": [{"uid": FINDING.resource}],
            "status_detail": FINDING.says,
            "status_code": status,
            "severity": severity,
        }
        for status, severity in (("FAIL", "High"), ("PASS", "High"), ("FAIL", "Low"))
    ]
    assert prowler.findings(report) == [FINDING]


def test_a_missing_scanner_is_one_line_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ended = CliRunner().invoke(app.app, [])
    assert isinstance(ended.exception, CannotRunError)
    assert "\n" not in str(ended.exception)
    assert f"pip install prowler=={PROWLER.version}" in str(ended.exception)


@pytest.mark.parametrize(
    ("reasons", "expected", "says"),
    [
        ("checkov: [{check: CKV_AWS_1, reason: Known.}]", ExitCode.OK, "1 findings with a reason"),
        ("checkov: [{check: CKV_AWS_1, resource: 'preprod:*', reason: Known.}]", ExitCode.FAILED, "have no reason"),
        (
            "checkov: [{check: CKV_AWS_1, reason: Known.}, {check: CKV_AWS_2, reason: Known.}]",
            ExitCode.OK,
            "no longer finds CKV_AWS_2",
        ),
    ],
)
def test_a_scan_fails_if_a_finding_has_no_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reasons: str, expected: ExitCode, says: str
) -> None:
    """With a checkov that answers one finding, in the place where `make scan` looks for it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = {"check_id": "CKV_AWS_1", "check_name": "A check", "resource": "aws_lb.site"}
    installed = CHECKOV.home / "bin" / "checkov"
    installed.parent.mkdir(parents=True)
    installed.write_text(f"#!/bin/sh\necho '{json.dumps({'results': {'failed_checks': [found]}})}'\n")
    installed.chmod(0o755)
    file = tmp_path / "reasons.yaml"
    file.write_text(reasons)
    monkeypatch.setattr(app, "read_reasons", lambda: read_reasons(file))
    monkeypatch.setattr(app, "_deployment", lambda _stack: {"resources": []})
    ended = CliRunner().invoke(app.app, ["--only", "checkov", "--stack", "prod"])
    assert (ended.exit_code, says in ended.output) == (expected, True), ended.output


def test_a_checkov_that_fails_is_not_an_empty_scan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    installed = CHECKOV.home / "bin" / "checkov"
    installed.parent.mkdir(parents=True)
    installed.write_text("#!/bin/sh\necho no plan >&2\nexit 3\n")
    installed.chmod(0o755)
    with pytest.raises(CannotRunError, match="checkov ended with 3:\nno plan"):
        checkov.scan({"prod": {"resources": []}})
