"""The page for the person on call says what the tool prints, and every line of it is rehearsed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rehearsal import scenarios
from tests.rehearsal.on_call import Line
from tests.rehearsal.scenarios import SCENARIOS

PAGE = (Path(__file__).parents[2] / "docs/on-call.md").read_text()
ROWS = [
    line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| You see", "| What happens"))
]
SOURCE = Path(scenarios.__file__).read_text()


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


def test_the_page_names_every_command_as_it_is() -> None:
    commands = set(re.findall(r"\./shop release ([a-z]+)", PAGE))
    assert commands == {"status", "plan", "diagnose", "resume", "rollback", "hold"}
