"""The private network of the hosts: a bridge in a network namespace, and each host on it with its private address.

All addresses are on link: there is no router, and nothing of it reaches the internet or the network of this computer.
Security groups and network ACLs are not applied.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox.hosts import namespaces
from sandbox.hosts.programs import Programs, RunningProgram

AWS = "169.254.169.252"
"""The embedded AWS, as the hosts reach it."""
RESOLVER = "169.254.169.253"
"""The DNS server. On AWS the resolver of a VPC has this address too ("Understanding Amazon DNS")."""
METADATA = "169.254.169.254"
"""The instance metadata service."""

_SERVICES = "100.64.0."
"""Where databases and caches get their addresses from: a range for carriers' networks (RFC 6598), which no VPC uses."""
_BRIDGE = "vpc"
_BRIDGE_ADDRESS = "02:00:00:00:00:01"


def _port(host: str) -> str:
    """The bridge's end of the cable to a host. Interfaces have at most 15 characters."""
    return f"h{hashlib.sha256(host.encode()).hexdigest()[:10]}"


class Network:
    """The network, between ``start`` and ``stop``. ``directory`` is for its files."""

    def __init__(self, directory: Path, programs: Programs, *, name: str = "vpc") -> None:
        self.namespace = name
        """The namespace of what is around the hosts: balancers, databases, caches, metadata, names."""
        self.outside = f"{name}-outside"
        """A name for the computer's own namespace."""
        self._directory = directory
        self._programs = programs
        self._addresses: set[str] = set()
        self._hosts: set[str] = set()
        self._services: dict[str, str] = {}
        self._lock = threading.Lock()
        self._resolver: RunningProgram | None = None

    @property
    def _names(self) -> Path:
        return self._directory / "names"

    def start(self) -> None:
        """Make the bridge and start the DNS server."""
        self._directory.mkdir(parents=True, exist_ok=True)
        namespaces.add(self.namespace)
        namespaces.name_own(self.outside)
        self._ip(
            # With an address of its own: or it takes the lowest of its cables', and hosts lose it when that changes.
            f"link add {_BRIDGE} address {_BRIDGE_ADDRESS} type bridge",
            f"link set {_BRIDGE} up",
            # Every address is reached over the bridge, whatever subnet it is of.
            f"route add default dev {_BRIDGE}",
        )
        for address in (AWS, RESOLVER, METADATA):
            self.add_address(address)
        self._names.write_text("")
        log = self._directory / "names.log"
        log.unlink(missing_ok=True)
        self._resolver = self._programs.start(
            *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file="),
            *("--no-resolv", "--no-hosts", "--local=//", f"--addn-hosts={self._names}", "--local-ttl=5"),
            *(f"--listen-address={RESOLVER}", "--bind-interfaces", "--log-facility=-"),
            log=log,
            namespace=self.namespace,
        )
        # Before it has read its names, a signal to read them again would end it.
        self._resolver.wait_for(f"read {self._names}")

    def stop(self) -> None:
        """Remove the network, after everything on it has ended."""
        if self._resolver:
            self._resolver.stop()
        for host in list(self._hosts):
            self.leave(host)
        namespaces.delete(self.outside)
        namespaces.delete(self.namespace)

    def add_address(self, address: str) -> None:
        """Give ``namespace`` an address, for a program there to listen on. One that it has is fine."""
        with self._lock:
            if address not in self._addresses:
                self._ip(f"address add {address}/32 dev {_BRIDGE}")
                self._addresses.add(address)

    def service_address(self, name: str) -> str:
        """The address for the service of this name, the same one each time."""
        with self._lock:
            address = self._services.setdefault(name, f"{_SERVICES}{len(self._services) + 1}")
        self.add_address(address)
        return address

    def join(self, host: str, address: str) -> str:
        """Make the network of a host. Returns the name of its namespace, for the host's programs to run in."""
        port = _port(host)
        namespace = f"{self.namespace}-{host}"
        namespaces.add(namespace)
        self._hosts.add(host)
        namespaces.connect(namespace, "eth0", self.namespace, port)
        self._ip(f"link set {port} master {_BRIDGE}", f"link set {port} up")
        self._ip(
            f"address add {address}/32 dev eth0",
            "link set eth0 up",
            f"route add default dev eth0 src {address}",
            namespace=namespace,
        )
        return namespace

    def leave(self, host: str) -> None:
        """Remove the network of a host, after the host has ended."""
        if host in self._hosts:
            self._hosts.remove(host)
            # The namespace itself lives on as long as any process in it.
            self._ip(f"link delete {_port(host)}")
            namespaces.delete(f"{self.namespace}-{host}")

    def publish(self, names: Mapping[str, Iterable[str]]) -> None:
        """Let the DNS server answer these names with these addresses, and no others.

        Raises ``ProgramError`` when it has ended.
        """
        lines = sorted(f"{address} {name}" for name, addresses in names.items() for address in addresses)
        text = "".join(f"{line}\n" for line in lines)
        if self._resolver is None:
            return
        self._resolver.check()
        if text == self._names.read_text():
            return
        new = self._names.with_suffix(".new")
        new.write_text(text)
        new.replace(self._names)
        # It reads the file again ("dnsmasq(8)", SIGHUP), and forgets what it answered.
        self._resolver.process.send_signal(1)

    def _ip(self, *commands: str, namespace: str | None = None) -> None:
        subprocess.run(
            ["ip", "-netns", namespace or self.namespace, "-batch", "-"],
            input="\n".join(commands),
            text=True,
            check=True,
            capture_output=True,
        )
