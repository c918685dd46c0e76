"""Fixtures of the plugin's tests: the pretended service, and a plugin that knows its adapter."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import ADAPTERS
from sandbox.tests.provider.provider_fake import TOKEN, FakeService, Plugin, Queue, configured


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
