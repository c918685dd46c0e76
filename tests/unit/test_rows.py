"""Each row of docs/requirements.md names the files that build it, and tests of both suites that hold it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.unit.program import ROOT

SUITES = (("tests/unit", "tests/release"), ("tests/platform", "tests/hosts"))
"""What is built has tests without an engine, and tests on a stack that is up."""
MARKING = tuple(suite for suites in SUITES for suite in suites)


@dataclass(frozen=True, kw_only=True)
class Row:
    number: int
    title: str
    text: str

    @property
    def is_built(self) -> bool:
        return "**Not built yet.**" not in self.text

    def listed(self, label: str) -> frozenset[str]:
        """The paths of the line "- Built in:" or "- Tested in:"; none without such a line."""
        line = re.search(rf"^- {label}: (.+)$", self.text, re.MULTILINE)
        return frozenset(re.findall(r"`([^`]+)`", line[1])) if line else frozenset()


def _rows() -> Iterator[Row]:
    page = (ROOT / "docs" / "requirements.md").read_text()
    for section in page.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        number, _, title = heading.removeprefix("Row ").partition(": ")
        yield Row(number=int(number), title=title, text=text)


def _marked() -> Iterator[tuple[int, str]]:
    """The row and the file of each test that is marked for a row; read from the source, so that nothing is imported."""
    for suite in MARKING:
        for path in sorted((ROOT / suite).rglob("test_*.py")):
            for function in ast.parse(path.read_text()).body:
                if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                    for decorator in function.decorator_list:
                        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.row":
                            yield ast.literal_eval(decorator.args[0]), str(path.relative_to(ROOT))


ROWS = tuple(_rows())
MARKED = tuple(_marked())


def test_the_page_has_all_rows_in_order() -> None:
    assert [row.number for row in ROWS] == list(range(1, 22))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}, {row.title}")
def test_a_row_names_what_builds_it_and_the_tests_that_hold_it(row: Row) -> None:
    """Every path exists, and the listed tests are exactly those marked for the row, some in each suite."""
    rooms = "|".join(path.name for path in ROOT.iterdir() if path.is_dir())
    named = row.listed("Built in") | set(re.findall(rf"`((?:{rooms})/[^`\s]*)`", row.text))
    assert not [path for path in named if not (ROOT / path).exists()]
    tests = {path for number, path in MARKED if number == row.number}
    assert row.listed("Tested in") == tests
    assert bool(row.listed("Built in")) == row.is_built
    if row.is_built:
        untested = [
            suites for suites in SUITES if not any(path.rpartition("/")[0].startswith(suites) for path in tests)
        ]
        assert not untested


def test_a_marker_names_a_row() -> None:
    """A mistyped number would hold no row at all."""
    assert {number for number, _ in MARKED} <= {row.number for row in ROWS}
