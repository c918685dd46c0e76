"""``/moto-api/hosts``: where the fleet registers, and follows what it runs.

- ``POST {"Url": "http://127.0.0.1:4000/TOKEN"}`` registers the fleet at this address. ``{"Url": null}`` ends that. With
  ``"OpensShellsOn"``, a list of instances' ids, sessions of Session Manager start on these.
- ``GET`` answers the state document (``state.py``) with its ``Digest``. ``GET ?unless=<digest>`` waits until the
  document's digest differs, at most 5 seconds.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.emulator.application import APPLICATION, Environ
from sandbox.emulator.fleet.registration import FLEET
from sandbox.emulator.fleet.state import document
from sandbox.emulator.fleet.ticker import TICKER

PATH = "/moto-api/hosts"
WAIT_SECONDS = 5.0
CHECK_SECONDS = 0.02


class _Hosts:
    """Answers ``PATH``. Only reading the state takes the lock of the application; waiting does not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._computed_at = -1  # the number of changes of the application then
        self._digest = ""
        self._body = b""

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            status, body = self._register(environ["wsgi.input"].read())
        else:
            unless = parse_qs(environ.get("QUERY_STRING", "")).get("unless", [""])[0]
            status, body = "200 OK", self._wait(unless)
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _register(self, request: bytes) -> tuple[str, bytes]:
        try:
            asked = json.loads(request)
            url, opens_shells_on = asked["Url"], [str(each) for each in asked.get("OpensShellsOn", [])]
            if url is not None and urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
                raise ValueError(f"got {url!r}, expected an address of this machine or null")
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            return "400 Bad Request", json.dumps({"message": f"{PATH}: Url: {wrong}"}).encode()
        FLEET.register(url, opens_shells_on)
        if url:
            TICKER.start()
        return "200 OK", json.dumps({"Url": FLEET.url}).encode()

    def _wait(self, unless: str) -> bytes:
        """The document, once its digest is another than ``unless``, or the same one at the end of the wait."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            digest, body = self._current()
            if digest != unless or time.monotonic() >= deadline:
                return body
            time.sleep(CHECK_SECONDS)

    def _current(self) -> tuple[str, bytes]:
        """Digest and document, read anew only if the application has done anything since."""
        with self._lock:
            if self._computed_at != APPLICATION.changes:
                with APPLICATION.lock:
                    computed_at = APPLICATION.changes
                    text = json.dumps(document(), default=str, sort_keys=True)
                self._computed_at = computed_at
                self._digest = hashlib.sha256(text.encode()).hexdigest()
                self._body = f'{{"Digest": "{self._digest}", {text[1:]}'.encode()
            return self._digest, self._body


APPLICATION.unlocked[PATH] = _Hosts()
