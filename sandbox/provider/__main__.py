"""The plugin's process: ``python -m sandbox.provider aws|random VERSION``, as the engine starts it.

Prints the port it listens on, and ends when the engine does.
"""

from __future__ import annotations

import os
import signal
import sys

from sandbox.provider.server import serve
from sandbox.provider.servicer import Servicer


def main(package: str, version: str) -> None:
    """Serves one package until the engine closes our standard input, which it also does by dying."""
    servicer = Servicer(package, version)

    def end(*_signal: object) -> None:
        servicer.end()
        os._exit(0)  # no traceback, and no wait for threads that wait for AWS

    # The engine asks a plugin to end by signal. When the engine dies itself, only our standard input is closed.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, end)
    _server, port = serve(servicer)
    print(port, flush=True)
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("aws", "random"):
        sys.exit("usage: python -m sandbox.provider aws|random VERSION")
    main(sys.argv[1], sys.argv[2])
