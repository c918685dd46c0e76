"""What the pages say is there: links, make targets and stack outputs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.program import ROOT, program

PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / room / "README.md" for room in ("images", "platform_config", "sandbox")),
]


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
