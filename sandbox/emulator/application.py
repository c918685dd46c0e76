"""The embedded AWS as a WSGI application: moto's dispatcher, one request at a time, with readable errors."""

from __future__ import annotations

import functools
import io
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from sandbox.emulator.errors import refuse

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]

_NOT_HERE = "the embedded AWS does not have this operation"


class IncompleteRequestError(Exception):
    """The client has left before its request was whole. AWS carries out no such request, and nobody hears an answer."""


class _Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher. It lists moto's folders and tries hundreds of patterns to find a host's service, each time."""

    @functools.cache  # noqa: B019  # there is one dispatcher, and few hosts
    def get_backend_for_host(self, host: str | None) -> Any:
        return super().get_backend_for_host(host)


class EmbeddedAws:
    """Answers one request at a time: moto's backends are not thread-safe, and threads gain nothing on one interpreter.

    The lock is re-entrant: a backend may call another service through an in-process client.
    """

    def __init__(self) -> None:
        self._moto = _Dispatcher(_create_service)
        self.lock = threading.RLock()
        self.changes = 0
        """Grows with everything that may have changed a resource. Change it with the lock."""
        self.unlocked: dict[str, Callable[[Environ, Callable[..., Any]], Iterable[bytes]]] = {}
        """What answers a path without the lock, since it waits."""
        self.remembering: Callable[[Environ, Callable[[Environ], Answer]], Answer] = lambda environ, work: work(environ)
        """Answers a request by its work, or by what it remembers of an earlier one."""

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        read_body(environ)  # before taking the lock: a slow sender holds up only itself
        if waits := self.unlocked.get(environ.get("PATH_INFO", "")):
            return waits(environ, start_response)
        with self.lock:
            self.changes += 1
            status, headers, body = self.remembering(environ, self._answer)
        start_response(status, headers)
        return [body]

    def _answer(self, environ: Environ) -> Answer:
        try:
            chunks, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except NotImplementedError:
            return _refusal(environ, _NOT_HERE)
        except Exception as failure:
            traceback.print_exc(file=sys.stderr)
            why = f"the embedded AWS failed with {type(failure).__name__}: {failure}"
            return _refusal(environ, why, code="InternalFailure")
        body = b"".join(chunks)
        if status[:3] in ("404", "405") and _is_unrouted(environ, body):
            return _refusal(environ, _NOT_HERE)
        return status, list(headers), body


def _create_service(backend: Any) -> Any:
    """The Flask application of a service, made at its first request: unused services take no memory."""
    if backend is None:
        raise NotImplementedError  # a service that moto does not have
    return create_backend_app(backend)


def _is_unrouted(environ: Environ, body: bytes) -> bool:
    """Whether moto has no operation for the path. The body is then Flask's page or empty, and never so in AWS."""
    return body.startswith(b"<!doctype html>") or (not body and environ["REQUEST_METHOD"] != "HEAD")


def read_body(environ: Environ) -> None:
    """Read the whole body from the connection, whether its length is declared or it comes in chunks.

    Raises ``IncompleteRequestError`` if it is shorter than declared: the client was killed while it sent it.
    """
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    body = stream.read(int(length)) if length else stream.read() if environ.get("wsgi.input_terminated") else b""
    if length and len(body) < int(length):
        raise IncompleteRequestError
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _refusal(environ: Environ, why: str, **code: str) -> Answer:
    environ["wsgi.input"].seek(0)
    status, headers, text = refuse(environ, why, **code)
    body = text.encode()
    return f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("Content-Length", str(len(body)))], body


APPLICATION = EmbeddedAws()
