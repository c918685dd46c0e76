"""``settings`` imports no other part of the program, so every part may use it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.unit.program import ROOT

OURS = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.is_dir() or path.suffix == ".py"}
FILES = sorted((ROOT / "settings").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_settings_import_only_settings(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for statement in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or "settings"]
            if isinstance(statement, ast.ImportFrom)
            else []
        )
    }
    assert {"components", "policies", "stack", "sandbox"} < OURS
    assert imported & OURS <= {"settings"}
