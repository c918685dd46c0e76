"""Fixtures of the tests against the embedded AWS."""

from __future__ import annotations

import pytest
from moto.moto_api._internal.models import moto_api_backend

from sandbox.emulator import patching


@pytest.fixture
def embedded_aws() -> None:
    """The embedded AWS of this process with its extensions, emptied of everything."""
    patching.install()
    moto_api_backend.reset()
