"""The page for the person on call says what the tool prints, and every line of it is rehearsed."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from tests.rehearsal import scenarios
from tests.rehearsal.on_call import Line, RefreshLine
from tests.rehearsal.scenarios import SCENARIOS
from tests.release import test_refresh

PAGE = (Path(__file__).parents[2] / "docs/on-call.md").read_text()
OF_RELEASES, _, OF_REFRESHES = PAGE.partition("\n## A refresh of pre-production\n")


def rows_of(part: str) -> list[str]:
    return [
        line
        for line in part.splitlines()
        if line.startswith("| ") and not line.startswith(("| You see", "| What happens"))
    ]


ROWS, REFRESH_ROWS = rows_of(OF_RELEASES), rows_of(OF_REFRESHES)
SOURCE, REFRESH_SOURCE = (inspect.getsource(each) for each in (scenarios, test_refresh))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:40])
def test_a_line_of_the_page_is_rehearsed(row: str) -> None:
    names = re.findall(r"`([a-z-]+)`", row.rstrip(" |").rpartition("|")[2])
    assert names
    assert set(names) <= SCENARIOS.keys()


@pytest.mark.parametrize("line", Line)
def test_what_a_scenario_saw_is_on_the_page_beside_its_name(line: Line) -> None:
    (row,) = (row for row in ROWS if f"`{line.text}`" in row.split(" | ")[0])
    functions = [part.partition("(")[0] for part in SOURCE.split("\ndef ") if f"row.sees(Line.{line.name}," in part]
    assert functions, f"no scenario sees {line.name}"
    named = re.findall(r"`([a-z-]+)`", row.rpartition(" | ")[2])
    assert {SCENARIOS[name].__name__ for name in named} == set(functions)


def test_each_line_about_a_refresh_is_one_that_a_test_sees() -> None:
    found = {line for row in REFRESH_ROWS for line in RefreshLine if f"`{line.text}`" in row.split(" | ")[0]}
    assert found == set(RefreshLine)
    assert len(REFRESH_ROWS) == len(RefreshLine)


@pytest.mark.parametrize("line", RefreshLine)
def test_what_a_test_of_a_refresh_saw_is_on_the_page_beside_its_name(line: RefreshLine) -> None:
    (row,) = (row for row in REFRESH_ROWS if f"`{line.text}`" in row.split(" | ")[0])
    # With their decorators: what a test is given may be the line.
    tests = {
        each.name: ast.unparse(each) for each in ast.parse(REFRESH_SOURCE).body if isinstance(each, ast.FunctionDef)
    }
    functions = {name for name, text in tests.items() if f"RefreshLine.{line.name}," in text and "sees(" in text}
    assert set(re.findall(r"`(test_\w+)`", row.rpartition(" | ")[2])) == functions != set()


def test_the_page_names_every_command_as_it_is() -> None:
    commands = set(re.findall(r"\./shop release ([a-z]+)", PAGE))
    assert commands == {"status", "plan", "diagnose", "history", "resume", "rollback", "hold", "refresh"}
