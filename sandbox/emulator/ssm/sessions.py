"""Sessions of Session Manager: shells on what a fleet opens them on, which the real Session Manager plugin shows.

The data channel is a WebSocket on a port of its own. No agent is there: a stand-in opens the shell as the agent does
(``sandbox/hosts/shells.py``). Sessions to ports do not start, no session is recorded, and one ends when its plugin
loses the connection. IAM decides nothing here, as in the rest of the embedded AWS.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.sts.models import sts_backends

from sandbox.emulator.application import APPLICATION
from sandbox.emulator.errors import AwsError
from sandbox.emulator.fleet.registration import FLEET, FleetFailedError, NoAnswerError, NoHostError
from sandbox.emulator.patching import operation
from sandbox.emulator.ssm import session_documents
from sandbox.emulator.ssm.data_channel import DataChannel
from sandbox.emulator.ssm.instances import is_connected

PREFERENCES = "SSM-SessionManagerRunShell"
"""The document of a session that names no other, whether there is one or not."""
_OPEN_SECONDS = 60
"""How long a plugin may take to say its token."""
_PATH = "/v1/data-channel/"
_STATES = {"Active": False, "History": True}
"""Whether the sessions that DescribeSessions lists have ended."""


@dataclass(kw_only=True)
class Session:
    """A session that was started. ``request`` has the parameters of StartSession."""

    session_id: str
    target: str
    owner: str
    document: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    channel: DataChannel | None = None

    def end(self) -> None:
        """End it, and tell its plugin if it has one."""
        if self.ended is None:
            self.ended = datetime.now(UTC)
        if self.channel is not None:
            self.channel.close()

    def describe(self) -> dict[str, Any]:
        return {
            "SessionId": self.session_id,
            "Target": self.target,
            "Status": "Terminated" if self.ended else "Connected" if self.channel else "Connecting",
            "StartDate": self.started,
            **({"EndDate": self.ended} if self.ended else {}),
            "DocumentName": self.document,
            "Owner": self.owner,
        }


@operation(SimpleSystemManagerResponse)
def start_session(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    target = parameters["Target"]
    if not is_connected(response, target):
        raise AwsError("TargetNotConnected", f"{target} is not connected.")
    document = _document(response, parameters.get("DocumentName"))
    owner = _caller(response)
    session_id = f"{owner.rpartition('/')[2]}-{secrets.token_hex(9)[:17]}"
    session = Session(session_id=session_id, target=target, owner=owner, document=document)
    _started(response)[session_id] = session
    return _connection(session)


@operation(SimpleSystemManagerResponse)
def resume_session(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """A new token for a session that has not ended."""
    session = _started(response).get(parameters["SessionId"])
    if session is None or session.ended is not None:
        raise AwsError("DoesNotExistException", f"Session {parameters['SessionId']} does not exist")
    session.token = secrets.token_urlsafe(48)
    return _connection(session)


@operation(SimpleSystemManagerResponse)
def terminate_session(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """As AWS, answer the same for a session that is over, or never was."""
    session = _started(response).get(parameters["SessionId"])
    if session is not None:
        session.end()
    return {"SessionId": parameters["SessionId"]}


@operation(SimpleSystemManagerResponse)
def describe_sessions(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The sessions, newest first."""
    have_ended = _STATES[parameters["State"]]
    filters = {each["key"]: each["value"] for each in parameters.get("Filters", [])}
    if unknown := filters.keys() - {"Target", "Owner", "SessionId"}:
        raise AwsError("InvalidFilterKey", f"The filter key {', '.join(sorted(unknown))} is not known here.")
    described = [each.describe() for each in reversed(_started(response).values()) if bool(each.ended) == have_ended]
    return {"Sessions": [each for each in described if all(each[key] == value for key, value in filters.items())]}


def _document(response: SimpleSystemManagerResponse, name: str | None) -> str:
    """The name of the session's document. Only shells start here, so it has to be one of preferences."""
    if name is None:
        return PREFERENCES
    documents = ssm_backends[response.current_account][response.region]._documents
    if name not in documents:
        raise AwsError("InvalidDocument", f"Document with name {name} does not exist.")
    if documents[name].find(None, strict=False).content_json.get("sessionType") != session_documents.PREFERENCES:
        raise AwsError("InvalidDocument", f"{name}: the embedded AWS starts sessions of shells only.")
    return name


def _caller(response: SimpleSystemManagerResponse) -> str:
    """The ARN of who asks."""
    identity = sts_backends[response.current_account]["aws"]
    _, arn, _ = identity.get_caller_identity(response.get_access_key(), response.region)
    return str(arn)


def _started(response: SimpleSystemManagerResponse) -> dict[str, Session]:
    """The sessions of the account and region, kept on moto's backend, so that a reset deletes them."""
    backend = ssm_backends[response.current_account][response.region]
    sessions: dict[str, Session] = vars(backend).setdefault("started_sessions", {})
    return sessions


def _connection(session: Session) -> dict[str, Any]:
    url = f"ws://127.0.0.1:{_port()}{_PATH}{session.session_id}?role=publish_subscribe"
    return {"SessionId": session.session_id, "TokenValue": session.token, "StreamUrl": url}


@cache
def _port() -> int:
    """The port of the data channels, which are answered from the first session on."""
    # Imported here, since most runs of the embedded AWS start no session.
    from websockets.sync.server import serve

    server = serve(_answer, "127.0.0.1", 0, compression=None)
    threading.Thread(target=server.serve_forever, name="data channels", daemon=True).start()
    return int(server.socket.getsockname()[1])


def _answer(websocket: Any) -> None:
    """One data channel, in a thread of its own."""
    path = websocket.request.path.partition("?")[0]
    session = _find(path.removeprefix(_PATH))
    if session is None or not _is_token(session, websocket.recv(timeout=_OPEN_SECONDS)):
        websocket.close(1008)
        return
    channel = DataChannel(websocket, session_id=session.session_id, target=session.target)
    session.channel = channel
    try:
        channel.run(lambda: FLEET.open_shell(session.target))
    except (NoHostError, NoAnswerError, FleetFailedError) as failed:
        channel.close(str(failed))
    finally:
        session.end()


def _find(session_id: str) -> Session | None:
    """The session of an id, in any account and region, unless it has ended."""
    with APPLICATION.lock:
        for regions in ssm_backends.values():
            for backend in regions.values():
                session: Session | None = vars(backend).get("started_sessions", {}).get(session_id)
                if session is not None and session.ended is None:
                    return session
    return None


def _is_token(session: Session, first_message: str | bytes) -> bool:
    """Whether a plugin's first message has the token that StartSession gave out for this session."""
    try:
        given = json.loads(first_message)["TokenValue"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(given, str) and hmac.compare_digest(given.encode(), session.token.encode())
