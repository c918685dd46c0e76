"""The embedded AWS as an HTTP server on the loopback interface."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from sandbox.emulator.application import APPLICATION, IncompleteRequestError
from sandbox.emulator.faults import FAULTS, AnswerLostError
from sandbox.emulator.patching import install

LOOPBACK = "127.0.0.1"


class _RequestHandler(MotoRequestHandler):
    """HTTP/1.1 with connections that stay open, and no log line per request."""

    protocol_version = "HTTP/1.1"
    # Without it the headers and the body go out as two packets, and the client's delayed acknowledgement costs 40 ms.
    disable_nagle_algorithm = True
    # An answer goes out by one call to the system: each call hands the interpreter to another thread.
    wbufsize = -1

    def handle_expect_100(self) -> bool:
        """Let the client send its body. boto3 waits a second for that before each object, and goes on without."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def run_wsgi(self) -> None:
        """Answer one request.

        Werkzeug's method closes every connection, and waits 10 ms for a body that the application may not have read.
        This application always reads it.
        """
        answer: list[Any] = []
        environ = self.make_environ()
        try:
            body = b"".join(FAULTS.around(self.server.app, environ, lambda *given: answer.extend(given)))
        except (AnswerLostError, IncompleteRequestError):
            self.close_connection = True
            return
        status, headers = answer
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers) and code != "204":
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Date", self.date_time_string())
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


class Server:
    """Listens once it is made, answers during ``serve``. Port 0 picks a free port; ``port`` is its number."""

    def __init__(self, port: int) -> None:
        install()
        self._http = make_server(LOOPBACK, port, APPLICATION, threaded=True, request_handler=_RequestHandler)
        self._http.daemon_threads = True  # idle kept-alive connections do not hold up the end
        self.port: int = self._http.port
        # moto puts its port into some addresses, such as the URLs of SQS queues.
        os.environ["MOTO_PORT"] = str(self.port)

    def serve(self) -> None:
        self._http.serve_forever(poll_interval=0.1)

    def shut_down(self) -> None:
        """Make ``serve`` return; call it from another thread."""
        self._http.shutdown()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_raised: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.server_close()


def announce(port: int, ready_file: Path | None) -> None:
    """Print the port, and write it to the file, which appears complete."""
    print(f"embedded AWS on http://{LOOPBACK}:{port}", flush=True)
    if ready_file is not None:
        partial = ready_file.with_name(f"{ready_file.name}.partial")
        partial.write_text(f"{port}\n", encoding="ascii")
        partial.replace(ready_file)
