"""When a test of machines is left out, and why."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip the test; in CI the test fails, because a skipped one would not be noticed there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
