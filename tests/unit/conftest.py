"""The shipped stacks' graphs as fixtures, each built once a session."""

from __future__ import annotations

import pytest

from tests.unit.graph import Graph
from tests.unit.program import program


@pytest.fixture(scope="session")
def prod() -> Graph:
    """Everything that production consists of."""
    return program("prod")


@pytest.fixture(scope="session")
def preprod() -> Graph:
    """Pre-production, in production's network."""
    return program("preprod")


@pytest.fixture(scope="session", params=["prod", "preprod"])
def graph(request: pytest.FixtureRequest) -> Graph:
    """Each shipped stack in turn, for what must hold for both."""
    return program(request.param)
