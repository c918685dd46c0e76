"""The real programs that these tests run, which ``tests/servers/install.sh`` installs."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

# Debian keeps servers where only root looks for programs.
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def require(*programs: str) -> None:
    """Skips the test, naming what is missing, unless every program (a name or a path) is there; in CI it fails."""
    missing = [program for program in programs if shutil.which(program, path=SEARCHED) is None]
    if missing:
        unavailable(f"{', '.join(missing)} not installed: run tests/servers/install.sh")


def unavailable(reason: str) -> NoReturn:
    """Skips the test for this reason; in CI, where a skipped test would go unseen, it fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
