"""Where the plugin is put, and that it is put nowhere else."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path

from sandbox.provider.install import install


def test_the_folders_carry_the_versions_that_the_sdks_ask_for(tmp_path: Path) -> None:
    """The engine looks for exactly the version in the SDK's own plugin file."""
    asked = {
        package: json.loads(files(f"pulumi_{package}").joinpath("pulumi-plugin.json").read_text())["version"]
        for package in ("aws", "random")
    }
    expected = [
        tmp_path / "plugins" / f"resource-{package}-v{version}" / f"pulumi-resource-{package}"
        for package, version in asked.items()
    ]
    assert install(tmp_path) == expected
    assert all(os.access(executable, os.X_OK) for executable in expected)


def test_nothing_is_written_outside_the_given_home(tmp_path: Path) -> None:
    """A plugin that fell into the person's own home would answer for their real account."""
    home = tmp_path / "home"
    home.mkdir()
    install(home)
    assert list(tmp_path.iterdir()) == [home]
    assert [path.name for path in home.iterdir()] == ["plugins"]


def test_installing_again_changes_nothing_and_mends_what_is_stale(tmp_path: Path) -> None:
    (executable, _) = install(tmp_path)
    before = executable.stat().st_mtime_ns
    script = executable.read_text()
    install(tmp_path)
    assert executable.stat().st_mtime_ns == before
    executable.write_text("#!/bin/sh\nexit 1\n")
    install(tmp_path)
    assert executable.read_text() == script
