"""The sandbox's stand-ins know the commands that the platform's files call on the real applications."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from release.bundle import PLATFORM_CONFIG, BundleArgs, build
from sandbox.applications import releases, satellites
from tests.servers.programs import require


@pytest.mark.parametrize("name", satellites.PARTS)
def test_the_command_that_updates_the_schema(name: str, tmp_path: Path) -> None:
    require("php")
    script = (PLATFORM_CONFIG / name / ".platform/update_schema.sh").read_text()
    called = re.findall(r"^php bin/console (\S+)", script, re.MULTILINE)
    application = satellites.build(name, tmp_path / "application")
    known = subprocess.run(
        ["php", "bin/console", *(["list"] if name == "mirakl-cashout" else [])],
        cwd=application,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(called) == 1
    assert set(called) <= set(known)


def test_magentos_commands(tmp_path: Path) -> None:
    """Every `bin/magento` command in the platform's files."""
    require("php")
    texts = [path.read_text() for path in (PLATFORM_CONFIG / "magento").rglob("*") if path.is_file()]
    called = {name for text in texts for name in re.findall(r"bin/magento ([a-z]+(?::[a-z-]+)+)", text)}
    tree = releases.build(tmp_path / "application")
    known = (tree / "vendor/stand-in/framework/src/Console").rglob("*.php"), (tree / "setup/src").rglob("*.php")
    names = {
        name for paths in known for path in paths for name in re.findall(r"'([a-z]+(?::[a-z-]+)+)'", path.read_text())
    }
    assert called <= names


def test_a_stand_in_makes_a_bundle(tmp_path: Path) -> None:
    shop = releases.build(tmp_path / "shop")
    args = BundleArgs(application=shop, name="magento", release="r1", configuration_version="v")
    assert build(args, tmp_path / "shop.zip").stat().st_size
    for name in satellites.PARTS:
        application = satellites.build(name, tmp_path / name)
        assert build(BundleArgs(application=application, name=name, release="r1"), tmp_path / f"{name}.zip").exists()
