"""The fences between the parts of the repository, and the size that a file may grow to."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.program import ROOT

COMPONENTS = sorted((ROOT / "components").rglob("*.py"))
PROGRAM = [
    ROOT / "__main__.py",
    *sorted((ROOT / "settings").rglob("*.py")),
    *COMPONENTS,
    *sorted((ROOT / "policies").rglob("*.py")),
    *sorted((ROOT / "reachability").rglob("*.py")),
]

NOT_OURS = {".git", ".venv", ".sandbox", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
MAY_NAME_THE_SANDBOX = {
    ".ci",
    ".github",
    ".gitignore",
    "Makefile",
    "README.md",
    "bench",
    "docs",
    "pyproject.toml",
    "requirements-dev.txt",
    "sandbox",
    "tests",
}


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imported(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports, anywhere in it."""
    for statement in ast.walk(ast.parse(path.read_text())):
        if isinstance(statement, ast.Import):
            yield from (alias.name.split(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.split(".")[0]


def _our_files() -> Iterator[Path]:
    for directory, folders, files in os.walk(ROOT):
        folders[:] = [folder for folder in folders if folder not in NOT_OURS]
        yield from (Path(directory) / file for file in files)


@pytest.mark.parametrize("path", COMPONENTS, ids=_relative)
def test_components_know_nothing_of_config_aws_calls_or_the_sandbox(path: Path) -> None:
    """Dependencies point one way: a component gets plain arguments and declares resources, and nothing else."""
    assert not {"boto3", "botocore", "release", "sandbox"} & set(_imported(path))


def test_the_sandbox_is_not_named_where_it_does_not_belong() -> None:
    """The program that runs in the sandbox is the program that runs in production, to the byte."""
    offenders = [
        _relative(path)
        for path in _our_files()
        if path.relative_to(ROOT).parts[0] not in MAY_NAME_THE_SANDBOX and b"sandbox" in path.read_bytes().lower()
    ]
    assert not offenders


@pytest.mark.parametrize("path", PROGRAM, ids=_relative)
def test_a_file_holds_one_thing(path: Path) -> None:
    """Past 300 lines a second noun is hiding in the file; `__main__.py` is the architecture, about 200 lines of it."""
    budget = 220 if path == ROOT / "__main__.py" else 300
    assert len(path.read_text().splitlines()) <= budget


def test_the_policy_pack_is_only_a_pack() -> None:
    """`policies/__main__.py` finds its package and serves it: rules live in modules that tests can import."""
    body = ast.parse((ROOT / "policies" / "__main__.py").read_text()).body
    statements = [ast.unparse(each) for each in body[1:] if not isinstance(each, ast.Import | ast.ImportFrom)]
    assert [each.split("(")[0] for each in statements] == [
        "sys.path.insert",
        "serve",
    ]
