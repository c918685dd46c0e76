"""The engine is asked for the account before the program is imported, as the program itself asks later."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import get_monitor

from stack.early_provider import ask
from tests.unit.program import build

LONGEST_SECONDS = 10


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers when it may."""

    def __init__(self) -> None:
        self.asked: list[resource_pb2.ResourceInvokeRequest] = []
        self.may_answer = Event()

    def Invoke(self, request: Any, context: Any) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802  # the protocol's name
        self.asked.append(request)
        self.may_answer.wait(LONGEST_SECONDS)
        return resource_pb2.ResourceInvokeResponse()


@pytest.fixture
def monitor() -> Iterator[tuple[Monitor, Any]]:
    """A monitor behind gRPC, and the SDK's client of it."""
    servicer = Monitor()
    server = grpc.server(ThreadPoolExecutor(1))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield servicer, resource_pb2_grpc.ResourceMonitorStub(channel)
        servicer.may_answer.set()
        server.stop(None).wait()


def test_the_question_is_the_programs_and_is_not_waited_for(
    monitor: tuple[Monitor, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another function or version would start a second plugin, or ask what the role may not."""
    servicer, stub = monitor
    answer: Any = ask(stub)
    assert not answer.done()
    servicer.may_answer.set()
    answer.result(LONGEST_SECONDS)

    sent: list[tuple[str, str]] = []
    invoke = pulumi.runtime.invoke_output

    def recording(tok: str, props: Any, opts: Any = None, *rest: Any, **more: Any) -> Any:
        sent.append((tok, opts.version))
        return invoke(tok, props, opts, *rest, **more)

    monkeypatch.setattr(pulumi.runtime, "invoke_output", recording)
    build(aws.get_caller_identity_output)
    assert [(each.tok, each.version) for each in servicer.asked] == sent


def test_without_an_engine_nothing_is_asked() -> None:
    """Unit tests run the program with the SDK's mocks."""
    asked: list[object] = []
    build(lambda: asked.append(ask(get_monitor())))
    assert asked == [None]


def test_a_version_that_the_sdk_may_name_otherwise_is_not_asked_for(
    monitor: tuple[Monitor, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python names pre-releases in its own way: 8.0.0a1 is 8.0.0-alpha.1 to the engine."""
    monkeypatch.setattr(importlib.metadata, "version", lambda _package: "8.0.0a1")
    assert ask(monitor[1]) is None
