"""The language host's own tests, which are written in Go."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sandbox.toolchain.module import MODULE


@pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")
def test_the_language_hosts_own_tests_pass() -> None:
    """The whole Go module."""
    tested = subprocess.run(["go", "test", "./..."], cwd=MODULE, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr
