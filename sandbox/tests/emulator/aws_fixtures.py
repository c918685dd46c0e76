"""Fixtures of the tests that call the embedded AWS over its socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.tests.emulator.aws_process import EmbeddedAws, end, start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """One server for all tests of a process: starting it takes seconds, emptying it milliseconds."""
    running = start(tmp_path_factory.mktemp("aws"))
    yield running
    end(running)


@pytest.fixture
def aws(server: EmbeddedAws) -> EmbeddedAws:
    """The server, emptied of everything."""
    server.post("/moto-api/reset")
    server.post("/moto-api/elasticbeanstalk", '{"SecondsPerBatch": 0, "TimeScale": 1, "Failures": []}')
    server.post("/moto-api/hosts", '{"Url": null}')
    return server
