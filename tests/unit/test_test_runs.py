"""How a test run is shared out among processes, and what its end says about tests that were left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FIRST, PLATFORM, unit_of_work
from tests.servers.programs import unavailable
from tests.unit.program import ROOT

TESTS = """
import pytest
from tests.servers.programs import require, unavailable

@pytest.mark.parametrize("program", ["no-such-server", "no-such-client"])
def test_with_a_program(program):
    require(program)

def test_with_a_device():
    unavailable("no such device")
"""


def run(directory: Path) -> str:
    """What pytest prints for three tests that need what no machine has."""
    (directory / "test_on_a_bare_machine.py").write_text(TESTS)
    variables = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    ran = subprocess.run([*command, str(directory)], cwd=ROOT, env=variables, capture_output=True, text=True)
    return ran.stdout


def test_missing_programs_are_one_line_with_the_command_that_installs_them(tmp_path: Path) -> None:
    """However many tests and programs there are; each other reason has a line too."""
    *_, before, device, programs, counted = run(tmp_path).splitlines()
    assert programs.startswith("2 tests were left out")
    assert programs.endswith("run tests/servers/install.sh")
    assert device == "1 test was left out: no such device"
    assert "left out" not in before
    assert "3 skipped" in counted


def test_in_ci_they_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A skipped test would not be noticed there."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no such device"):
        unavailable("no such device")


@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "platform").glob("test_*.py")), ids=lambda file: file.name)
def test_files_that_use_the_platform_run_in_one_process(file: Path) -> None:
    """Any other process would bring up a second one. Files that do not use it may run beside it."""
    uses_it = "platform: Platform" in file.read_text()
    assert (unit_of_work(f"{file.relative_to(ROOT)}::test") == PLATFORM) is uses_it


def test_what_runs_first_exists() -> None:
    """A file that was renamed would silently run last."""
    assert all((ROOT / path).exists() for path in FIRST)


def test_a_test_is_not_named_after_a_set(tmp_path: Path) -> None:
    """Each process prints a set in another order, and pytest-xdist ends a run whose processes have different tests."""
    (tmp_path / "test_names.py").write_text(
        'import pytest\n@pytest.mark.parametrize("value", [{"a", "b"}], ids=str)\ndef test_it(value): ...\n'
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    ran = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode != 0
    assert "expected a name that does not hold a set" in ran.stdout + ran.stderr
