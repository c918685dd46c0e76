"""``python -m sandbox.emulator``: serve the embedded AWS until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from sandbox.emulator.server import LOOPBACK, Server, announce


def main() -> None:
    """Serve until a signal, then exit with status 0. Exit with an error if the port is in use."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port; 0 (the default) picks a free one")
    parser.add_argument("--host", default=LOOPBACK, choices=[LOOPBACK], help="only the loopback interface is served")
    parser.add_argument("--ready-file", type=Path, help="written with the port once the server answers")
    arguments = parser.parse_args()

    try:
        server = Server(arguments.port)
    except SystemExit as refused:  # werkzeug explains on standard error and exits
        raise SystemExit(f"cannot listen on {LOOPBACK}:{arguments.port}") from refused
    with server:

        def end(*_signal: object) -> None:
            # `shutdown` waits for the serving thread, which is the one that the signal interrupts.
            threading.Thread(target=server.shut_down).start()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        announce(server.port, arguments.ready_file)
        server.serve()


if __name__ == "__main__":
    main()
