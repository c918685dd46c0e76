"""The real programs that tests run. `tests/servers/install.sh` installs them."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

INSTALL = "tests/servers/install.sh"

# Debian keeps servers where only root looks for programs.
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def require(*programs: str) -> None:
    """Skip the test unless every program (a name or a path) is installed; in CI the test fails instead."""
    missing = [program for program in programs if shutil.which(program, path=SEARCHED) is None]
    if missing:
        unavailable(not_installed(*missing))


def not_installed(*missing: str) -> str:
    """Why a test is skipped. At its end, a test run counts the tests with such a reason in one line."""
    return f"{', '.join(missing)} not installed: run {INSTALL}"


def unavailable(reason: str) -> NoReturn:
    """Skip the test; in CI the test fails, because a skipped one would not be noticed there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
