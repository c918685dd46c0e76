"""Creations whose result may not have reached the stack's state, so that the next run goes on with them.

If this process is killed, or if an answer of AWS is lost, the engine does not learn what was made. Every call of a
creation therefore carries the resource's URN. The embedded AWS remembers its answer, and repeats it, until this plugin
confirms that the engine has the result (``sandbox/emulator/creations.py``).

Pulumi's ``Check`` shows whether the state has a resource. A replacement is never taken from an earlier creation: the
remembered one could be what is to be replaced.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import quote, urlsplit

_PATH: Final = "/moto-api/creations"
_SECONDS: Final = 2.0
"""The engine waits five seconds for a plugin to end."""
_READS: Final = ("Describe", "Get", "Head", "List")


class _Calls:
    """The calls of one creation, counted for each operation."""

    def __init__(self, whose: str, names: Mapping[str, str]) -> None:
        self._headers = {"X-Sandbox-Creation": quote(whose), "X-Sandbox-Names": json.dumps(names)}
        self._counts: dict[str, int] = {}

    def headers(self, operation: str) -> dict[str, str]:
        self._counts[operation] = self._counts.get(operation, 0) + 1
        return self._headers | {"X-Sandbox-Call": f"{operation} {self._counts[operation]}"}


_CALLS: ContextVar[_Calls | None] = ContextVar("calls", default=None)


class Creations:
    """The creations of one plugin process, and those that earlier ones left unconfirmed. Used from many threads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._unconfirmed: dict[str, dict[str, str]] | None = None
        self._known: set[str] = set()

    @contextmanager
    def calls_of(self, whose: str, names: Mapping[str, str]) -> Iterator[None]:
        """Within the block, calls of this thread belong to the creation of the URN ``whose``. ``names`` are those that
        the plugin generated for it."""
        token = _CALLS.set(_Calls(whose, names))
        try:
            yield
        finally:
            _CALLS.reset(token)

    def mark(self, model: Any, params: dict[str, Any], **_event: Any) -> None:
        """botocore's ``before-call``: give a changing call of a creation its headers."""
        calls = _CALLS.get()
        if calls is not None and not model.name.startswith(_READS):
            params["headers"].update(calls.headers(model.name))

    def names(self, whose: str) -> dict[str, str] | None:
        """The names that an earlier, unconfirmed creation had; ``None`` if there is no such creation."""
        with self._lock:
            if self._unconfirmed is None:
                answered = self._ask("GET")
                self._unconfirmed = answered if isinstance(answered, dict) else {}
            return self._unconfirmed.get(quote(whose))

    def forget(self, whose: str) -> None:
        """Confirm an earlier creation now: its answers are no longer repeated."""
        if self.names(whose) is not None:
            self._ask("POST", [quote(whose)])
            with self._lock:
                self._unconfirmed = {
                    key: names for key, names in (self._unconfirmed or {}).items() if key != quote(whose)
                }

    def reached_the_engine(self, whose: str) -> None:
        """The engine gets the result, or has had the resource deleted: ``confirm`` says so to the embedded AWS."""
        with self._lock:
            self._known.add(quote(whose))

    def confirm(self) -> None:
        """Before the process ends at the engine's request. Not called when the engine was killed: what it knew is
        lost."""
        if self._known:
            self._ask("POST", sorted(self._known))

    def _ask(self, method: str, body: Sequence[str] = ()) -> Any:
        """The answer; ``None`` from a server that does not answer or is not the sandbox's."""
        connection = http.client.HTTPConnection(urlsplit(self._endpoint).netloc, timeout=_SECONDS)
        try:
            connection.request(method, _PATH, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
