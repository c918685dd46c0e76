"""The embedded AWS as a background process: started once, found again by later commands, stopped by `down`."""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from commands.errors import CommandError
from sandbox.commands.environment import without_account
from sandbox.commands.layout import REPOSITORY, Layout
from sandbox.commands.process import ProcessRecord, read_json, spawn, write_json

_ANY_PORT = 0  # The server then takes a free one.

START_SECONDS = 60.0
"""How long the server may take to answer; it takes about a second, more on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class EmbeddedAws:
    """A server that was started, and the port of the loopback interface it was given."""

    process: ProcessRecord
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, *, seconds: float = 2.0) -> bool:
        """Whether an HTTP server on the port gives any answer within the time."""
        return self._status("GET", "", seconds=seconds) is not None

    def has_bucket(self, name: str, *, seconds: float = 30.0) -> bool:
        """Whether S3 has a bucket of this name."""
        return self._status("HEAD", name, seconds=seconds) == HTTPStatus.OK

    def _status(self, method: str, path: str, *, seconds: float) -> int | None:
        """The status of the answer; None if there is none within the time."""
        # Never through a proxy that the shell names: the server is on this machine.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(
                urllib.request.Request(f"{self.endpoint}/{path}", method=method), timeout=seconds
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def running(self) -> bool:
        return self.process.find() is not None and self.answers()


@dataclass(frozen=True, kw_only=True)
class Start:
    """The result of `ensure_running`."""

    server: EmbeddedAws
    fresh: bool
    """Whether the server is new and empty."""
    notes: tuple[str, ...] = ()
    """What the user should know about an earlier server."""


def recorded(layout: Layout) -> EmbeddedAws | None:
    """The server that an earlier command started; it may have ended since."""
    value = read_json(layout.server_record)
    try:
        return EmbeddedAws(process=ProcessRecord.from_json(value), port=int(str(value["port"]))) if value else None
    except (KeyError, ValueError):
        return None


def ensure_running(layout: Layout, *, anew: bool = False) -> Start:
    """The running server, or a new one on the same port, so that shells that sourced its address keep working.

    With `anew` it is always a new, empty server.
    """
    earlier = recorded(layout)
    if earlier is None:
        return Start(server=_start(layout, _ANY_PORT), fresh=True)
    notes = []
    if not anew:
        if was_moved(layout, earlier):
            notes.append(
                f"This directory was moved from {Path(earlier.process.known_by).parents[1]}. The embedded AWS that was "
                "started there cannot go on; its stacks are lost."
            )
        elif earlier.running():
            return Start(server=earlier, fresh=False)
        else:
            notes.append(
                f"The embedded AWS of an earlier run (process {earlier.process.pid}) has ended; its stacks are lost."
            )
    earlier.process.stop()
    port_is_free = _can_listen(earlier.port)
    server = _start(layout, earlier.port if port_is_free else _ANY_PORT)
    if not port_is_free:
        notes.append(
            f"Its port {earlier.port} is now in use; the new port is {server.port}. Run `. .sandbox/env` again."
        )
    return Start(server=server, fresh=True, notes=tuple(notes))


def stop(layout: Layout) -> bool:
    """Stop the server of this sandbox. Returns whether one ran."""
    server = recorded(layout)
    return server is not None and server.process.stop()


def _start(layout: Layout, port: int) -> EmbeddedAws:
    layout.directory.mkdir(parents=True, exist_ok=True)
    ready = _ready_file(layout)
    ready.unlink(missing_ok=True)
    pid = _spawn(layout, port, ready)
    try:
        process = ProcessRecord.of(pid, known_by=str(ready))
        # Written before the port is known, so that later commands find this process whatever happens next.
        _record(layout, EmbeddedAws(process=process, port=port))
        server = EmbeddedAws(process=process, port=_wait_for_port(layout, process, ready))
        _record(layout, server)
    except BaseException:
        process.stop()
        # The port of an earlier server stays on record, for the next start: shells have sourced its address.
        if port == _ANY_PORT:
            layout.server_record.unlink(missing_ok=True)
        raise
    return server


def _ready_file(layout: Layout) -> Path:
    """Where the server writes its port. The path also identifies its process."""
    return layout.directory / "aws.ready"


def was_moved(layout: Layout, server: EmbeddedAws) -> bool:
    """Whether the directory had another path when the server was started: files that it needs are gone."""
    return server.process.known_by != str(_ready_file(layout))


def _spawn(layout: Layout, port: int, ready: Path) -> int:
    # -P and PYTHONPATH: this package is run, not one of the same name in the current directory.
    command = [sys.executable, "-P", "-m", "sandbox.emulator", "--port", str(port), "--ready-file", str(ready)]
    return spawn(command, {**without_account(os.environ), "PYTHONPATH": str(REPOSITORY)}, layout.server_log)


def _record(layout: Layout, server: EmbeddedAws) -> None:
    write_json(layout.server_record, {**server.process.to_json(), "port": server.port})


def _wait_for_port(layout: Layout, process: ProcessRecord, ready: Path) -> int:
    """The port that the server wrote down once it answers. Raises `CommandError` with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.find() is None or time.monotonic() > deadline:
            raise CommandError(f"The embedded AWS did not start. Its log, {layout.server_log}, ends:\n{_tail(layout)}")
        time.sleep(0.05)
    return int(ready.read_text(encoding="ascii"))


def _tail(layout: Layout, lines: int = 15) -> str:
    return "\n".join(layout.server_log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
