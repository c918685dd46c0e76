"""The binary messages that Session Manager's plugin and an instance's agent send each other.

Their form is that of the plugin's source: ``src/message`` of the Go module ``github.com/aws/session-manager-plugin``.
"""

from __future__ import annotations

import hashlib
import json
import struct
import time
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from uuid import UUID, uuid4

INPUT, OUTPUT = "input_stream_data", "output_stream_data"
ACKNOWLEDGE, CHANNEL_CLOSED = "acknowledge", "channel_closed"
PAYLOAD_BYTES = 1024
"""The most that one message carries of a stream (``config.StreamDataPayloadSize``)."""
_HEADER = struct.Struct(">I32sIQqQ16s32sI")
"""Length of the header, type, version, milliseconds, number in the stream, flags, id, digest, and kind of the payload.
The payload and its length follow, which the header's length does not count."""
_LENGTH = struct.Struct(">I")
_VERSION = 1
_SYN_AND_FIN = 3


class Payload(IntEnum):
    """What a message of a stream carries."""

    NONE = 0
    DATA = 1
    SIZE = 3
    HANDSHAKE_REQUEST = 5
    HANDSHAKE_RESPONSE = 6
    HANDSHAKE_COMPLETE = 7
    FLAG = 10


@dataclass(frozen=True, kw_only=True)
class AgentMessage:
    """A message. Those of a stream are numbered from 0, and each is sent again until it is acknowledged."""

    type: str
    payload: bytes
    kind: int = Payload.NONE
    number: int = 0
    flags: int = 0
    message_id: UUID = field(default_factory=uuid4)

    @classmethod
    def read(cls, data: bytes) -> AgentMessage:
        """The message that the bytes hold. Raises ``ValueError`` if they hold none."""
        if len(data) < _HEADER.size + _LENGTH.size:
            raise ValueError(f"message: got {len(data)} bytes, expected at least {_HEADER.size + _LENGTH.size}")
        length, name, _, _, number, flags, half_swapped, digest, kind = _HEADER.unpack_from(data)
        payload = data[length + _LENGTH.size :]
        if payload and hashlib.sha256(payload).digest() != digest:
            raise ValueError("message: got a payload with another digest than the header's")
        return cls(
            type=name.decode().strip("\0 "),
            payload=payload,
            kind=kind,
            number=number,
            flags=flags,
            message_id=UUID(bytes=_swapped(half_swapped)),
        )

    def write(self) -> bytes:
        """The message as bytes."""
        header = _HEADER.pack(
            _HEADER.size,
            self.type.encode().ljust(32),
            _VERSION,
            int(time.time() * 1000),
            self.number,
            self.flags,
            _swapped(self.message_id.bytes),
            hashlib.sha256(self.payload).digest(),
            self.kind,
        )
        return header + _LENGTH.pack(len(self.payload)) + self.payload

    def acknowledgement(self) -> AgentMessage:
        """What says that this message has arrived."""
        content = {
            "AcknowledgedMessageType": self.type,
            "AcknowledgedMessageId": str(self.message_id),
            "AcknowledgedMessageSequenceNumber": self.number,
            "IsSequentialMessage": True,
        }
        return AgentMessage(type=ACKNOWLEDGE, payload=json.dumps(content).encode(), flags=_SYN_AND_FIN)

    def content(self) -> Any:
        """The payload, if it is JSON. Raises ``ValueError`` if it is not."""
        return json.loads(self.payload)


def _swapped(uuid: bytes) -> bytes:
    """The bytes of an id as messages have them: the second half first."""
    return uuid[8:] + uuid[:8]
