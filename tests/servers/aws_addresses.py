"""AWS's own addresses, answered by the embedded AWS: for programs that cannot be told another address."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sandbox.hosts.authority import Authority

_DOMAIN = ".amazonaws.com"


@contextmanager
def answered_by(port: int, region: str, directory: Path) -> Iterator[dict[str, str]]:
    """The variables by which a program asks the embedded AWS on this port instead of AWS.

    They name a proxy for HTTPS, and the authority of its certificate. It lets nothing through to other addresses.
    """
    authority = Authority(directory / "authority")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("amazonaws.com", f"*{_DOMAIN}", f"*.{region}{_DOMAIN}"))

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:  # http.server's name
            if not self.path.partition(":")[0].endswith(_DOMAIN):
                self.send_error(403)
                return
            self.send_response(200)
            self.end_headers()
            with (
                suppress(OSError),
                closing(context.wrap_socket(self.connection, server_side=True)) as asking,
                closing(socket.create_connection(("127.0.0.1", port))) as answering,
            ):
                back = threading.Thread(target=_copy, args=(answering, asking), daemon=True)
                back.start()
                _copy(asking, answering)
                back.join()
            self.close_connection = True

        def log_message(self, *_said: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_port}",
            "AWS_CA_BUNDLE": str(authority.certificate),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    finally:
        server.shutdown()
        server.server_close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Until one of them ends."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
