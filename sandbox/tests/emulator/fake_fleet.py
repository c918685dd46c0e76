"""A fleet for the tests: a small HTTP server that answers as the real one does. Its hosts run nothing."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from sandbox.tests.emulator.aws_process import EmbeddedAws

Answer = dict[str, Any]
Found = TypeVar("Found")
SUCCESS: Answer = {"ReturnCode": 0, "Log": "Instance deployment completed successfully."}
NO_OUTPUT: Answer = {"ReturnCode": 0, "StandardOutput": "", "StandardError": ""}


@dataclass(kw_only=True)
class FakeFleet:
    """What the tests set, and what the embedded AWS has asked, oldest first."""

    aws: EmbeddedAws
    url: str = ""
    deploy: Callable[[str, Answer], Answer] = lambda _instance, _deployment: SUCCESS
    """Answers a deployment to an instance. It may wait."""
    run: Callable[[str, Answer], Answer] = lambda _instance, _commands: NO_OUTPUT
    """Answers commands. It may wait."""
    health: dict[str, Answer] = field(default_factory=dict)
    """The health of targets, by id of the instance; those that are not named are healthy."""
    without_host: set[str] = field(default_factory=set)
    sees_targets: bool = True
    copy: Callable[[str, Answer], Answer | None] = lambda _host, _snapshot: {}
    """Answers the copy of a database. It may wait."""
    deployments: list[tuple[str, Answer]] = field(default_factory=list)
    commands: list[tuple[str, Answer]] = field(default_factory=list)

    def answer(self, path: str, body: Answer | None) -> Answer | None:
        """The answer to a request; None if there is no such host."""
        if path == "/targets":
            return self._targets() if self.sees_targets else {}
        if (asked := re.fullmatch(r"/databases/([^/]+)/copies", path)) and body is not None:
            return self.copy(asked[1], body)
        asked = re.fullmatch(r"/instances/([^/]+)/(\w+)", path)
        if asked is None or asked[1] in self.without_host:
            return None
        instance, what = asked[1], asked[2]
        if what == "deployments" and body is not None:
            self.deployments.append((instance, body))
            return self.deploy(instance, body)
        if what == "commands" and body is not None:
            self.commands.append((instance, body))
            return self.run(instance, body)
        return {"Log": f"log of {instance}"}

    def _targets(self) -> Answer:
        with urllib.request.urlopen(f"{self.aws.url}/moto-api/hosts", timeout=60) as answer:
            groups = json.load(answer)["TargetGroups"]
        return {group["Arn"]: [self._target(target) for target in group["Targets"]] for group in groups}

    def _target(self, target: Answer) -> Answer:
        state = "healthy" if target["State"] == "registered" else target["State"]
        return {"Id": target["Id"], "Port": target["Port"], "State": state, **self.health.get(target["Id"], {})}


@contextmanager
def registered_fleet(aws: EmbeddedAws) -> Iterator[FakeFleet]:
    """A fleet that is registered with the embedded AWS, for as long as the context lasts."""
    fleet = FakeFleet(aws=aws)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self, body: Answer | None) -> None:
            try:
                found = fleet.answer(self.path, body)
                status = 404 if found is None else 200
            except RuntimeError as failed:
                found, status = {"message": str(failed)}, 500
            text = json.dumps(found or {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_said: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    fleet.url = f"http://127.0.0.1:{server.server_port}"
    aws.post("/moto-api/hosts", json.dumps({"Url": fleet.url}))
    try:
        yield fleet
    finally:
        aws.post("/moto-api/hosts", json.dumps({"Url": None}))
        server.shutdown()
        server.server_close()


def eventually(look: Callable[[], Found], *, wanted: Callable[[Found], bool] = bool, seconds: float = 60) -> Found:
    """What ``look`` returns, once it is what is wanted. Fails with the last one after a long time."""
    deadline = time.monotonic() + seconds
    while not wanted(found := look()):
        assert time.monotonic() < deadline, f"still {found!r}"
        time.sleep(0.02)
    return found
