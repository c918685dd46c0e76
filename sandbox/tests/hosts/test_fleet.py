"""The fleet as a process: it follows a state document, and leaves nothing however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.hosts.root_image import RootImage
from sandbox.tests.hosts.surroundings import balancer, document, eventually, forward, group, listener, rule

REPOSITORY = Path(__file__).resolve().parents[3]
ADDRESS = "10.0.101.10"


class FakeAws:
    """Answers ``/moto-api/hosts`` with the document that a test sets."""

    def __init__(self) -> None:
        self.document = document(Digest="0")
        self.registered: str | None = None
        self.opens_shells_on: list[str] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # http.server's name
                unless = self.path.rpartition("=")[2]
                deadline = time.monotonic() + 1
                while fake.document["Digest"] == unless and time.monotonic() < deadline:
                    time.sleep(0.02)
                self._say(fake.document)

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.registered, fake.opens_shells_on = asked["Url"], asked["OpensShellsOn"]
                self._say({"Url": fake.registered})

            def _say(self, answer: dict[str, Any]) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def say(self, **parts: Any) -> None:
        self.document = document(**parts, Digest=str(int(self.document["Digest"]) + 1))

    def stop(self) -> None:
        self._server.shutdown()


class FleetProcess:
    """``python -m sandbox.hosts`` for a fake embedded AWS."""

    def __init__(self, aws: FakeAws, directory: Path, images: Path) -> None:
        self.aws, self.directory = aws, directory
        self.ready = directory / "ready"
        self.ready.unlink(missing_ok=True)
        command = [
            *(sys.executable, "-P", "-m", "sandbox.hosts", "--endpoint", aws.endpoint, "--images", str(images)),
            *("--directory", str(directory / "hosts"), "--ready-file", str(self.ready)),
        ]
        with (directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdout=log, stderr=log
            )
        try:
            eventually(lambda: self.ready.exists() or self.process.poll() is not None, 60)
            assert self.process.poll() is None
        except AssertionError:
            self.end()
            raise AssertionError((directory / "log").read_text()) from None

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.ready.read_text()}{path}", data)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def wait_for(self, **states: str) -> None:
        """Until there are these hosts, in these states, and no others."""

        def hosts() -> dict[str, str]:
            return {name: host["State"] for name, host in self.ask("/status")["Hosts"].items()}

        try:
            eventually(lambda: hosts() == {name.replace("_", "-"): state for name, state in states.items()}, 60)
        except AssertionError:
            raise AssertionError(f"{hosts()}\n{(self.directory / 'log').read_text()}") from None

    def run(self, instance: str, *commands: str) -> str:
        ran = self.ask(f"/instances/{instance}/commands", {"Commands": commands, "TimeoutSeconds": 30})
        assert ran["ReturnCode"] == 0, ran
        return str(ran["StandardOutput"]).strip()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(timeout=60)


def instance(name: str, address: str, **changes: Any) -> dict[str, Any]:
    return {
        "InstanceId": name,
        "PrivateIpAddress": address,
        "VpcId": "vpc-1",
        "EnvironmentName": "front",
        "ApplicationName": "shop",
        "InstanceType": "t4g.small",
        "Region": "eu-west-3",
        "Deployment": {"DeploymentId": 1, "VersionLabel": "", "Bundle": None},
        "Properties": {},
        "Secrets": {},
        "Options": {},
        "InstanceProfile": "",
        **changes,
    }


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    fake = FakeAws()
    yield fake
    fake.stop()


@pytest.fixture
def fleet(aws: FakeAws, tmp_path: Path, image: RootImage, images: Path) -> Iterator[FleetProcess]:
    """One in a directory with a blank in its name, as people have them."""
    directory = tmp_path / "my shop"
    directory.mkdir()
    started = FleetProcess(aws, directory, images)
    yield started
    if started.process.poll() is None:
        started.end()


def processes_of(directory: Path) -> list[str]:
    """The commands of the processes that have something to do with a fleet's directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            namespaces = os.readlink(path / "ns/mnt") != os.readlink("/proc/self/ns/mnt")
            mounts = (path / "mountinfo").read_text() if namespaces else ""
        except OSError:
            continue
        if str(directory).replace(" ", "\\040") in mounts:
            found.append((path / "cmdline").read_text().replace("\0", " "))
    return found


def test_hosts_follow_the_document(aws: FakeAws, fleet: FleetProcess) -> None:
    eventually(lambda: aws.registered)
    assert aws.opens_shells_on == []
    targets = [{"Id": "i-1", "Address": ADDRESS, "Port": 80, "State": "registered"}]
    records = [
        {"Name": "shop.internal.", "Type": "A", "Values": [ADDRESS]},
        {"Name": "alias.internal.", "Type": "A", "Alias": True, "Values": ["shop.internal."]},
    ]
    around = {
        "LoadBalancers": [balancer(listener(rule(forward("front"))))],
        "TargetGroups": [group("front", targets, HealthCheckPath="/")],
        "Records": records,
    }
    aws.say(Instances=[instance("i-1", ADDRESS), instance("i-2", "10.0.102.20", Deployment=None)], **around)
    fleet.wait_for(i_1="running", i_2="running")

    # Sessions start on both.
    eventually(lambda: sorted(aws.opens_shells_on) == ["i-1", "i-2"])

    # Names, the metadata service, the bundle of certificates and another host, from inside.
    assert fleet.run("i-2", "getent hosts alias.internal").split()[0] == ADDRESS
    assert fleet.run("i-2", "curl -s http://169.254.169.254/latest/meta-data/instance-id") == "i-2"
    bundle = "curl -sf https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem | head -1"
    assert fleet.run("i-2", bundle) == "-----BEGIN CERTIFICATE-----"
    assert fleet.run("i-2", "curl -s -o /dev/null -w '%{http_code}' http://shop.internal/") == "200"
    assert fleet.run("i-2", 'curl -s -o /dev/null -w "%{http_code}" "$AWS_ENDPOINT_URL/moto-api/hosts"') == "200"

    # And through the load balancer from this computer.
    eventually(lambda: fleet.ask("/targets")["arn:front"][0]["State"] == "healthy")
    (place,) = fleet.ask("/status")["LoadBalancers"]
    with urllib.request.urlopen(f"http://{place['Address']}:{place['Ports']['80']}/", timeout=10) as answer:
        assert answer.status == 200
    assert place["Environments"] == ["front"]
    assert "nginx" in fleet.ask("/instances/i-1/log")["Log"]

    # Other users of this computer can reach the port. They do not know the address.
    assert fleet.ready.stat().st_mode & 0o777 == 0o600
    for token in ("", "/guessed"):
        url = f"{fleet.ready.read_text().rpartition('/')[0]}{token}"
        for path, body in (("/status", None), ("/instances/i-2/commands", b'{"Commands": ["touch /guessed"]}')):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(urllib.request.Request(f"{url}{path}", body), timeout=10)
    assert fleet.run("i-2", "ls /guessed 2>/dev/null || true") == ""

    aws.say(Instances=[instance("i-2", "10.0.102.20", Deployment=None)])
    fleet.wait_for(i_2="running")
    with pytest.raises(urllib.error.HTTPError) as refused:
        fleet.ask("/instances/i-1/commands", {"Commands": ["true"]})
    assert refused.value.code == 404
    eventually(lambda: aws.opens_shells_on == ["i-2"])


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_it_ends(aws: FakeAws, fleet: FleetProcess, images: Path, how: signal.Signals) -> None:
    """And a new one goes on with what databases hold."""
    database = {
        "Identifier": "shop",
        "Host": "shop.rds.amazonaws.com",
        "Port": 3306,
        "EngineVersion": "8.4.5",
        "MasterUser": "magento",
        "MasterPassword": "secret",
        "DatabaseName": "magento",
    }
    aws.say(Instances=[instance("i-1", ADDRESS, Deployment=None)], Databases=[database])
    fleet.wait_for(i_1="running")
    ask = "mariadb -h shop.rds.amazonaws.com -u magento -psecret magento -Ne"
    fleet.run("i-1", f'{ask} "CREATE TABLE kept (id INT); INSERT INTO kept VALUES (7)"')
    assert processes_of(fleet.directory)

    fleet.end(how)
    eventually(lambda: processes_of(fleet.directory) == [])
    assert str(fleet.directory) not in Path("/proc/mounts").read_text().replace("\\040", " ")
    assert aws.registered is None or how == signal.SIGKILL

    again = FleetProcess(aws, fleet.directory, images)
    try:
        again.wait_for(i_1="running")
        assert again.run("i-1", f'{ask} "SELECT id FROM kept"') == "7"
    finally:
        again.end()
