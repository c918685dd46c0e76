"""The plugin's process and its gRPC server, spoken to as the engine speaks to them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.provider.adapter import ADAPTERS, Adapter, Aws, Values
from sandbox.provider.install import install
from sandbox.provider.server import serve
from sandbox.provider.values import decode, encode
from sandbox.tests.provider.provider_fake import ENVIRONMENT, TOKEN, FakeService, Plugin


@contextmanager
def stub(port: int) -> Iterator[Any]:
    """The SDK's own client of a ResourceProvider."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)


@pytest.fixture
def remote(plugin: Plugin) -> Iterator[Any]:
    """The fake plugin behind a real server."""
    server, port = serve(plugin.servicer)
    with stub(port) as client:
        yield client
    server.stop(None)


def create(remote: Any, **inputs: Any) -> Any:
    return remote.Create(provider_pb2.CreateRequest(type=TOKEN, properties=encode({"tagsAll": {}} | inputs)))


def test_an_error_of_aws_is_shown_with_its_message_code_and_operation(remote: Any, fake: FakeService) -> None:
    fake.failing = {"CreateQueue"}
    with pytest.raises(grpc.RpcError) as error:
        create(remote, size=1)
    assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert error.value.details() == "no CreateQueue today (Throttled, in CreateQueue)"


def test_a_partial_failure_is_in_the_status_details(remote: Any, fake: FakeService) -> None:
    """The bytes that make the engine keep the resource; a client that ignores them still sees the message."""
    fake.failing = {"ConfigureQueue"}
    with pytest.raises(grpc.RpcError) as error:
        create(remote, size=1)
    trailing = dict(error.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    assert status.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id == "q-1"
    assert decode(detail.properties)["size"] == 1
    assert list(detail.reasons) == [error.value.details()] == ["no ConfigureQueue today (Throttled, in ConfigureQueue)"]


def test_a_fault_of_an_adapter_is_named_as_one(
    remote: Any, fake: FakeService, capfd: pytest.CaptureFixture[str]
) -> None:
    """A traceback goes to the engine's diagnostics."""
    with pytest.raises(grpc.RpcError) as error:
        remote.Create(provider_pb2.CreateRequest(type=TOKEN, properties=encode({"size": 1})))
    assert error.value.code() == grpc.StatusCode.INTERNAL
    assert error.value.details() == "KeyError: 'tagsAll'"
    assert "Traceback" in capfd.readouterr().err


def test_a_fault_after_the_creation_is_traced_as_well(
    remote: Any, fake: FakeService, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resource is kept and its reason shown, but where the adapter broke must be found too."""

    def configure(self: Adapter, aws: Aws, id: str, inputs: Values) -> None:
        inputs["missing"].wanted()

    monkeypatch.setattr(type(ADAPTERS[TOKEN]), "configure", configure)
    with pytest.raises(grpc.RpcError, match="KeyError: 'missing'"):
        create(remote, size=1)
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.parametrize("method", ["Construct", "Call", "Parameterize", "GetMapping"])
def test_what_is_not_implemented_says_so(remote: Any, method: str) -> None:
    request = {"GetMapping": provider_pb2.GetMappingRequest, "Parameterize": provider_pb2.ParameterizeRequest}.get(
        method, getattr(provider_pb2, f"{method}Request", None)
    )
    assert request is not None
    with pytest.raises(grpc.RpcError) as error:
        getattr(remote, method)(request())
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_first_words_of_the_conversation(remote: Any) -> None:
    """Preview is supported, and secrets are the engine's to keep."""
    handshake = remote.Handshake(provider_pb2.ProviderHandshakeRequest())
    assert not handshake.accept_secrets
    assert remote.GetPluginInfo(Empty()) == plugin_pb2.PluginInfo(version="1.2.3")
    assert '"aws"' in remote.GetSchema(provider_pb2.GetSchemaRequest()).schema
    news = encode({"region": "eu-west-3"})
    assert remote.CheckConfig(provider_pb2.CheckRequest(news=news)).inputs == news
    changed = remote.DiffConfig(provider_pb2.DiffRequest(old_inputs=encode({"region": "us-east-1"}), news=news))
    assert changed.changes == changed.DIFF_SOME
    assert not changed.replaces
    assert remote.Configure(provider_pb2.ConfigureRequest(args=news)).supportsPreview


def test_an_unknown_function_is_an_error_naming_it(remote: Any) -> None:
    with pytest.raises(grpc.RpcError, match="aws:nosuch/getThing:getThing"):
        remote.Invoke(provider_pb2.InvokeRequest(tok="aws:nosuch/getThing:getThing"))


@contextmanager
def running(home: Path, package: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The installed plugin as the engine starts it: with the engine's address, holding its standard input."""
    executable = next(path for path in install(home) if path.name.endswith(package))
    process = subprocess.Popen(
        [executable, "127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRONMENT | {"PATH": "/usr/bin:/bin"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_the_installed_plugin_serves_from_a_path_with_spaces_and_dies_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home and clone may each have one. Closing its standard input is all that a killed engine still does."""
    clone = tmp_path / "a clone's"
    clone.symlink_to(Path(__file__).resolve().parents[3])
    monkeypatch.setattr("sandbox.provider.install._ROOT", clone)
    with running(tmp_path / "pulumi home's", "random") as (process, port):
        with stub(port) as client:
            assert client.GetPluginInfo(Empty()).version
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_terminated_plugin_ends_without_a_word(tmp_path: Path) -> None:
    with running(tmp_path, "aws") as (process, _port):
        process.terminate()
        assert process.wait(10) == 0


def test_the_plugin_starts_without_the_sdk_and_boto3(tmp_path: Path) -> None:
    """Each costs more than the plugin itself, on every preview."""
    script = (
        "import sys, sandbox.provider.__main__\n"
        "heavy = {'pulumi', 'boto3', 'botocore', 'sandbox.provider.aws', 'sandbox.provider.random'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    (executable, _) = install(tmp_path)
    python = executable.read_text().split("exec ")[1].split(" -s")[0].strip("'")
    root = Path(__file__).resolve().parents[3]
    answer = subprocess.run([python, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
