"""The fleet's HTTP API on the loopback interface, which the embedded AWS and `./shop sandbox live` ask.

- ``POST /instances/<id>/deployments`` deploys, and answers when it is over: ``{"ReturnCode", "Log", "TimedOut"}``.
- ``POST /instances/<id>/commands`` runs commands: ``{"ReturnCode", "StandardOutput", "StandardError"}``.
- ``POST /instances/<id>/shells`` opens a shell of ``ssm-user``, for a session. After the answer 101, the connection is
  what is typed and shown.
- ``GET /instances/<id>/log`` answers ``{"Log"}``, the end of the instance's logs.
- ``POST /databases/<host>/copies`` copies a database for the snapshot ``{"Name"}``, and answers when it is over.
- ``GET /targets`` answers the health of targets by ARN of the target group.
- ``GET /status`` answers what runs, for a person.

404 means that there is no such host or database, or not yet.

Every path begins with a random token: who knows the address may run commands as root on hosts, and every user of this
computer can reach the port. It is in files that their owner alone can read, and the embedded AWS is told it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from sandbox.hosts.http_server import Server
from sandbox.hosts.machine import MachineError
from sandbox.hosts.programs import ProgramError
from sandbox.hosts.shells import Shell

Json = dict[str, Any]


class UnknownHostError(LookupError):
    """There is no host for an instance, or no server for a database."""


class Answers(Protocol):
    """What the API is about."""

    def deploy(self, instance_id: str, request: Json) -> Json: ...
    def run_commands(self, instance_id: str, request: Json) -> Json: ...
    def open_shell(self, instance_id: str) -> Shell: ...
    def log_of(self, instance_id: str) -> Json: ...
    def copy_database(self, host: str, request: Json) -> Json: ...
    def targets(self) -> Json: ...
    def status(self) -> Json: ...


def serve(answers: Answers) -> tuple[Server, str]:
    """A server on a free port, which the caller runs, and the address that it answers at."""
    token = secrets.token_urlsafe(32)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            match self._asked():
                case ["targets"]:
                    self._answer(answers.targets)
                case ["status"]:
                    self._answer(answers.status)
                case ["instances", instance, "log"]:
                    self._answer(lambda: answers.log_of(instance))
                case _:
                    self._say(404, {"message": "no such path, or another token"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            match self._asked():
                case ["instances", instance, "deployments"]:
                    self._answer(lambda: answers.deploy(instance, body))
                case ["instances", instance, "commands"]:
                    self._answer(lambda: answers.run_commands(instance, body))
                case ["instances", instance, "shells"]:
                    self._open_shell(instance)
                case ["databases", host, "copies"]:
                    self._answer(lambda: answers.copy_database(host, body))
                case _:
                    self._say(404, {"message": "no such path, or another token"})

        def _open_shell(self, instance: str) -> None:
            try:
                shell = answers.open_shell(instance)
            except UnknownHostError as unknown:
                self._say(404, {"message": str(unknown)})
                return
            except (MachineError, OSError) as failed:
                self._say(500, {"message": str(failed)})
                return
            try:
                self.send_response(101)
                self.send_header("Connection", "Upgrade")
                self.send_header("Upgrade", "shell")
                self.end_headers()
                shell.relay(self.connection)
            except OSError:  # The other side has gone.
                pass
            finally:
                shell.close()

        def _asked(self) -> list[str]:
            """The parts of the path after the token; none without it."""
            given, *parts = self.path.strip("/").split("/")
            return parts if hmac.compare_digest(given.encode(), token.encode()) else []

        def _answer(self, ask: Callable[[], Json]) -> None:
            try:
                self._say(200, ask())
            except UnknownHostError as unknown:
                self._say(404, {"message": str(unknown)})
            except (MachineError, ProgramError, OSError) as failed:
                self._say(500, {"message": str(failed)})
            except Exception:
                traceback.print_exc()
                self._say(500, {"message": "see the log of the fleet"})

        def _say(self, status: int, answer: Json) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    return server, f"http://127.0.0.1:{server.server_port}/{token}"
