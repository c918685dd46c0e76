"""`./shop sandbox live`: a host for every Beanstalk instance, and addresses that a browser opens."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from commands.console import Console
from commands.engine import Engine
from commands.errors import CannotRunError, CommandError
from sandbox.commands import embedded_aws, fleet_process
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.fleet_process import FleetProcess
from sandbox.commands.layout import Layout
from sandbox.commands.stack_files import STACKS
from sandbox.commands.stand_ins import StandIns
from sandbox.hosts import root_image
from sandbox.hosts.root_image import RootImageError

_HOSTS_SECONDS = 900.0
_LINE_EVERY_SECONDS = 15.0
_STOP = """
To stop everything and remove all of it, run `./shop sandbox down`.
./shop sandbox status shows what runs. docs/live.md says what differs from AWS."""


def require() -> None:
    """Raises `CannotRunError` with one line where no hosts can run."""
    try:
        root_image.require()
    except RootImageError as error:
        raise CannotRunError(str(error)) from None


def is_up(layout: Layout) -> bool:
    """Whether a sandbox runs here that an `up` has finished."""
    server = embedded_aws.recorded(layout)
    return server is not None and server.running() and layout.environment.exists() and not layout.run_record.exists()


@dataclass(frozen=True, kw_only=True)
class Live:
    """One run of the command."""

    layout: Layout
    console: Console
    time_scale: float

    def run(self) -> None:
        """Raises `CommandError` when hosts, environments or stand-ins do not come up."""
        began = time.monotonic()
        server = embedded_aws.recorded(self.layout)
        if server is None:
            raise CommandError("No sandbox is running here. Start one with `./shop sandbox up`.")
        _set_time_scale(server.endpoint, self.time_scale)
        fleet = fleet_process.ensure_running(self.layout, server.endpoint, self.console.step)
        self.console.step(f"The hosts' process is {fleet.process.pid}. Its log: {self._short(self.layout.fleet_log)}")
        self._wait_for_hosts(fleet)
        environment = SandboxEnvironment(layout=self.layout, port=server.port)
        variables = environment.over(os.environ)
        engine = Engine(command=self.layout.commands / "pulumi", project=self.layout.project, environment=variables)
        stand_ins = StandIns(engine, variables, STACKS)
        with self._progress() as report:
            stand_ins.wait_until_healthy(report)
        self.console.step("All environments are healthy")
        with self._progress() as report:
            deployed = stand_ins.deploy(report)
        if deployed:
            self.console.step(f"Stand-in applications run in {len(deployed)} environments")
        if self.time_scale != 1:
            self.console.step(f"AWS's waits are multiplied with {self.time_scale:g} (--time-scale)")
        self.console.raw(f"\nLive after {time.monotonic() - began:.0f} s.\n{addresses(fleet.status())}{_STOP}")

    def _wait_for_hosts(self, fleet: FleetProcess) -> None:
        deadline = time.monotonic() + _HOSTS_SECONDS
        with self._progress() as report:
            while True:
                status = fleet.status()
                hosts = status["Hosts"]
                states = [host["State"] for host in hosts.values()]
                if not {"waiting", "starting", "deploying"} & set(states) and hosts:
                    break
                report(f"Hosts: {states.count('running')} of {len(hosts)} run")
                if time.monotonic() > deadline:
                    raise CommandError(f"The hosts did not start. Their log: {self.layout.fleet_log}")
                time.sleep(0.3)
        for name, host in hosts.items():
            if host["Message"]:
                self.console.warn(f"{name} of {host['Environment']}: {host['Message']}")
        for problem in status["Problems"]:
            self.console.warn(problem)
        self.console.step(f"{states.count('running')} of {len(hosts)} hosts run")

    @contextmanager
    def _progress(self) -> Iterator[Callable[[str], None]]:
        """While something takes its time: call the result with what is waited for. Piped, it prints now and then."""
        last = time.monotonic()
        with self.console.working("Starting") as change:

            def report(text: str) -> None:
                nonlocal last
                change(text)
                if not self.console.is_terminal and time.monotonic() - last >= _LINE_EVERY_SECONDS:
                    last = time.monotonic()
                    self.console.say(f"  {text}")

            yield report

    def _short(self, path: Any) -> str:
        return os.path.relpath(path, self.layout.project)


def show(layout: Layout, console: Console) -> None:
    """The hosts' part of `status`; nothing where none were started."""
    try:
        fleet = fleet_process.recorded(layout)
    except CommandError as error:
        console.warn(str(error))
        return
    if fleet is None:
        return
    if not fleet.running():
        console.warn("The hosts have ended. Start them again with `./shop sandbox live`.")
        return
    status = fleet.status()
    states = [host["State"] for host in status["Hosts"].values()]
    console.step(f"Hosts: {states.count('running')} of {len(states)} run, process {fleet.process.pid}")
    for name, host in sorted(status["Hosts"].items(), key=lambda item: str(item[1]["Environment"])):
        console.say(f"  {host['Environment']:32} {name} {host['Address']:12} {host['State']}", indent="    ")
    for problem in status["Problems"]:
        console.warn(problem)
    console.raw(addresses(status))


def addresses(status: Mapping[str, Any]) -> str:
    """What to type to reach the load balancers. At most 80 columns, but for names that are longer themselves."""
    with_names: list[tuple[Mapping[str, Any], list[str]]] = []
    others: list[Mapping[str, Any]] = []
    lines: list[str] = []
    for balancer in status["LoadBalancers"]:
        names = [name for name in balancer["HostNames"] if not name.endswith(".invalid")]
        if names:
            with_names.append((balancer, names))
        else:
            others.append(balancer)
    if with_names:
        lines += ["", "For a browser, add these lines to /etc/hosts:"]
        lines += [f"  {balancer['Address']} {' '.join(names)}" for balancer, names in with_names]
        lines += ["", "and open:"]
        for balancer, names in with_names:
            site = _url(balancer, "443", names[0])
            lines += [f"  {site}/", f"  {site}/backend/"]
        balancer, names = with_names[0]
        name, port = names[0], balancer["Ports"].get("443", 443)
        lines += ["", "Without /etc/hosts:", f"  curl --insecure --resolve {name}:{port}:{balancer['Address']} \\"]
        lines += [f"    {_url(balancer, '443', name)}/"]
    if others:
        lines += ["", "By their addresses:"]
        lines += [
            f"  {_url(balancer, '80', balancer['Address'])}/  {', '.join(balancer['Environments'])}"
            for balancer in others
        ]
    return "\n".join(lines) + "\n"


def _url(balancer: Mapping[str, Any], port: str, host: str) -> str:
    scheme = "https" if port == "443" else "http"
    used = balancer["Ports"].get(port, int(port))
    return f"{scheme}://{host}" if str(used) == port else f"{scheme}://{host}:{used}"


def _set_time_scale(endpoint: str, scale: float) -> None:
    request = urllib.request.Request(
        f"{endpoint}/moto-api/elasticbeanstalk",
        data=json.dumps({"TimeScale": scale}).encode(),
        headers={"Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(request, timeout=20).close()
