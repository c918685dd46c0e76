"""The times of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import checks
from bench.figure import Figure, NotMeasured
from sandbox.tests.platform import Platform


@pytest.mark.parametrize(("ends_with", "kind"), [(0, Figure), (1, NotMeasured)])
def test_a_run_in_which_a_test_fails_has_no_figure(tmp_path: Path, ends_with: int, kind: type) -> None:
    (figure,) = checks.measure(Platform(tmp_path), {"tests": (("sh", "-c", f"echo it said; exit {ends_with}"), 1.0)})
    assert isinstance(figure, kind)
    if isinstance(figure, NotMeasured):
        assert "it said" in figure.why
