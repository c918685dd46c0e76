"""A network with real programs on it, and a state document made by hand, for the tests of what is around hosts."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.hosts import namespaces
from sandbox.hosts.network import Network
from sandbox.hosts.programs import Programs, RunningProgram
from sandbox.hosts.state_document import State
from sandbox.tests.hosts.programs import unavailable

INSTALL = "tests/servers/install.sh"
_numbers = itertools.count(1)


def require(*programs: str) -> None:
    """Skip the test without root or one of the programs; in CI it fails instead."""
    if os.geteuid() != 0:
        unavailable("network namespaces need root")
    missing = [program for program in programs if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing:
        unavailable(f"{', '.join(missing)} not installed: run {INSTALL}")


@contextmanager
def network(directory: Path) -> Iterator[Network]:
    """A network of the computer's own programs."""
    require("dnsmasq", "ip", "nsenter")
    made = Network(directory / "network", Programs(), name=f"t{os.getpid()}-{next(_numbers)}")
    made.start()
    try:
        yield made
    finally:
        made.stop()


def run(namespace: str, *command: str) -> str:
    """What a command prints in a namespace. Raises ``AssertionError`` when it fails."""
    ran = subprocess.run(
        [*namespaces.inside(namespace), *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, f"{command} ended with {ran.returncode}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def answers(namespace: str, *command: str) -> str:
    """What a command prints in a namespace, whether it fails or not."""
    ran = subprocess.run([*namespaces.inside(namespace), *command], capture_output=True, text=True, check=False)
    return ran.stdout


def eventually(holds: Callable[[], object], seconds: float = 20) -> None:
    """Wait until the condition holds. Raises ``AssertionError`` when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not in {seconds} s"
        time.sleep(0.02)


def document(**parts: Any) -> dict[str, Any]:
    """A state document with these parts, else empty."""
    empty: dict[str, Any] = {
        "Digest": "",
        "TimeScale": 0.01,
        "Instances": [],
        "LoadBalancers": [],
        "TargetGroups": [],
        "Certificates": {},
        "Databases": [],
        "Caches": [],
        "FileServers": [],
        "Records": [],
    }
    return {**empty, **parts}


def state(**parts: Any) -> State:
    return State.of(document(**parts))


def group(name: str, targets: Sequence[dict[str, Any]], **health_check: Any) -> dict[str, Any]:
    """A target group whose checks come each 50 ms of this computer's time."""
    return {
        "Arn": f"arn:{name}",
        "Name": name,
        "Port": 80,
        "HealthCheck": {
            "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 1,
            "HealthyThresholdCount": 3,
            "UnhealthyThresholdCount": 2,
            "Matcher": {"HttpCode": "200"},
            **health_check,
        },
        "DeregistrationDelaySeconds": 20,
        "Targets": list(targets),
    }


def target(address: str, state: str = "registered") -> dict[str, Any]:
    return {"Id": f"i-{address}", "Address": address, "Port": 80, "State": state}


def forward(name: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": f"arn:{name}"}


def rule(action: dict[str, Any], *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"Conditions": list(conditions), "Actions": [action]}


def balancer(*listeners: dict[str, Any], name: str = "shop", **attributes: Any) -> dict[str, Any]:
    return {
        "Arn": f"arn:{name}",
        "Name": name,
        "Scheme": "internet-facing",
        "DNSName": f"{name}.elb.amazonaws.com",
        "Attributes": attributes,
        "Listeners": list(listeners),
    }


def listener(*rules: dict[str, Any], port: int = 80, certificates: Sequence[str] = ()) -> dict[str, Any]:
    protocol = "HTTPS" if certificates else "HTTP"
    return {"Port": port, "Protocol": protocol, "Certificates": list(certificates), "Rules": list(rules)}


class WebServer:
    """nginx as a target, in a network of its own. It answers with its name and with what it got."""

    def __init__(self, network: Network, directory: Path, address: str) -> None:
        require("nginx")
        self._directory = directory / address
        self._directory.mkdir(parents=True)
        self.address = address
        self.namespace = network.join(f"i-{address}", address)
        self._configuration = self._directory / "nginx.conf"
        self._health = 200
        self._start()

    def answer_health_with(self, code: int) -> None:
        """From now on, and not sooner or later: workers of a server that reloads would still give the old answer."""
        if code != self._health:
            self.stop()
            self._health = code
            self._start()

    def _start(self) -> None:
        self._write()
        self._program: RunningProgram = Programs().start(
            *("nginx", "-c", str(self._configuration), "-p", str(self._directory), "-g", "daemon off;"),
            log=self._directory / "log",
            namespace=self.namespace,
        )
        asked = (
            *("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"),
            f"{self.address}/health",
        )
        eventually(lambda: answers(self.namespace, *asked) == str(self._health))

    def stop(self) -> None:
        self._program.stop()

    def _write(self) -> None:
        headers = "$http_x_forwarded_for|$http_x_forwarded_proto|$http_x_forwarded_port"
        self._configuration.write_text(
            f"""
            user root; worker_processes 1; pid {self._directory}/pid; error_log stderr;
            events {{ worker_connections 200; }}
            http {{ access_log off; client_body_temp_path {self._directory}/temporary;
              server {{ listen 80;
                location / {{ return 200 "{self.address}|$host|$request_uri|{headers}"; }}
                location /slow {{ limit_rate 100; root {self._directory}; }}
                location /health {{ return {self._health}; }}
                location /broken {{ return 444; }} }} }}
            """
        )
        (self._directory / "slow").write_text("x" * 150)
