"""The account of the embedded AWS is prepared once for each server, and again when it is not what it was."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from commands.errors import CommandError
from sandbox.commands.account import SandboxAccount
from sandbox.commands.embedded_aws import EmbeddedAws
from sandbox.commands.environment import STATE_BUCKET
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord

BUCKET = f"/{STATE_BUCKET}"


class Shop:
    """A server with buckets, and the command that makes the state bucket in it."""

    def __init__(self, directory: Path, port: int, buckets: set[str]) -> None:
        self.buckets = buckets
        self.runs = 0
        self.exit_code = 0
        code = directory / "account"
        code.mkdir()
        (code / "bootstrap.py").write_text("")
        process = ProcessRecord.of(os.getpid(), known_by="pytest")
        self.account = SandboxAccount(
            layout=Layout(project=directory), server=EmbeddedAws(process=process, port=port), code=code
        )

    def run(self, command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        self.runs += 1
        self.buckets.add(f"/{command[-1]}")
        return subprocess.CompletedProcess(command, self.exit_code, "", "AWS said no")

    def prepare(self) -> int:
        """Prepares the account. Answers how often the command ran."""
        before = self.runs
        self.account.prepare({})
        return self.runs - before


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    buckets: set[str] = set()

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200 if self.path in buckets else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        shop = Shop(tmp_path, server.server_port, buckets)
        monkeypatch.setattr(subprocess, "run", shop.run)
        yield shop
        server.shutdown()


def test_a_server_is_prepared_once(shop: Shop) -> None:
    assert [shop.prepare() for _ in range(3)] == [1, 0, 0]


def _another_server(shop: Shop) -> None:
    process = dataclasses.replace(shop.account.server.process, started=1)
    shop.account = dataclasses.replace(shop.account, server=dataclasses.replace(shop.account.server, process=process))


def _another_command(shop: Shop) -> None:
    (shop.account.code / "bootstrap.py").write_text("more = True")


def _no_bucket(shop: Shop) -> None:
    shop.buckets.clear()


@pytest.mark.parametrize("happens", [_another_server, _another_command, _no_bucket])
def test_it_is_prepared_again(shop: Shop, happens: Callable[[Shop], None]) -> None:
    shop.prepare()
    happens(shop)
    assert [shop.prepare() for _ in range(2)] == [1, 0]


def test_a_command_that_fails_says_why_and_runs_again(shop: Shop) -> None:
    shop.exit_code = 1
    with pytest.raises(CommandError, match="AWS said no"):
        shop.prepare()
    shop.exit_code = 0
    assert [shop.prepare() for _ in range(2)] == [1, 0]
