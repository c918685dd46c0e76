"""Fixtures of the tests that call the embedded AWS over its socket."""

from __future__ import annotations

import os
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


@pytest.fixture
def aws_of_this_process(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    """The server, which this process uses in the place of AWS, whatever the user has configured."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return aws
