"""A gateway between the internet and two servers, as machines that run the real programs.

Small programs take the place of the Windows server's and the satellite's services: an FTP server that announces the
gateway's address and its own passive range, and programs that say where a connection arrived.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from components.servers.gateway_proxy import METRICS_PORT, boot
from components.servers.gateway_proxy import configuration as gateway_configuration
from settings.forwards import ForwardSettings
from settings.gateway import CONNECTIONS_PER_SOURCE
from tests.servers.namespaces import Network, Program

WINDOWS, SATELLITE = "windows.internal-client.url", "custom-connection.internal-client.url"
FORWARDS = (
    ForwardSettings(name="windows-smb", ports=(445,), target=WINDOWS),
    ForwardSettings(name="windows-application", ports=("8700-8800",), target=WINDOWS, check_port=3389),
    ForwardSettings(name="windows-rdp", ports=(3389,), target=WINDOWS),
    ForwardSettings(name="windows-ftp", ports=(21,), passive_ports="2048-4096", target=WINDOWS),
    ForwardSettings(name="satellite-ftp", ports=(2021,), target_port=21, passive_ports="5000-5100", target=SATELLITE),
)

PUBLIC = "203.0.113.10"
PARTNER, OTHER_PARTNER = "203.0.113.99", "203.0.113.98"
ADDRESSES = {"windows": "10.0.101.20", "satellite": "10.0.102.30", "successor": "10.0.103.40"}
_RESOLVER = "169.254.169.253"

_SAY_WHERE = """
import selectors, socket, sys
machine, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
selector = selectors.DefaultSelector()
for port in ports:
    selector.register(socket.create_server(("", port)), selectors.EVENT_READ, port)
while True:
    for key, _ in selector.select():
        connection, _ = key.fileobj.accept()
        with connection:
            connection.sendall(f"{machine} {key.data}".encode())
"""

_ASK = """
import json, socket, sys
host, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
answers = {}
for port in ports:
    try:
        with socket.create_connection((host, port), timeout=3) as connection:
            answers[port] = connection.recv(64).decode().strip()
    except OSError:
        answers[port] = ""
print(json.dumps(answers))
"""

SERVE_FTP = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
directory, announced, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_user("partner", "secret", directory, perm="elrw")
FTPHandler.masquerade_address = announced
FTPHandler.passive_ports = range(first, last + 1)
FTPServer(("", 21), FTPHandler).serve_forever()
"""

# Connections that an FTP server greets, and keeps open, are held all at once.
_HOLD = """
import socket, sys
host, source, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
held, connections = 0, []
for _ in range(times):
    try:
        connections.append(socket.create_connection((host, 21), timeout=20, source_address=(source, 0)))
    except OSError:
        pass
for connection in connections:
    try:
        held += connection.recv(64).startswith(b"220")
    except OSError:
        pass
print(held)
"""

# By default, Python's client ignores the announced address, and so hides a wrong one.
_TRANSFER = """
import ftplib, io, sys
host, port, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = ftplib.FTP()
client.trust_server_pasv_ipv4_address = True
client.connect(host, port, timeout=10)
client.login("partner", "secret")
sent = b"x" * 300_000
for number in range(times):
    client.storbinary(f"STOR file-{number}", io.BytesIO(sent))
    received = io.BytesIO()
    client.retrbinary(f"RETR file-{number}", received.write)
    assert received.getvalue() == sent
print(client.quit())
"""


class GatewaySite:
    """The machines, with HAProxy running on the gateway as the server's files have it."""

    def __init__(self, network: Network, directory: Path) -> None:
        self._network, self._directory = network, directory
        for machine in ("partner", "gateway", *ADDRESSES):
            network.add_machine(machine)
        network.connect("partner", f"{PARTNER}/24", "gateway", f"{PUBLIC}/24")
        network.run("partner", "ip", "address", "add", f"{OTHER_PARTNER}/24", "dev", "to-gateway")
        for machine, address in ADDRESSES.items():
            subnet = address.rpartition(".")[0]
            network.connect("gateway", f"{subnet}.1/24", machine, f"{address}/24")
        network.run("gateway", "ip", "address", "add", f"{_RESOLVER}/32", "dev", "lo")
        self._names, self._resolver_pid = directory / "hosts", directory / "resolver.pid"
        self._names.touch()
        self._start_resolver()

    def start_haproxy(self, *, connections_per_source: int = CONNECTIONS_PER_SOURCE) -> Program:
        """Under the limit of descriptors that systemd would set, and once it accepts connections."""
        configuration = self._directory / "gateway.cfg"
        made = gateway_configuration(FORWARDS, connections_per_source=connections_per_source)
        content = {Path(file.path).name: file.content for file in (*boot().files, *made.files)}
        configuration.write_text(content["gateway.cfg"])
        # On a server, systemd may set any limit. Here, only root of the whole computer may exceed that of the tests.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit = min(int(content["gateway.conf"].partition("LimitNOFILE=")[2]), most)
        haproxy = ("haproxy", "-db", "-f", str(configuration))
        started = self._network.start("gateway", "prlimit", f"--nofile={limit}", *haproxy)
        self._until(lambda: len(self.bound_ports()) > 0)
        return started

    def name(self, **machines: str) -> None:
        """Makes these the whole of the internal zone: ``windows="10.0.101.20"``."""
        full = {"windows": WINDOWS, "satellite": SATELLITE}
        self._names.write_text("".join(f"{address} {full[name]}\n" for name, address in machines.items()))
        self._network.run("gateway", "kill", "-HUP", self._resolver_pid.read_text().strip())

    def start_answering(self, machine: str, *ports: int) -> None:
        """The machine answers each connection with its name and the port."""
        self._network.start(machine, sys.executable, "-c", _SAY_WHERE, machine, *map(str, ports))

    def start_ftp(self, machine: str, *, first: int, last: int, announced: str = PUBLIC) -> None:
        directory = self._directory / machine
        directory.mkdir()
        self._network.start(machine, sys.executable, "-c", SERVE_FTP, str(directory), announced, str(first), str(last))

    def ask(self, *ports: int) -> dict[int, str]:
        """What the gateway's ports answer the partner; empty where there is no answer."""
        answered = self._network.run("partner", sys.executable, "-c", _ASK, PUBLIC, *map(str, ports))
        return {int(port): answer for port, answer in json.loads(answered).items()}

    def comes_to_answer(self, port: int, expected: str, *, within_seconds: int = 40) -> bool:
        """Whether the partner gets to be answered so."""
        return self._until(lambda: self.ask(port)[port] == expected, within_seconds=within_seconds)

    def transfer(self, port: int, *, times: int = 1) -> str:
        """Files sent and fetched in passive mode, by a client that believes what the server announces: its farewell,
        or what went wrong."""
        done = self._network.attempt("partner", sys.executable, "-c", _TRANSFER, PUBLIC, str(port), str(times))
        return (done.stdout or done.stderr).strip()

    def bound_ports(self) -> list[int]:
        """The ports that HAProxy listens on for others than the gateway itself, one for each socket."""
        sockets = self._network.run("gateway", "ss", "--listening", "--tcp", "--numeric", "--no-header", "--processes")
        bound = [line.split()[3].rpartition(":") for line in sockets.splitlines() if '"haproxy"' in line]
        return sorted(int(port) for address, _, port in bound if address != "127.0.0.1")

    def counters(self) -> dict[str, float]:
        """HAProxy's own, by name and labels, as they are read on the gateway."""
        url = f"http://127.0.0.1:{METRICS_PORT}/metrics"
        lines = self._network.run("gateway", "curl", "--fail", "--silent", url).splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    def held_by(self, source: str, *, times: int) -> int:
        """How many of so many FTP connections at a time the gateway serves an address of the partner."""
        return int(self._network.run("partner", sys.executable, "-c", _HOLD, PUBLIC, source, str(times)))

    def count_probes(self, machine: str, port: int, *, seconds: int) -> int:
        """The connections that come to a port of a machine in that time, when nobody uses the gateway."""
        opened = ("tcp", "dport", str(port), "tcp", "flags", "&", "(syn | ack)", "==", "syn", "counter")
        self._network.run(machine, "nft", "add table ip probes")
        self._network.run(machine, "nft", "add chain ip probes input { type filter hook input priority 0; }")
        self._network.run(machine, "nft", "add", "rule", "ip", "probes", "input", *opened)
        time.sleep(seconds)
        listed = self._network.run(machine, "nft", "list", "table", "ip", "probes")
        return int(listed.partition("counter packets ")[2].split()[0])

    def _start_resolver(self) -> None:
        self._network.start(
            "gateway",
            *("dnsmasq", "--keep-in-foreground", "--user=root", "--no-resolv", "--no-hosts", "--bind-interfaces"),
            *(f"--listen-address={_RESOLVER}", "--local=/internal-client.url/", f"--addn-hosts={self._names}"),
            f"--pid-file={self._resolver_pid}",
        )
        self._until(self._resolver_pid.exists)

    def _until(self, happened: Callable[[], bool], *, within_seconds: int = 10) -> bool:
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            if happened():
                return True
            time.sleep(0.2)
        return False
