"""The whole platform in the sandbox, as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.tests.platform import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Both stacks up, once for all tests. A test leaves them as they were, or puts back what it changed."""
    built = Platform.copy_to(tmp_path_factory.mktemp("platform"))
    try:
        built.sandbox("up")
        yield built
    finally:
        built.sandbox("down", check=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test that destroys both stacks comes last."""
    items.sort(key=lambda item: item.path.name == "test_destroy.py")


@pytest.fixture
def edited_preprod(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose pre-production's stack file a test may change: it is put back."""
    path = platform.project / "Pulumi.preprod.yaml"
    content = path.read_bytes()
    yield platform
    path.write_bytes(content)
