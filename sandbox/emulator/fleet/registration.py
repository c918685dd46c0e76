"""The registered fleet, and what the embedded AWS asks it."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

_ANSWER_SECONDS = 10
"""How long the fleet may take for an answer that it has at hand."""
_COPY_SECONDS = 300
_RETRY_SECONDS = 0.2
_TIME_WAS_UP = 124
"""The exit code of ``timeout``, which ends commands on hosts."""

Answer = dict[str, Any]
Found = TypeVar("Found")


class NoHostError(LookupError):
    """The fleet has no host for an instance."""


class NoAnswerError(TimeoutError):
    """The fleet did not answer in time, or is not there."""


class FleetFailedError(RuntimeError):
    """The fleet answered with an error of its own."""


@dataclass(kw_only=True)
class TimeScale:
    """The speed of time for everything that waits: 0.1 makes 10 seconds of AWS last one second here."""

    factor: float = 1.0

    def seconds(self, of_aws: float) -> float:
        return of_aws * self.factor


TIME = TimeScale()


@dataclass(kw_only=True)
class Fleet:
    """The fleet, if one is registered.

    The methods that ask it block, so call them in a thread (``in_background``), never while answering a request.
    """

    url: str | None = None
    opens_shells_on: frozenset[str] = frozenset()
    """The ids of the instances on which it opens shells for sessions."""
    targets: dict[str, dict[str, Answer]] = field(default_factory=dict)
    """What the health checks of the load balancers saw last: by ARN of the target group and id of the instance."""
    answers: bool = True
    """Whether the fleet answered when it was last asked for the health of targets."""

    @property
    def is_registered(self) -> bool:
        return self.url is not None

    def register(self, url: str | None, opens_shells_on: Iterable[str] = ()) -> None:
        """Register a fleet by its address, or with None end the registration.

        One that registers again has other instances with shells. What it said of targets stays.
        """
        address = url.rstrip("/") if url else None
        if address != self.url:
            self.targets, self.answers = {}, True
        self.url, self.opens_shells_on = address, frozenset(opens_shells_on)

    def in_background(self, ask: Callable[..., Found], *arguments: Any) -> Future[Found]:
        """Ask in a thread of its own, which does not hold up the end of the process."""
        future: Future[Found] = Future()

        def run() -> None:
            try:
                future.set_result(ask(*arguments))
            except Exception as failed:
                future.set_exception(failed)

        threading.Thread(target=run, name="fleet", daemon=True).start()
        return future

    def deploy(self, instance_id: str, deployment: Answer, answer_seconds: float) -> Answer:
        """Deploy to an instance. Returns ``ReturnCode`` and ``Log``.

        Waits for a host that is still starting. Raises ``NoAnswerError`` after ``answer_seconds``.
        """
        deadline = time.monotonic() + answer_seconds
        while True:
            try:
                left = max(deadline - time.monotonic(), 0.1)
                return self._ask_timed(f"/instances/{instance_id}/deployments", deployment, left)
            except NoHostError as missing:
                if time.monotonic() > deadline:
                    raise NoAnswerError(str(missing)) from None
                time.sleep(_RETRY_SECONDS)

    def run(self, instance_id: str, commands: Answer, answer_seconds: float) -> Answer:
        """Run commands. Returns ``ReturnCode``, ``StandardOutput`` and ``StandardError``.

        Raises ``NoHostError`` without a host, and ``NoAnswerError`` after ``answer_seconds``.
        """
        return self._ask_timed(f"/instances/{instance_id}/commands", commands, answer_seconds)

    def log_of(self, instance_id: str) -> str:
        """The tail of the logs of an instance. Raises ``NoHostError``, ``NoAnswerError`` or ``FleetFailedError``."""
        return str(self._ask(f"/instances/{instance_id}/log")["Log"])

    def open_shell(self, instance_id: str) -> socket.socket:
        """A connection with a shell of an instance: what is written to it is typed, and it says what the shell shows.

        The shell ends with the connection. Raises ``NoHostError``, ``NoAnswerError`` or ``FleetFailedError``.
        """
        path = f"/instances/{instance_id}/shells"
        if self.url is None:
            raise NoAnswerError(f"{path}: no fleet is registered")
        place = urlsplit(self.url)
        asked = f"POST {place.path}{path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: Upgrade\r\nUpgrade: shell\r\n"
        try:
            connection = socket.create_connection((place.hostname, place.port), timeout=_ANSWER_SECONDS)
            connection.sendall(f"{asked}Content-Length: 0\r\n\r\n".encode())
            # Without a buffer: what follows the headers is the shell's.
            answer = connection.makefile("rb", buffering=0)
            status = int(answer.readline().split()[1])
            while answer.readline().strip():
                pass
        except (OSError, ValueError, IndexError) as failed:
            raise NoAnswerError(f"{path}: the fleet did not answer: {failed}") from None
        if status != 101:
            connection.close()
            if status == 404:
                raise NoHostError(f"{path}: the fleet has no such host")
            raise FleetFailedError(f"{path}: the fleet failed with {status}")
        connection.settimeout(None)
        return connection

    def copy_database(self, host: str, snapshot: str) -> None:
        """Copy what is in a database for a snapshot.

        Raises ``NoHostError`` without a server for it, ``NoAnswerError`` or ``FleetFailedError``.
        """
        self._ask(f"/databases/{host}/copies", {"Name": snapshot}, _COPY_SECONDS)

    def read_targets(self) -> None:
        """Ask what the health checks saw, and keep the answer in ``targets``."""
        url = self.url
        try:
            seen = self._ask("/targets")
        except (NoHostError, NoAnswerError, FleetFailedError):
            seen = {}
            self.answers = False
        else:
            self.answers = True
        if url == self.url:
            self.targets = {arn: self._seen(arn, targets) for arn, targets in seen.items()}

    def _seen(self, arn: str, targets: list[Answer]) -> dict[str, Answer]:
        """The targets of a group by instance, with ``Since``: when each got its state."""
        before = self.targets.get(arn, {})
        now = time.monotonic()
        for target in targets:
            known = before.get(target["Id"], {})
            target["Since"] = known["Since"] if known.get("State") == target["State"] else now
        return {target["Id"]: target for target in targets}

    def _ask_timed(self, path: str, body: Answer, seconds: float) -> Answer:
        """Ask for something with ``TimeoutSeconds``. The answer says with ``TimedOut`` whether that time was up."""
        started = time.monotonic()
        try:
            answer = self._ask(path, body, seconds)
        except FleetFailedError as failed:
            return {"ReturnCode": 1, "Log": str(failed), "StandardError": str(failed)}
        took = time.monotonic() - started
        ended = answer.get("ReturnCode") == _TIME_WAS_UP and took >= body["TimeoutSeconds"]
        return {**answer, "TimedOut": bool(answer.get("TimedOut")) or ended}

    def _ask(self, path: str, body: Answer | None = None, seconds: float = _ANSWER_SECONDS) -> Answer:
        if self.url is None:
            raise NoAnswerError(f"{path}: no fleet is registered")
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                found: Answer = json.load(answer)
                return found
        except urllib.error.HTTPError as refused:
            if refused.code == 404:
                raise NoHostError(f"{path}: the fleet has no such host") from None
            raise FleetFailedError(f"{path}: the fleet failed with {refused.code}: {refused.read().decode()}") from None
        except (OSError, ValueError) as failed:
            raise NoAnswerError(f"{path}: the fleet did not answer: {failed}") from None


FLEET = Fleet()
