"""Fixtures of the tests against the embedded AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.moto_api._internal.models import moto_api_backend

from sandbox.aws import patching
from tests.sandbox.platform import Platform


@pytest.fixture
def embedded_aws() -> None:
    """The embedded AWS of this process with its extensions, emptied of everything."""
    patching.install()
    moto_api_backend.reset()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Both stacks up, once for all tests that leave them as they are or put back what they changed."""
    built = Platform.copy_to(tmp_path_factory.mktemp("platform"))
    try:
        built.sandbox("up")
        yield built
    finally:
        built.sandbox("down", check=False)
