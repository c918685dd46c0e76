"""Many long connections to a service, each of which asks over and over: whether a change of the server cuts one."""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass

CONNECTIONS = 200
# Says each second how many connections have been answered in the last seconds. One that ends is not opened again. Few
# are opened at a time: a server may end those that have asked nothing yet.
_HOLD = f"""
import asyncio, sys, time
host, port, asked, answer = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3]), bytes.fromhex(sys.argv[4])
answered = [0.0] * {CONNECTIONS}
async def hold(number, few):
    async def ask():
        writer.write(asked)
        if not (await reader.read(4096)).startswith(answer):
            raise ConnectionError
        answered[number] = time.time()
    async with few:
        reader, writer = await asyncio.open_connection(host, port)
        await ask()
    while True:
        await asyncio.sleep(0.5)
        await ask()
async def main():
    few = asyncio.Semaphore(10)
    held = [asyncio.create_task(hold(number, few)) for number in range(len(answered))]
    while True:
        await asyncio.sleep(1)
        now = time.time()
        alive = sum(now - at < 5 and not each.done() for at, each in zip(answered, held))
        print(now, "alive", alive, "", flush=True)
asyncio.run(main())
"""
ALL_ANSWER = f"alive {CONNECTIONS} "
"""What ``holding`` says while none was cut."""


@dataclass(frozen=True)
class Question:
    """What a client asks, and how the answer begins."""

    asked: bytes
    answer: bytes


ECHOED = Question(b"x", b"x")
WEB_PAGE = Question(b"HEAD /favicon.ico HTTP/1.1\r\nHost: server\r\n\r\n", b"HTTP/1.1 200 ")
# A compound of version 4 that asks of what kind the root is, and its reply that it was done (RFC 5531 and 7530; the
# program is 100003). Of connections that have not asked for anything exported, as NULL calls, Linux keeps 64.
NFS_CALL = Question(
    struct.pack(">23I", 1 << 31 | 88, 7, 0, 2, 100003, 4, 1, 1, 20, *[0] * 5, 0, 0, 0, 0, 2, 24, 9, 1, 2),
    struct.pack(">10I", 1 << 31 | 68, 7, 1, 0, 0, 0, 0, 0, 0, 2),
)


def holding(host: str, port: int, question: Question) -> tuple[str, ...]:
    """Holds the connections until it is ended."""
    return (sys.executable, "-c", _HOLD, host, str(port), question.asked.hex(), question.answer.hex())
