"""Remembers the answers to a creation until its client has confirmed them.

A client that is killed, or whose connection breaks, does not learn what AWS made for it. AWS has idempotency tokens for
this in some operations only. Here every creation can have one: a client that sends the same creation again gets the
same answer, and nothing is made twice. The sandbox's provider plugin does that.

A request of a creation has the headers

- ``X-Sandbox-Creation``: whose creation it is, such as a resource's URN;
- ``X-Sandbox-Call``: which call of the creation, such as ``CreateVpc 1``;
- ``X-Sandbox-Names``: a JSON object that ``GET`` answers again. It holds the names that the client generated.

``GET /moto-api/creations`` answers the names of each creation that is not confirmed. ``POST`` with a JSON list of
creations confirms them: their answers are forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import urls

from sandbox.emulator.application import APPLICATION, Answer, Environ
from sandbox.emulator.patching import patch

PATH = "/moto-api/creations"


@dataclass(kw_only=True)
class _Creation:
    names: dict[str, str]
    answers: dict[str, Answer] = field(default_factory=dict)


class Creations:
    """The creations that are not confirmed. Used with the application's lock."""

    def __init__(self) -> None:
        self._known: dict[str, _Creation] = {}

    def answer(self, environ: Environ, work: Callable[[Environ], Answer]) -> Answer:
        """What was answered to this call before, or else what ``work`` answers now."""
        whose, call = environ.get("HTTP_X_SANDBOX_CREATION"), environ.get("HTTP_X_SANDBOX_CALL")
        if not whose or not call:
            return work(environ)
        known = self._known.get(whose)
        if known and call in known.answers:
            return known.answers[call]
        answer = work(environ)
        if answer[0].startswith("2"):
            names = json.loads(environ.get("HTTP_X_SANDBOX_NAMES", "{}"))
            self._known.setdefault(whose, _Creation(names=names)).answers[call] = answer
        return answer

    def confirm(self, creations: list[str]) -> None:
        for each in creations:
            self._known.pop(each, None)

    def clear(self) -> None:
        self._known.clear()

    def unconfirmed(self) -> dict[str, dict[str, str]]:
        return {whose: known.names for whose, known in self._known.items()}


CREATIONS = Creations()


def _answer(request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """A request handler in moto's form."""
    if request.method == "POST":
        CREATIONS.confirm(json.loads(request.data))
    return 200, {"Content-Type": "application/json"}, json.dumps(CREATIONS.unconfirmed())


@patch(
    "moto.moto_api._internal.models:MotoAPIBackend.reset",
    sha256="33173e555e9360eeb141b8950ec37efc05c995da103a2cea9b666ff44888e89e",
)
def _reset(original: Callable[..., Any], backend: Any) -> None:
    """An emptied AWS remembers nothing."""
    original(backend)
    CREATIONS.clear()


urls.url_paths[f"{{0}}{PATH}$"] = _answer
APPLICATION.remembering = CREATIONS.answer
