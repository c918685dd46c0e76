"""The sandbox is a product of its own: it imports nothing of the program that it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SANDBOX = REPOSITORY / "sandbox"
ALLOWED = {"sandbox", "commands"}
"""The sandbox, and the shell that all commands of the repository share."""


@cache
def rooms() -> set[str]:
    """The top-level modules and packages of the repository."""
    modules = {path.stem for path in REPOSITORY.glob("*.py")}
    packages = {path.relative_to(REPOSITORY).parts[0] for path in REPOSITORY.glob("[a-z]*/**/*.py")}
    return modules | packages


def imported(source: str) -> Iterator[str]:
    """The modules that a file imports, pytest's plugins included."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Assign(targets=[ast.Name(id="pytest_plugins")], value=value):
                yield from ast.literal_eval(value)


def of_the_program(source: str) -> list[str]:
    forbidden = rooms() - ALLOWED
    return [module for module in imported(source) if module.partition(".")[0] in forbidden]


def test_the_sandbox_imports_nothing_of_the_program() -> None:
    """Tests included, so that the sandbox and its tests can be used for another Pulumi program."""
    found = {
        str(path.relative_to(REPOSITORY)): modules
        for path in SANDBOX.rglob("*.py")
        if (modules := of_the_program(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import components.network",
        "from settings import load",
        "def late():\n    from tests.unit import program",
        'pytest_plugins = ["tests.unit.fixtures"]',
    ],
)
def test_every_kind_of_import_is_seen(source: str) -> None:
    """Or the test above would pass without looking."""
    assert len(of_the_program(source)) == 1
    assert of_the_program("import boto3\nfrom sandbox.emulator import server\nfrom commands import console") == []


def test_every_folder_says_what_it_is_for() -> None:
    """In the first lines of its ``__init__.py``."""
    silent = [
        str(path.relative_to(REPOSITORY))
        for path in SANDBOX.rglob("__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
