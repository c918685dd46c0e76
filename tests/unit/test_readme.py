"""What the pages say is there: keys of stack files, links, make targets and stack outputs."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from pydantic import BaseModel

from settings.stack_file import Settings
from tests.unit.program import ROOT, program

PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / room / "README.md" for room in ("images", "platform_config", "sandbox")),
]


def keys(section: type, prefix: str = "") -> Iterator[str]:
    """Every key that a stack file may hold, with ``[]`` for the entries of a list."""
    for name, hint in get_type_hints(section).items():
        if name.startswith("model_") or (not prefix and name == "region"):
            continue
        inner = [each for each in (hint, *get_args(hint)) if is_section(each)]
        if not inner:
            yield f"{prefix}{name}"
        elif getattr(hint, "__origin__", None) is tuple:
            yield from keys(inner[0], f"{prefix}{name}[].")
        else:
            yield from keys(inner[0], f"{prefix}{name}.")


def is_section(hint: Any) -> bool:
    return isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, BaseModel))


def documented() -> set[str]:
    page = (ROOT / "docs" / "configuration.md").read_text()
    cells = re.findall(r"^\| (`[^|]+`) \|", page, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}


def test_every_key_is_documented_once_and_no_other() -> None:
    """A shared database has the keys of a site's, and is documented by reference to them."""
    known = {re.sub(r"^shared_database\..*", "shared_database.*", key) for key in keys(Settings)}
    assert documented() == known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading that it has."""
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_readme_names_make_targets_that_there_are() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^ {4}|`)make ([\w-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert {"sandbox", "test"} <= named <= targets


def test_the_readme_asks_for_outputs_that_there_are() -> None:
    named = re.findall(r"pulumi stack output -s prod (?:--show-secrets )?(\w+)", (ROOT / "README.md").read_text())
    assert len(named) == 2
    assert set(named) <= program("prod").exports.keys()


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


def test_git_ignores_the_certificate() -> None:
    """The README says to put a private key there."""
    certificate = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]["magento:certificate"]
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository here")
    for file in (certificate["certificate_file"], certificate["private_key_file"], "chain.txt"):
        ignored = subprocess.run(["git", "check-ignore", "-q", f"{certificate['directory']}/{file}"], cwd=ROOT)
        assert ignored.returncode == 0, file
