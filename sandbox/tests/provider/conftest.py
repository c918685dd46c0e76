"""Fixtures of the plugin's tests: an embedded AWS, a fake service, and a plugin that knows the fake's adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.provider.adapter import ADAPTERS
from sandbox.tests.provider.adapter_round_trip import LoopbackAws, loopback_aws
from sandbox.tests.provider.provider_fake import TOKEN, FakeService, Plugin, Queue, configured


@pytest.fixture(scope="module")
def aws() -> Iterator[LoopbackAws]:
    """An embedded AWS that is empty at the start of each test module."""
    with loopback_aws() as server:
        yield server


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    """An empty service whose adapter is known for the length of one test."""
    service = FakeService()
    monkeypatch.setitem(ADAPTERS, TOKEN, Queue(service))
    return service


@pytest.fixture
def plugin(fake: FakeService) -> Plugin:
    """A plugin in eu-west-3 without default tags."""
    return configured()
