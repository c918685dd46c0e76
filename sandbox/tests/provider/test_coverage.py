"""The page that says how far each resource type of the sandbox is real."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.provider import coverage


def test_the_committed_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert coverage.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_found_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "docs" / "sandbox-resources.md"
    monkeypatch.setattr(coverage, "PAGE", page)
    assert coverage.main(["--check"]) == 1
    assert coverage.main([]) == 0
    assert coverage.main(["--check"]) == 0
    page.write_text(page.read_text().replace("aws:ec2/vpc:Vpc", "aws:ec2/vpc:Cpv"))
    assert coverage.main(["--check"]) == 1


def test_the_page_says_what_never_reaches_aws_and_why() -> None:
    """One write-only property, one kept for a reason, one of the random provider."""
    lines = coverage.page().splitlines()
    (database,) = [line for line in lines if "aws:rds/instance:Instance" in line]
    assert "`password` (AWS never gives it back)" in database
    (key,) = [line for line in lines if "aws:kms/key:Key" in line]
    assert "`deletionWindowInDays`" in key
    assert "- `random:index/randomPassword:RandomPassword`" in lines
