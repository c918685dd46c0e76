"""The packages of the pack depend on each other in one direction, and no two of their names are alike."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.program import ROOT

PACK = ROOT / "policies"
LAYERS = (
    "policies.generated.aws_types",
    "policies.model",
    "policies.aws",
    "policies.rules",
    "policies.engine",
    "policies.generated",
    "policies.report",
    "policies",
)
"""From the lowest: each may import itself and what is before it. A module belongs to the first that it begins with."""

MODULES = sorted(PACK.rglob("*.py"))
PACKAGES = sorted(path for path in MODULES if path.name == "__init__.py")


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _layer(module: str) -> int:
    return next(number for number, name in enumerate(LAYERS) if f"{module}.".startswith(f"{name}."))


def _imported(path: Path) -> Iterator[str]:
    """The modules of the pack that a file imports, anywhere in it."""
    for statement in ast.walk(ast.parse(path.read_text())):
        match statement:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "policies":
                yield from (f"{module}.{alias.name}" for alias in statement.names)
            case ast.Import():
                yield from (alias.name for alias in statement.names if alias.name.split(".")[0] == "policies")


@pytest.mark.parametrize("path", MODULES, ids=_module)
def test_dependencies_go_one_way(path: Path) -> None:
    """A rule never imports the engine that runs it, and nothing imports the reports."""
    own = _layer(_module(path))
    assert not [each for each in _imported(path) if _layer(each) > own]


@pytest.mark.parametrize("path", PACKAGES, ids=_module)
def test_a_package_says_what_it_is_for(path: Path) -> None:
    """In at most two sentences, and holds no code."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1
    assert len(path.read_text().splitlines()) <= 4


def test_names_are_unique() -> None:
    """No two modules of the pack have one file name, and no two classes one name."""
    files = Counter(path.name for path in MODULES if not path.name.startswith("__"))
    classes = Counter(
        each.name
        for path in MODULES
        for each in ast.parse(path.read_text()).body
        if isinstance(each, ast.ClassDef) and path.name != "aws_types.py"
    )
    assert not [name for name, count in (files + classes).items() if count > 1]


def test_the_pack_shows_ten_entries_at_most() -> None:
    """A listing of the directory fits on one screen."""
    assert len([path for path in PACK.iterdir() if path.name != "__pycache__"]) <= 10
