"""The embedded AWS as a separate process, and boto3 clients for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

REGION = "eu-west-3"
ACCOUNT = "123456789012"


@dataclass(frozen=True, kw_only=True)
class EmbeddedAws:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A client that all tests share: making one takes longer than ten calls."""
        if service not in self.clients:
            self.clients[service] = self.own_client(service)
        return self.clients[service]

    def own_client(self, service: str, **config: Any) -> Any:
        """A new client, for a test that configures it or listens to its events."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(**config),
        )

    def listening(self) -> set[tuple[str, int]]:
        """The addresses and ports that its process listens on."""
        connections = psutil.Process(self.process.pid).net_connections()
        return {(each.laddr.ip, each.laddr.port) for each in connections if each.status == psutil.CONN_LISTEN}

    def post(self, path: str, body: str = "") -> str:
        """Call moto's own API, or the extensions of it."""
        request = urllib.request.Request(
            f"{self.url}{path}", data=body.encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())


def start(directory: Path, *arguments: str) -> EmbeddedAws:
    """Start a server and wait until it says that it is ready."""
    ready = directory / "ready"
    command = [sys.executable, "-m", "sandbox.emulator", "--ready-file", str(ready), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert process.poll() is None, "the embedded AWS ended while starting"
        assert time.monotonic() < deadline, "the embedded AWS did not start"
        time.sleep(0.02)
    return EmbeddedAws(process=process, port=int(ready.read_text()))


def end(server: EmbeddedAws, by: signal.Signals = signal.SIGTERM) -> int:
    """Signal the server; its exit status."""
    server.process.send_signal(by)
    return server.process.wait(timeout=60)
