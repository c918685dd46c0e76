"""The times of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import checks
from bench.figure import Figure, NotMeasured


@pytest.mark.parametrize(("ends_with", "kind"), [(0, Figure), (1, NotMeasured)])
def test_a_run_in_which_a_test_fails_has_no_figure(tmp_path: Path, ends_with: int, kind: type) -> None:
    found = checks.time_of("tests", ("sh", "-c", f"pwd; exit {ends_with}"), tmp_path, 1.0)
    assert isinstance(found, kind)
    if isinstance(found, NotMeasured):
        assert str(tmp_path) in found.why


def test_tests_run_as_often_as_asked_for(tmp_path: Path) -> None:
    found = checks.time_of("tests", ("sh", "-c", "echo >> runs"), tmp_path, 1.0, runs=2)
    assert (tmp_path / "runs").read_text() == "\n\n"
    assert isinstance(found, Figure)
    assert found.basis.endswith(", shortest of 2")
