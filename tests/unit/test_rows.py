"""Every row of what the platform is for is held twice: by a test of the program, and by one of what really comes up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.program import ROOT

ROWS = {
    1: "Magento site",
    2: "secret configuration",
    3: "NFS server",
    4: "cache",
    5: "databases",
    6: "satellites",
    7: "Windows server",
    8: "OpenVPN",
    9: "Rundeck",
    10: "gateway",
    11: "phpMyAdmin",
    12: "content delivery",
    13: "buckets",
    14: "certificate",
    15: "alarms",
    16: "dashboard",
    17: "network and VPN links",
    18: "domain names",
}
"""The systems of the user's own document, in its order."""


def marked(directory: Path) -> Iterator[tuple[int, str]]:
    """The row of each test that is marked for one, and the test; read from the source, so that nothing is imported."""
    for path in sorted(directory.rglob("test_*.py")):
        for function in ast.parse(path.read_text()).body:
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                for decorator in function.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.row":
                        yield ast.literal_eval(decorator.args[0]), f"{path.name}::{function.name}"


@pytest.mark.parametrize("suite", ["unit", "platform"])
def test_every_row_has_a_test(suite: str) -> None:
    """A row that nobody tests could be lost without anybody knowing."""
    held = {row for row, _ in marked(ROOT / "tests" / suite)}
    missing = [f"{row}, {name}" for row, name in ROWS.items() if row not in held]
    assert not missing, f"tests/{suite} has no test marked row(…) for: {'; '.join(missing)}"


@pytest.mark.parametrize("suite", ["unit", "platform"])
def test_a_marker_names_a_row(suite: str) -> None:
    """A mistyped number would stand for nothing."""
    assert not [test for row, test in marked(ROOT / "tests" / suite) if row not in ROWS]
