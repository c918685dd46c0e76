"""The load balancers: one HAProxy that follows the embedded ones' listeners, rules, target groups and certificates.

It listens on addresses of this computer's loopback interface, and on the network of the hosts. Its servers are the
targets. A change of targets or of their health is told to the running HAProxy; a change of rules, listeners or
certificates starts a new one, which takes over the sockets while the old one ends what it has begun.

As an Application Load Balancer, a target group without a healthy target gets requests on all its targets. A draining
target gets no new requests; those under way are cut when the embedded AWS has deregistered it.
"""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.hosts.haproxy_configuration import SLOTS, Configuration, Place, Relays, Slot, backend
from sandbox.hosts.network import Network
from sandbox.hosts.programs import ProgramError, Programs, RunningProgram
from sandbox.hosts.state_document import State, Target, TargetGroup
from sandbox.hosts.target_health import TargetChecks, TargetHealth

_START_SECONDS = 20.0
_AT_ONCE = 50
"""Commands in one request to HAProxy."""
_SAID_OF_ADDRESSES = ("IP changed", "port changed", "no need to change")
"""How HAProxy confirms a new address."""
_OTHER_PORTS = 8000
"""Added to the port of a listener that another program of this computer has taken."""


class LoadBalancers:
    """Every load balancer of the state, between ``start`` and ``stop``.

    ``name`` is what no other sandbox of this computer has: addresses derive from it.
    """

    def __init__(
        self, directory: Path, programs: Programs, network: Network, relays: Relays | None = None, *, name: str
    ) -> None:
        self._directory = directory
        self._name = name
        self._programs = programs
        self._network = network
        self._relays = relays
        self._haproxy: RunningProgram | None = None
        self._ending: list[RunningProgram] = []
        self._places: dict[str, Place] = {}
        self._slots: dict[str, list[Slot | None]] = {}
        self._wanted: dict[tuple[str, int], Slot | None] = {}
        """What HAProxy is to have in each slot: by ARN of the target group and number of the server."""
        self._told: dict[tuple[str, int], Slot | None] = {}
        self._state = _NOTHING
        self._files: dict[Path, str] = {}
        self._lock = threading.Lock()
        self.checks = TargetChecks(network.namespace, self._health_changed)

    def start(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.checks.start()
        with self._lock:
            self._reload()

    def stop(self) -> None:
        self.checks.stop()
        for each in [*self._ending, self._haproxy]:
            if each:
                each.process.kill()
                each.process.wait()

    def follow(self, state: State) -> None:
        """Do what the state says from now on.

        Raises ``ProgramError`` when HAProxy refuses it; what it did before then stays.
        """
        with self._lock:
            self._state = state
            self._find_places(state)
            source = next((place.inside for place in self._places.values()), None)
            self.checks.follow(state, source)
            self._assign(state)
            if self._configuration({}).files() != self._files:
                self._reload()
            self._tell_targets()

    def places(self) -> dict[str, Place]:
        """Where each load balancer listens, by its ARN."""
        with self._lock:
            return dict(self._places)

    def targets(self) -> dict[str, list[dict[str, Any]]]:
        """The health of every target by target group, as the checks saw it."""
        answer: dict[str, list[dict[str, Any]]] = {arn: [] for arn in self._state.target_groups}
        for (arn, target, port), health in self.checks.seen().items():
            answer.setdefault(arn, []).append(
                {
                    "Id": target,
                    "Port": port,
                    "State": health.state,
                    "Reason": health.reason,
                    "Description": health.description,
                }
            )
        return answer

    def _health_changed(self) -> None:
        with self._lock:
            self._assign(self._state)
            self._tell_targets()

    def _find_places(self, state: State) -> None:
        """Give each load balancer its addresses: the same ones for as long as it exists."""
        current = {balancer.arn: balancer for balancer in state.load_balancers}
        for arn in self._places.keys() - current.keys():
            del self._places[arn]
        for arn, balancer in current.items():
            place = self._places.get(arn) or self._new_place(state)
            ports = {
                listener.port: place.ports.get(listener.port) or _free_port(place.outside, listener.port)
                for listener in balancer.listeners
            }
            self._places[arn] = Place(outside=place.outside, inside=place.inside, ports=ports)

    def _new_place(self, state: State) -> Place:
        used = {place.outside.rpartition(".")[2] for place in self._places.values()}
        number = next(number for number in range(1, 255) if str(number) not in used)
        # A node of a load balancer has an address of the network that its targets are in.
        network = next((each.address for each in state.instances.values()), "10.0.0.0").split(".")[:2]
        inside = ".".join([*network, "255", str(number)])
        self._network.add_address(inside)
        # Two sandboxes on one computer do not meet on port 80.
        first, second, *_ = hashlib.sha256(self._name.encode()).digest()
        return Place(outside=f"127.{64 + first % 128}.{second}.{number}", inside=inside, ports={})

    def _assign(self, state: State) -> None:
        """Put the targets into slots, each with the state that HAProxy is to have it in."""
        health = self.checks.seen()
        for arn in self._slots.keys() - state.target_groups.keys():
            del self._slots[arn]
        for arn, group in state.target_groups.items():
            wanted = {(target.id, target.port): target for target in group.targets}
            slots = self._slots.setdefault(arn, [None] * SLOTS)
            states = _states(group, health)
            for number, slot in enumerate(slots):
                if slot:
                    target = wanted.pop((slot.target.id, slot.target.port), None)
                    slots[number] = Slot(target=target, state=states[target]) if target else None
            for target in wanted.values():
                if None not in slots:
                    raise ProgramError(f"{group.name}: got more than {SLOTS} targets, expected at most {SLOTS}")
                slots[slots.index(None)] = Slot(target=target, state=states[target])
        self._wanted = {
            (arn, number): slot for arn, slots in self._slots.items() for number, slot in enumerate(slots, start=1)
        }

    def _configuration(self, slots: Mapping[str, list[Slot | None]]) -> Configuration:
        return Configuration(
            directory=self._directory,
            outside=self._network.outside,
            state=self._state,
            places=self._places,
            relays=self._relays,
            slots=slots,
        )

    def _reload(self) -> None:
        """Start a HAProxy with the configuration of now, in the place of the one that runs."""
        configuration = self._configuration(self._slots)
        for path, text in configuration.files().items():
            path.touch(mode=0o600)
            path.write_text(text)
        old = self._haproxy if self._haproxy and self._haproxy.running else None
        takes_over = ["-x", str(configuration.socket), "-sf", str(old.process.pid)] if old else []
        new = self._programs.start(
            *("haproxy", "-f", str(configuration.main), *takes_over),
            log=self._directory / "haproxy.log",
            namespace=self._network.namespace,
        )
        deadline = time.monotonic() + _START_SECONDS
        while f"Pid: {new.process.pid}\n" not in self._ask("show info"):
            new.check()
            if time.monotonic() > deadline:
                new.process.kill()
                raise ProgramError(f"haproxy did not start in {_START_SECONDS:.0f} s: see {self._directory}")
            time.sleep(0.01)
        self._ending = [each for each in self._ending if each.running] + ([old] if old else [])
        self._haproxy = new
        self._files = self._configuration({}).files()
        self._told = dict(self._wanted)

    def _tell_targets(self) -> None:
        """Tell HAProxy what has changed of its servers."""
        in_use = self._state.groups_in_use
        commands = []
        for (arn, number), slot in self._wanted.items():
            before = self._told.get((arn, number))
            if arn in in_use and slot != before:
                commands.extend(_commands(f"{backend(arn)}/s{number}", before, slot))
        for first in range(0, len(commands), _AT_ONCE):
            for line in self._ask(*commands[first : first + _AT_ONCE]).splitlines():
                if line and not line.startswith(_SAID_OF_ADDRESSES):
                    print(f"load balancers: haproxy answered: {line}", file=sys.stderr)
        self._told = dict(self._wanted)

    def _ask(self, *commands: str) -> str:
        """What HAProxy answers on its socket; empty when it does not listen."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self._configuration({}).socket))
            except OSError:
                return ""
            connection.sendall("; ".join(commands).encode() + b"\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer.decode(errors="replace")


_NOTHING = State(
    instances={},
    load_balancers=(),
    target_groups={},
    certificates={},
    databases=(),
    snapshots=frozenset(),
    caches=(),
    file_servers=(),
    records=(),
)


def _states(group: TargetGroup, health: Mapping[tuple[str, str, int], TargetHealth]) -> dict[Target, str]:
    """The state of each target in HAProxy. Without a healthy one, all get requests: the load balancer fails open."""
    seen = {target: health.get((group.arn, target.id, target.port)) for target in group.targets}
    takes = {target for target, found in seen.items() if found and found.state in ("healthy", "unavailable")}
    if not takes:
        takes = {target for target in group.targets if not target.draining}
    return {target: "drain" if target.draining else "ready" if target in takes else "maint" for target in group.targets}


def _commands(server: str, before: Slot | None, after: Slot | None) -> list[str]:
    commands = []
    if before and (after is None or after.target.id != before.target.id):
        # Deregistered: what is still under way has had its time.
        commands = [f"set server {server} state maint", f"shutdown sessions server {server}"]
    if after is None:
        return commands
    if before is None or (before.target.address, before.target.port) != (after.target.address, after.target.port):
        commands.append(f"set server {server} addr {after.target.address} port {after.target.port}")
    commands.append(f"set server {server} state {after.state}")
    return commands


def _free_port(address: str, port: int) -> int:
    """The port, or another where a program of this computer has taken it on every address."""
    for candidate in (port, port + _OTHER_PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, candidate))
                probe.listen()
            except OSError:
                continue
            return candidate
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
