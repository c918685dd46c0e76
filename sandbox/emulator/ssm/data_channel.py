"""The data channel of a session: a WebSocket, as the Session Manager plugin opens it, and a shell on the other end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sandbox.emulator.ssm.agent_messages import (
    ACKNOWLEDGE,
    CHANNEL_CLOSED,
    INPUT,
    OUTPUT,
    PAYLOAD_BYTES,
    AgentMessage,
    Payload,
)

AGENT_VERSION = "3.3.1611.0"
"""A version whose plugin asks for nothing more. What answers is no agent, but does what one of this version does."""
_TERMINATE = (2).to_bytes(4, "big")
"""The flag by which a plugin ends the session (``message.TerminateSession``)."""
_RESEND_SECONDS = 0.2
_CLOSED = object()


class DataChannel:
    """One connection of a plugin. It sends what the shell shows, and gives the shell what is typed.

    The plugin drops what arrives while it is not ready yet, and does not acknowledge it. So what is not acknowledged is
    sent again, as the agent does.
    """

    def __init__(self, websocket: Any, *, session_id: str, target: str) -> None:
        self._websocket = websocket
        self._session_id, self._target = session_id, target
        self._number = 0
        self._expected = 0
        self._unacknowledged: dict[int, tuple[float, bytes]] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()

    def run(self, open_shell: Callable[[], socket.socket]) -> None:
        """Relay until the shell ends, or the plugin does. The shell is opened once both have agreed on the session."""
        self._send(Payload.HANDSHAKE_REQUEST, json.dumps(_HANDSHAKE).encode())
        shell: socket.socket | None = None
        try:
            while (message := self._receive()) is not _CLOSED:
                self._resend()
                if not isinstance(message, AgentMessage) or not self._is_next(message):
                    continue
                match message.kind:
                    case Payload.HANDSHAKE_RESPONSE:
                        self._send(Payload.HANDSHAKE_COMPLETE, json.dumps(_COMPLETE).encode())
                        shell = open_shell()
                        threading.Thread(target=self._show, args=(shell,), name="session", daemon=True).start()
                    case Payload.DATA if shell is not None:
                        shell.sendall(message.payload)
                    case Payload.FLAG if message.payload == _TERMINATE:
                        return
        except OSError:  # The shell has ended.
            pass
        finally:
            if shell is not None:
                with suppress(OSError):
                    shell.shutdown(socket.SHUT_RDWR)
                shell.close()

    def close(self, why: str = "") -> None:
        """Tell the plugin that the session is over, which ends it."""
        content = {
            "MessageId": "",
            "CreatedDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "DestinationId": self._target,
            "SessionId": self._session_id,
            "MessageType": CHANNEL_CLOSED,
            "SchemaVersion": 1,
            "Output": why,
        }
        with suppress(Exception):  # It may have gone.
            self._websocket.send(AgentMessage(type=CHANNEL_CLOSED, payload=json.dumps(content).encode()).write())
            self._websocket.close()

    def _receive(self) -> Any:
        """The next message; None if there was none for a while, or one of another form."""
        from websockets.exceptions import ConnectionClosed

        try:
            data = self._websocket.recv(timeout=_RESEND_SECONDS)
        except TimeoutError:
            return None
        except ConnectionClosed:
            return _CLOSED
        try:
            return AgentMessage.read(data) if isinstance(data, bytes) else None
        except (ValueError, UnicodeDecodeError):
            return None

    def _is_next(self, message: AgentMessage) -> bool:
        """Whether a message is the next one of the stream. Acknowledges it, also when it comes once more."""
        if message.type == ACKNOWLEDGE:
            with self._lock:
                self._unacknowledged.pop(message.content()["AcknowledgedMessageSequenceNumber"], None)
            return False
        if message.type != INPUT or message.number > self._expected:
            return False
        self._websocket.send(message.acknowledgement().write())
        is_next = message.number == self._expected
        self._expected += is_next
        return is_next

    def _send(self, kind: Payload, payload: bytes) -> None:
        with self._lock:
            message = AgentMessage(type=OUTPUT, payload=payload, kind=kind, number=self._number).write()
            self._unacknowledged[self._number] = time.monotonic(), message
            self._number += 1
            self._websocket.send(message)

    def _resend(self) -> None:
        """Send again what should have been acknowledged by now."""
        now = time.monotonic()
        with self._lock:
            for number, (sent, message) in list(self._unacknowledged.items()):
                if now - sent > _RESEND_SECONDS:
                    self._unacknowledged[number] = now, message
                    self._websocket.send(message)

    def _show(self, shell: socket.socket) -> None:
        """Send what the shell shows, until it ends."""
        with suppress(Exception):
            while data := shell.recv(PAYLOAD_BYTES):
                self._send(Payload.DATA, data)
        self.close()


_HANDSHAKE = {
    "AgentVersion": AGENT_VERSION,
    "RequestedClientActions": [
        {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Standard_Stream", "Properties": None}}
    ],
}
_COMPLETE = {"HandshakeTimeToComplete": 0, "CustomerMessage": ""}
