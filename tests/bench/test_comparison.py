"""What the comparison with other tools says when they are missing."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench import comparison
from bench.figure import NotMeasured
from sandbox.tests.platform import Platform


def test_without_terraform_both_figures_say_so(tmp_path: Path) -> None:
    """They are left out; the other groups are measured."""
    programs = tmp_path / "bin"
    programs.mkdir()
    # All that a shell needs to say its environment.
    (programs / "env").symlink_to(shutil.which("env") or "")
    (tmp_path / ".sandbox").mkdir()
    (tmp_path / ".sandbox" / "env").write_text(f"export PATH='{programs}'\n")
    figures = comparison.measure(Platform(tmp_path))
    assert [type(each) for each in figures] == [NotMeasured] * 2
    assert len({each.name for each in figures}) == 2
    for each in figures:
        assert isinstance(each, NotMeasured)
        assert each.why.startswith("terraform is not installed: https://")
