"""Faults on purpose, for tests: AWS throttles, an answer is lost, or a request waits while something is killed.

``POST /moto-api/faults`` with a JSON object replaces what was set. Without a key there is no such fault:

- ``Seed``: a number. With the same seed, the n-th request of an operation has the same fate, in whichever order the
  operations come.
- ``Throttled``: the share of requests, 0 to 1, that are refused with ``Throttling`` before anything is done.
- ``Lost``: the share of changing requests, 0 to 1, whose connection is closed after the work was done.
- ``HoldAt``: a number. This changing request and all later ones do their work, but get no answer until the next
  ``POST``. ``GET`` says ``Held`` from then on.

``GET`` answers the current values, and how many ``Changes`` were requested since they were set.

Requests for Pulumi's state are left alone: an engine that cannot save its state is the same as one that was killed.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_api._internal import urls

from sandbox.emulator.application import Environ, read_body
from sandbox.emulator.errors import refuse

PATH = "/moto-api/faults"
_DEFAULTS = {"Seed": 0, "Throttled": 0.0, "Lost": 0.0, "HoldAt": 0}
_READS = re.compile(r"Describe|Get|List|Head|GET |HEAD ")
_SPARED = ("/moto-api", "/client-pulumi-state-storage")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_NUMBERED = re.compile(r"[^/]*\d[^/]*")

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class AnswerLostError(ConnectionError):
    """The connection is to be closed without an answer."""


class Faults:
    """What is to go wrong, and how often each operation was asked for. Asked from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.set({})

    def set(self, wanted: dict[str, Any]) -> None:
        """Begin anew with these values. Raises ValueError or TypeError if one is invalid."""
        if unknown := wanted.keys() - _DEFAULTS.keys():
            raise ValueError(f"got {', '.join(sorted(unknown))}, expected {', '.join(_DEFAULTS)}")
        values = {name: type(default)(wanted.get(name, default)) for name, default in _DEFAULTS.items()}
        with self._lock:
            self._values, self._changes, self._asked = values, 0, Counter[str]()
            self._released.set()
            self._released = threading.Event()
            self._held = False

    def describe(self) -> dict[str, Any]:
        return {**self._values, "Changes": self._changes, "Held": self._held}

    def around(self, application: Application, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """What the application answers, or a refusal. Raises ``AnswerLostError`` after the work."""
        if not any(self._values.values()) or environ["PATH_INFO"].startswith(_SPARED):
            return application(environ, start_response)
        read_body(environ)
        operation = _operation(environ)
        with self._lock:
            self._asked[operation] += 1
            fate = random.Random(f"{self._values['Seed']} {operation} {self._asked[operation]}")
        if fate.random() < self._values["Throttled"]:
            status, headers, body = refuse(environ, "Rate exceeded", code="Throttling")
            start_response(f"{status} Bad Request", [*headers.items()])
            return [body.encode()]
        if _READS.match(operation):
            return application(environ, start_response)
        with self._lock:
            self._changes += 1
            waits = 0 < self._values["HoldAt"] <= self._changes
            released = self._released
        answer = application(environ, start_response)
        if waits:
            self._held = True
            released.wait()
        elif fate.random() < self._values["Lost"]:
            raise AnswerLostError
        return answer


FAULTS = Faults()


def _operation(environ: Environ) -> str:
    """Such as ``CreateVpc``; for a service with REST the method and the path without identifiers."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    body = environ["wsgi.input"].getvalue()
    if action := _ACTION.search(body):
        return action[1].decode()
    path = _NUMBERED.sub("*", environ["PATH_INFO"])
    return f"{environ['REQUEST_METHOD']} {path}?{environ.get('QUERY_STRING', '')}"


def _answer(request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """A request handler in moto's form."""
    content_type = {"Content-Type": "application/json"}
    if request.method == "POST":
        try:
            FAULTS.set(json.loads(request.data))
        except (ValueError, TypeError, AttributeError) as wrong:
            return 400, content_type, json.dumps({"message": f"{PATH}: {wrong}"})
    return 200, content_type, json.dumps(FAULTS.describe())


urls.url_paths[f"{{0}}{PATH}$"] = _answer
