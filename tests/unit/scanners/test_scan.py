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


def prowler_finds(monkeypatch: pytest.MonkeyPatch, home: Path, *found: tuple[str, str, str]) -> None:
    """Installs a prowler in the place where `make scan` looks for it. It writes a report as prowler 5.46 does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    report = [
        {
            "metadata": {"event_code": check},
            "resources": [{"uid": resource}],
            "status_detail": says,
            "status_code": "FAIL",
            "severity": "High",
        }
        for check, resource, says in found
    ]
    (home / "report.json").write_text(json.dumps(report))
    installed = PROWLER.home / "bin" / "prowler"
    installed.parent.mkdir(parents=True, exist_ok=True)
    folder = '$(while [ "$1" != --output-directory ]; do shift; done; echo "$2")'
    installed.write_text(f'#!/bin/sh\ncp "{home}/report.json" "{folder}/findings.ocsf.json"\n')
    installed.chmod(0o755)


def scan(*arguments: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app.app, ["--only", "prowler", *arguments], catch_exceptions=False)
    return ended.exit_code, ended.output


def test_a_scan_leaves_out_what_the_account_fails_without_the_stacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By check and resource, whatever the scanner says of it that day; a reason for it is not stale."""
    reasons = tmp_path / "reasons.yaml"
    reasons.write_text("prowler: [{check: guardduty_is_enabled, reason: The account's.}]")
    monkeypatch.setattr(app, "read_reasons", lambda: read_reasons(reasons))
    of_the_account = ("iam_root_mfa", "arn:aws:iam::1:root", "off for 3 days")
    guard = ("guardduty_is_enabled", "arn:aws:guardduty:r:1:x", "off")
    before = str(tmp_path / "before.json")
    prowler_finds(monkeypatch, tmp_path, of_the_account, guard)
    assert scan("--record", before) == (ExitCode.OK, f"• prowler {PROWLER.version}: 2 findings are in {before}\n")

    older = (*of_the_account[:2], "off for 4 days")
    prowler_finds(monkeypatch, tmp_path, older, guard)
    code, said = scan("--without", before)
    assert (code, "1 findings are in" in said, "no longer finds" in said) == (ExitCode.OK, True, False), said
    assert scan()[0] == ExitCode.FAILED

    of_the_stacks = ("iam_root_mfa", "arn:aws:iam::1:user/stack", "off")
    prowler_finds(monkeypatch, tmp_path, older, guard, of_the_stacks)
    code, said = scan("--without", before)
    assert (code, of_the_stacks[1] in said, older[1] in said) == (ExitCode.FAILED, True, False), said


@pytest.mark.parametrize("content", [None, "{", '[{"check": "x"}]', "[1]"])
def test_a_file_without_findings_is_refused_before_anything_runs(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "before.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CannotRunError, match=r"before.json: got .*, expected findings that --record has written"):
        scan("--without", str(file))


def test_a_checkov_that_fails_is_not_an_empty_scan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    installed = CHECKOV.home / "bin" / "checkov"
    installed.parent.mkdir(parents=True)
    installed.write_text("#!/bin/sh\necho no plan >&2\nexit 3\n")
    installed.chmod(0o755)
    with pytest.raises(CannotRunError, match="checkov ended with 3:\nno plan"):
        checkov.scan({"prod": {"resources": []}})
