"""The whole platform in the sandbox, as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.tests.platform import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Both stacks up, once for all tests that leave them as they are or put back what they changed."""
    built = Platform.copy_to(tmp_path_factory.mktemp("platform"))
    try:
        built.sandbox("up")
        yield built
    finally:
        built.sandbox("down", check=False)
