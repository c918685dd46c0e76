"""The fences between the rooms of the repository, and how large a class or function may grow."""

from __future__ import annotations

import ast
import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.program import ROOT

AREAS = ("shared", "network", "data", "beanstalk", "servers", "delivery", "site", "satellites", "monitoring")
"""The areas of ``components/``: each may import those before it."""
ROOMS = {
    "settings": set(),
    "components": {"settings"},
    "stack": {"settings", "components"},
    "policies": {"commands", "settings"},
    "reachability": {"commands"},
    "release": {"commands", "settings"},
    "commands": set(),
    "account": {"commands", "settings"},
    "scanners": {"commands"},
    "servers": {"commands"},
}
"""Which other rooms each room of the program may import."""
OUTSIDE = {"sandbox", "tests", "bench"}
MOST_LINES_OF_CODE = 200
NOT_OURS = {".git", ".venv", ".sandbox", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
MAY_NAME_THE_SANDBOX = {
    ".ci",
    ".github",
    ".gitignore",
    "Makefile",
    "README.md",
    "bench",
    "commands",
    "docs",
    "pyproject.toml",
    "requirements-dev.txt",
    "sandbox",
    "shop",
    "tests",
}

RUN_ON_THE_REAL_MAGENTO = ("release", "platform_config", "components/site/release_scripts")
STANDS_IN = re.compile(rb"stand[-_]?ins?\b|sandbox|\bmoto\b|embedded[-_ ]aws|aws_endpoint_url", re.I)
"""What they would name it by: Magento's stand-in, the embedded AWS, or how the SDK is told of another AWS."""


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def _files(*folders: str) -> list[Path]:
    """Every file but bytecode."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(path for path in found if not NOT_OURS & set(path.parts))


@functools.cache
def _imported(path: Path) -> frozenset[str]:
    """The modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for statement in ast.walk(ast.parse(path.read_text())):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            found |= {statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)}
    return frozenset(found)


def _our_files() -> Iterator[Path]:
    for directory, folders, files in os.walk(ROOT):
        folders[:] = [folder for folder in folders if folder not in NOT_OURS]
        yield from (Path(directory) / file for file in files)


@pytest.mark.parametrize("path", _modules(*ROOMS), ids=_relative)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    """Dependencies point one way: the program stands on the settings, and nothing of it knows the sandbox."""
    room = path.relative_to(ROOT).parts[0]
    forbidden = (ROOMS.keys() | OUTSIDE) - ROOMS[room] - {room}
    assert not forbidden & {module.split(".")[0] for module in _imported(path)}


@pytest.mark.parametrize(
    "path", [path for path in _modules("components") if (path.parent / "__init__.py").exists()], ids=_relative
)
def test_a_component_gets_plain_arguments(path: Path) -> None:
    """It declares resources and nothing else: it reads neither the stack file nor AWS. What runs on the servers is in
    folders that are no packages."""
    imported = set(_imported(path))
    assert not {"boto3", "botocore"} & {module.split(".")[0] for module in imported}
    assert "settings.stack_file" not in imported


@pytest.mark.parametrize("area", AREAS)
def test_an_area_imports_only_areas_before_it(area: str) -> None:
    later = set(AREAS[AREAS.index(area) + 1 :])
    imported = {
        module.split(".")[1]
        for path in (ROOT / "components" / area).rglob("*.py")
        for module in _imported(path)
        if module.startswith("components.")
    }
    assert not later & imported


def test_every_area_has_its_place_in_the_order_and_says_what_it_is_for() -> None:
    folders = {path.name: path for path in (ROOT / "components").iterdir() if path.is_dir() and path.name in AREAS}
    assert set(AREAS) == {path.parent.name for path in (ROOT / "components").glob("*/__init__.py")}
    for area, folder in folders.items():
        assert "imports" in (ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""), area


def test_the_sandbox_is_not_named_where_it_does_not_belong() -> None:
    """The program that runs in the sandbox is the program that runs in production, to the byte."""
    offenders = [
        _relative(path)
        for path in _our_files()
        if path.relative_to(ROOT).parts[0] not in MAY_NAME_THE_SANDBOX and b"sandbox" in path.read_bytes().lower()
    ]
    assert not offenders


@pytest.mark.parametrize("path", _files(*RUN_ON_THE_REAL_MAGENTO), ids=_relative)
def test_what_releases_the_real_magento_does_not_know_what_stands_in_for_it(path: Path) -> None:
    """No path of the tool, of the bundle's hooks or of the scripts on instances is for a stand-in: what is rehearsed is
    what runs in production."""
    assert STANDS_IN.findall(path.read_bytes()) == []


@pytest.mark.parametrize(
    "line",
    [
        b"if (class_exists('StandIn\\Kernel'))",
        b"vendor/stand-in/framework",
        b"from sandbox.applications import stand_ins",
        b"$SANDBOX_HOSTS",
        b"f'{url}/moto-api/hosts'",
        b"import moto",
        b'"http://embedded-aws"',
        b"# The embedded AWS answers at once",
        b"os.environ['AWS_ENDPOINT_URL']",
    ],
)
def test_what_stands_in_is_found(line: bytes) -> None:
    assert STANDS_IN.search(line)


def test_the_root_has_one_module() -> None:
    """Everything else is in a room, so that Makefile, linters and fences need no list of files."""
    assert [path.name for path in ROOT.glob("*.py")] == ["__main__.py"]


def test_the_program_reads_as_the_architecture() -> None:
    """At most 120 lines, no assertion, no unpacking of an object, and one way to export."""
    source = (ROOT / "__main__.py").read_text()
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 120
    assert not [each for each in ast.walk(tree) if isinstance(each, ast.Assert)]
    assert not [each for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg is None]
    assert "pulumi.export" not in source


@pytest.mark.parametrize("path", _modules(*ROOMS), ids=_relative)
def test_a_class_or_a_function_holds_one_thing(path: Path) -> None:
    """Lines of code count, and neither comments, blank lines nor docstrings: they must never be trimmed to fit."""
    source = path.read_text()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _lines_of_code(node, source.splitlines())
            assert lines <= MOST_LINES_OF_CODE, f"{node.name} has {lines} lines of code"


def _lines_of_code(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, source: list[str]) -> int:
    assert node.end_lineno is not None
    texts = {
        line
        for each in ast.walk(node)
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
        for line in range(each.lineno, (each.end_lineno or each.lineno) + 1)
    }
    return sum(
        1
        for number in range(node.lineno, node.end_lineno + 1)
        if number not in texts and source[number - 1].strip() and not source[number - 1].strip().startswith("#")
    )


def test_the_policy_pack_is_only_a_pack() -> None:
    """`policies/__main__.py` finds its package and serves it: rules live in modules that tests can import."""
    body = ast.parse((ROOT / "policies" / "__main__.py").read_text()).body
    statements = [ast.unparse(each) for each in body[1:] if not isinstance(each, ast.Import | ast.ImportFrom)]
    assert [each.split("(")[0] for each in statements] == [
        "sys.path.insert",
        "serve",
    ]
