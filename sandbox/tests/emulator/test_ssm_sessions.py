"""Sessions of the embedded AWS, by the messages of the Session Manager plugin. The shell is one of this computer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sandbox.emulator.ssm.agent_messages import (
    ACKNOWLEDGE,
    CHANNEL_CLOSED,
    INPUT,
    OUTPUT,
    AgentMessage,
    Payload,
)
from sandbox.emulator.ssm.instances import AGENT_POLICIES
from sandbox.hosts.server import UnknownHostError, serve
from sandbox.hosts.shells import ON_TERMINAL, Shell
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import eventually
from sandbox.tests.emulator.images import image_id
from sandbox.tests.refusals import aws_refuses

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


class Hosts:
    """The fleet's side: shells of this computer in the place of a host's."""

    def __init__(self) -> None:
        self.without_host: set[str] = set()

    def open_shell(self, instance_id: str) -> Shell:
        if instance_id in self.without_host:
            raise UnknownHostError(instance_id)
        return Shell([*ON_TERMINAL, "env", "--ignore-environment", "PATH=/usr/bin:/bin", "PS1=$ ", "sh"])

    def targets(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def hosts() -> Hosts:
    return Hosts()


@pytest.fixture
def instance(aws: EmbeddedAws, hosts: Hosts) -> Iterator[str]:
    """An instance whose agent may register, and on which a fleet opens shells."""
    iam, ec2 = aws.client("iam"), aws.client("ec2")
    iam.create_role(RoleName="server", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    iam.attach_role_policy(RoleName="server", PolicyArn=f"arn:aws:iam::aws:policy/{min(AGENT_POLICIES)}")
    profile = {"Name": "server"}
    started = ec2.run_instances(ImageId=image_id(ec2), MinCount=1, MaxCount=1, IamInstanceProfile=profile)
    instance_id = str(started["Instances"][0]["InstanceId"])
    server, url = serve(hosts)  # type: ignore[arg-type]  # what else a fleet answers is not asked for
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    aws.post("/moto-api/hosts", json.dumps({"Url": url, "OpensShellsOn": [instance_id]}))
    yield instance_id
    aws.post("/moto-api/hosts", json.dumps({"Url": None}))
    server.shutdown()
    server.server_close()


class Plugin:
    """The plugin's side of a data channel."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._expected = 0
        self.shown = ""

    def receive(self) -> AgentMessage:
        data = self._connection.recv(timeout=30)
        assert isinstance(data, bytes)
        return AgentMessage.read(data)

    def acknowledge(self, message: AgentMessage) -> None:
        # What it said last is there to be read, also if it has closed the channel since.
        with suppress(ConnectionClosed):
            self._connection.send(message.acknowledgement().write())

    def send(self, kind: Payload, payload: bytes) -> AgentMessage:
        message = AgentMessage(type=INPUT, payload=payload, kind=kind, number=self._number)
        self._number += 1
        self._connection.send(message.write())
        return message

    def shake_hands(self) -> None:
        """Until the session is agreed on."""
        asked = self.output()
        assert asked.kind == Payload.HANDSHAKE_REQUEST
        [action] = asked.content()["RequestedClientActions"]
        assert action["ActionParameters"]["SessionType"] == "Standard_Stream"
        done = [{"ActionType": "SessionType", "ActionStatus": 1, "ActionResult": None, "Error": ""}]
        response = {"ClientVersion": "1.3.0.0", "ProcessedClientActions": done, "Errors": None}
        self.send(Payload.HANDSHAKE_RESPONSE, json.dumps(response).encode())
        assert self.output().kind == Payload.HANDSHAKE_COMPLETE

    def output(self) -> AgentMessage:
        """The next message of the agent's stream, which is acknowledged."""
        while (message := self.receive()).type != OUTPUT or message.number != self._expected:
            assert message.type in (OUTPUT, ACKNOWLEDGE)
        self._expected += 1
        self.acknowledge(message)
        return message

    def closed(self) -> AgentMessage:
        """The message that the session is over."""
        while (message := self.receive()).type != CHANNEL_CLOSED:
            pass
        return message

    def wait_for(self, text: str) -> None:
        while text not in self.shown:
            self.shown += self.output().payload.decode()


@contextmanager
def opened(session: dict[str, Any], token: str | None = None) -> Iterator[Plugin]:
    """The data channel of a session, once the plugin has said who it is."""
    with connect(session["StreamUrl"], compression=None) as connection:
        first = {
            "MessageSchemaVersion": "1.0",
            "RequestId": str(uuid4()),
            "TokenValue": session["TokenValue"] if token is None else token,
            "ClientId": str(uuid4()),
            "ClientVersion": "1.3.0.0",
        }
        connection.send(json.dumps(first))
        yield Plugin(connection)


def test_what_is_typed_runs_on_the_host(aws: EmbeddedAws, instance: str) -> None:
    """In a shell on a terminal, until it ends. It is listed meanwhile, and afterwards."""
    ssm = aws.client("ssm")
    assert ssm.get_connection_status(Target=instance)["Status"] == "connected"
    session = ssm.start_session(Target=instance)
    with opened(session) as plugin:
        plugin.shake_hands()
        plugin.send(Payload.DATA, b"tty >/dev/null && echo typed $((6 * 7))\n")
        plugin.wait_for("typed 42\r\n")
        [active] = ssm.describe_sessions(State="Active")["Sessions"]
        assert (active["SessionId"], active["Target"], active["Status"]) == (
            session["SessionId"],
            instance,
            "Connected",
        )
        plugin.send(Payload.DATA, b"exit\n")
        assert plugin.closed().content()["SessionId"] == session["SessionId"]
    ended = eventually(lambda: ssm.describe_sessions(State="History")["Sessions"])
    assert [each["SessionId"] for each in ended] == [session["SessionId"]]
    assert ssm.describe_sessions(State="Active")["Sessions"] == []


def test_all_channels_are_answered_on_one_port_of_the_loopback_interface(aws: EmbeddedAws, instance: str) -> None:
    """Beside the one of the API. A token alone opens a shell, so only this machine may reach it."""
    sessions = [aws.client("ssm").start_session(Target=instance) for _ in range(2)]
    [port] = {urlsplit(session["StreamUrl"]).port for session in sessions}
    assert aws.listening() == {("127.0.0.1", aws.port), ("127.0.0.1", port)}


def test_what_is_not_acknowledged_is_sent_again(aws: EmbeddedAws, instance: str) -> None:
    """As the plugin relies on: it drops what comes before it is ready."""
    with opened(aws.client("ssm").start_session(Target=instance)) as plugin:
        first, second = plugin.receive(), plugin.receive()
        assert first.kind == second.kind == Payload.HANDSHAKE_REQUEST
        assert (first.number, first.message_id) == (second.number, second.message_id)


def test_what_comes_twice_is_typed_once(aws: EmbeddedAws, instance: str) -> None:
    """The plugin sends again what was acknowledged late. Each time it is acknowledged."""
    with opened(aws.client("ssm").start_session(Target=instance)) as plugin:
        plugin.shake_hands()
        typed = plugin.send(Payload.DATA, b"printf '%s\\n' 'once'; printf '%s\\n' 'en''d'\n")
        plugin._connection.send(typed.write())
        plugin.wait_for("end\r\n")
        plugin.send(Payload.DATA, b"printf '%s\\n' 'la''st'\n")
        plugin.wait_for("last\r\n")
        assert plugin.shown.count("\nend\r\n") == 1


def test_a_token_of_another_session_opens_nothing(aws: EmbeddedAws, instance: str) -> None:
    ssm = aws.client("ssm")
    mine, other = ssm.start_session(Target=instance), ssm.start_session(Target=instance)
    with opened(mine, token=other["TokenValue"]) as plugin, pytest.raises(ConnectionClosed):
        plugin.receive()
    with opened(mine) as plugin:
        assert plugin.receive().kind == Payload.HANDSHAKE_REQUEST


def _flag(plugin: Plugin, _aws: EmbeddedAws, _session: str) -> None:
    plugin.send(Payload.FLAG, (2).to_bytes(4, "big"))


def _terminate(_plugin: Plugin, aws: EmbeddedAws, session: str) -> None:
    assert aws.client("ssm").terminate_session(SessionId=session)["SessionId"] == session


@pytest.mark.parametrize("end", [_flag, _terminate])
def test_a_session_that_is_ended_cannot_be_resumed(
    aws: EmbeddedAws, instance: str, end: Callable[[Plugin, EmbeddedAws, str], None]
) -> None:
    """By the plugin itself, or by TerminateSession, which the plugin hears of."""
    ssm = aws.client("ssm")
    session = ssm.start_session(Target=instance)
    with opened(session) as plugin:
        plugin.shake_hands()
        end(plugin, aws, session["SessionId"])
        plugin.closed()
    eventually(lambda: ssm.describe_sessions(State="History")["Sessions"])
    with aws_refuses("DoesNotExistException", session["SessionId"]):
        ssm.resume_session(SessionId=session["SessionId"])
    # AWS answers the same for a session that is over, and for one that never was.
    assert ssm.terminate_session(SessionId=session["SessionId"])["SessionId"] == session["SessionId"]


def test_a_resumed_session_has_another_token(aws: EmbeddedAws, instance: str) -> None:
    ssm = aws.client("ssm")
    session = ssm.start_session(Target=instance)
    resumed = ssm.resume_session(SessionId=session["SessionId"])
    with opened(resumed, token=session["TokenValue"]) as plugin, pytest.raises(ConnectionClosed):
        plugin.receive()
    with opened(resumed) as plugin:
        plugin.shake_hands()


def test_what_has_no_agent_is_not_connected(aws: EmbeddedAws, instance: str, hosts: Hosts) -> None:
    """Neither an instance that was terminated, nor one that never was. One whose host does not run says so late: the
    embedded AWS asks the fleet for it when the channel opens."""
    ssm = aws.client("ssm")
    with aws_refuses("TargetNotConnected", "i-0123456789abcdef0 is not connected"):
        ssm.start_session(Target="i-0123456789abcdef0")
    hosts.without_host.add(instance)
    with opened(ssm.start_session(Target=instance)) as plugin:
        plugin.shake_hands()
        assert "the fleet has no such host" in plugin.closed().content()["Output"]
    aws.client("ec2").terminate_instances(InstanceIds=[instance])
    assert ssm.get_connection_status(Target=instance)["Status"] == "notconnected"
    with aws_refuses("TargetNotConnected", f"{instance} is not connected"):
        ssm.start_session(Target=instance)


def test_a_session_is_one_of_a_document_of_preferences(aws: EmbeddedAws, instance: str) -> None:
    """The account's own. None is needed, and none of AWS's that open ports is here."""
    ssm = aws.client("ssm")
    for name in ("SSM-SessionManagerRunShell", "AWS-StartPortForwardingSession"):
        with aws_refuses("InvalidDocument", f"Document with name {name} does not exist"):
            ssm.start_session(Target=instance, DocumentName=name)
    content = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {}}
    ssm.create_document(Name="SSM-SessionManagerRunShell", DocumentType="Session", Content=json.dumps(content))
    ssm.start_session(Target=instance, DocumentName="SSM-SessionManagerRunShell")
    [named] = ssm.describe_sessions(State="Active")["Sessions"]
    assert named["DocumentName"] == "SSM-SessionManagerRunShell"


def test_a_message_that_was_damaged_is_refused() -> None:
    message = AgentMessage(type=INPUT, payload=b"typed", kind=Payload.DATA, number=3)
    assert AgentMessage.read(message.write()) == message
    with pytest.raises(ValueError, match="another digest"):
        AgentMessage.read(message.write()[:-1] + b"X")
    with pytest.raises(ValueError, match="got 3 bytes, expected at least 120"):
        AgentMessage.read(b"abc")
