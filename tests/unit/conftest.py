"""The shipped stacks' graphs as fixtures, each built once a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.graph import Graph

# pytest imports this file before it starts the processes of a run, which wait for it, and importing the program takes
# seconds. So each fixture imports it.


@pytest.fixture(scope="session")
def prod() -> Graph:
    """Everything that production consists of."""
    from tests.unit.program import program

    return program("prod")


@pytest.fixture(scope="session")
def preprod() -> Graph:
    """Pre-production, in production's network."""
    from tests.unit.program import program

    return program("preprod")


@pytest.fixture(scope="session", params=["prod", "preprod"])
def graph(request: pytest.FixtureRequest) -> Graph:
    """Each shipped stack in turn, for what must hold for both."""
    from tests.unit.program import program

    return program(request.param)
