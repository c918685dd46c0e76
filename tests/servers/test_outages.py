"""Servers that are killed while people use them, and made anew: what is lost, and for how long.

The figures of docs/operations.md ("Replace one") are what these tests print: ``pytest -m long -s`` shows them. A killed
server says nothing to its peers, as an instance whose host has failed: its cable is cut first. What its volume had not
been told to write is lost with it.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from components.servers.cloud_init import CloudInit
from components.servers.gateway_proxy import configuration as forwards
from components.servers.server_configuration import ServerConfiguration
from settings.forwards import ForwardSettings
from tests.servers.debian_machine import RELEASES, Base, Machine, boot
from tests.servers.gateway_site import SERVE_FTP
from tests.servers.loop_devices import loop_device, require_loop_devices
from tests.servers.namespaces import Network, Program, require_namespaces
from tests.servers.programs import require
from tests.servers.server_boots import BOOTS, CONFIGURATIONS, VPN_ADDRESS

pytestmark = pytest.mark.long

STATUS = "/var/lib/boot-platform/status"
SERVER, INSIDE, RDP = VPN_ADDRESS, "10.0.101.20", 3389
FORWARDS = forwards(
    (
        ForwardSettings(name="windows-rdp", ports=(RDP,), target=INSIDE),
        ForwardSettings(name="windows-ftp", ports=(21,), passive_ports="2048-4096", target=INSIDE),
    )
)
KEYS = "/etc/openvpn/pki-data"
UPLOAD_MIB = 16
SERVING_SECONDS = 5
"""For the client's next attempt: a server that says it is ready serves already."""
KEEPALIVE_SECONDS = 60
"""Of silence, after which a client connects again: ``keepalive`` of server.conf.j2."""
HANDSHAKE_SECONDS = 60
"""Of one attempt to connect: OpenVPN's own ``hand-window`` (its manual). The next one begins some seconds later."""

ECHO = """
import asyncio, sys
async def echo(reader, writer):
    while data := await reader.read(64):
        writer.write(data)
    writer.close()
async def main():
    server = await asyncio.start_server(echo, "", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""
# As a remote desktop whose user types: one connection for as long as it lasts, and when it is known that it has ended.
STAY = """
import socket, sys, time
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
connection.settimeout(None)
try:
    while True:
        connection.sendall(b"x")
        if not connection.recv(1):
            raise ConnectionError("closed")
        print(time.time(), "answered", flush=True)
        time.sleep(0.5)
except OSError as cut:
    print(time.time(), "cut", cut, flush=True)
"""
# A new connection each time, and when one was answered.
KNOCK = """
import socket, sys, time
while True:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1) as connection:
            connection.sendall(b"x")
            if connection.recv(1) == b"x":
                print(time.time(), "answered", flush=True)
    except OSError:
        pass
    time.sleep(0.2)
"""
BROWSE = """
import sys, time, urllib.request
while True:
    try:
        with urllib.request.urlopen(f"http://{sys.argv[1]}/", timeout=2) as page:
            if b"pma_username" in page.read():
                print(time.time(), "answered", flush=True)
    except OSError:
        pass
    time.sleep(0.2)
"""
# A file that has its name over and over, in passive mode, with a pause after each 64 KiB.
UPLOAD = """
import ftplib, io, sys, time
host, name, mib, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
client = ftplib.FTP()
client.trust_server_pasv_ipv4_address = True
client.connect(host, 21, timeout=300)
client.login("partner", "secret")
content = io.BytesIO((name.encode() * (mib << 20))[:mib << 20])
try:
    said = client.storbinary(f"STOR {name}", content, blocksize=1 << 16, callback=lambda block: time.sleep(pause))
    print(time.time(), said, flush=True)
except ftplib.all_errors as cut:
    print(time.time(), "cut", cut, flush=True)
"""


def happened(program: Program, what: str, *, after: float = 0, within: float) -> float:
    """When a program first said that it did, since then. Fails the test unless that comes within so many seconds."""
    deadline = time.monotonic() + within
    while True:
        for line in program.said.splitlines():
            at, _, said = line.partition(" ")
            if said.startswith(what) and float(at) > after:
                return float(at)
        assert time.monotonic() < deadline, f"not {what} within {within:g} s:\n{program.said}"
        time.sleep(0.2)


def until(condition: Callable[[], bool], *, within: float) -> None:
    """Fails the test unless it comes true within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within:g} s"
        time.sleep(0.2)


class Volume:
    """A disk that is kept when its server is not, and where servers have it."""

    def __init__(self, directory: Path, mount_point: str, *, mib: int = 64) -> None:
        self._disk, self.directory, self.mount_point = directory / "disk", directory / "mounted", mount_point
        self._mib = mib
        self.directory.mkdir()
        with loop_device(self._disk, mib) as device:
            subprocess.run(["mkfs.ext4", "-q", device], check=True)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """As the disk has it."""
        # Each time as another device: programs that started meanwhile keep the one before mounted.
        with loop_device(self._disk, self._mib) as device:
            subprocess.run(["mount", device, self.directory], check=True)
            try:
                yield self.directory
            finally:
                subprocess.run(["umount", self.directory], check=True)

    def cut(self) -> None:
        """Nothing more is written, not even the journal: as when the power fails (``EXT4_IOC_SHUTDOWN``, Linux)."""
        opened = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.ioctl(opened, 0x8004587D, struct.pack("I", 2))
        finally:
            os.close(opened)


class Site:
    """A client on the internet, a host inside, and a place between them at which one server at a time is."""

    def __init__(self, network: Network, directory: Path, base: Base) -> None:
        self._network, self._directory, self._base = network, directory, base
        for machine in ("router", "client", "inside"):
            network.add_machine(machine)
        network.run("router", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        # What is sent to a server that is not there vanishes.
        network.run("router", "ip", "route", "add", "blackhole", "192.0.2.0/24", "metric", "1000")
        network.connect("router", "203.0.113.1/24", "client", "203.0.113.9/24")
        # The client has no way inside but through the server.
        network.run("client", "ip", "route", "add", "192.0.2.0/24", "via", "203.0.113.1")
        network.connect("router", "10.0.101.1/24", "inside", f"{INSIDE}/24")
        network.run("inside", "ip", "route", "add", "default", "via", "10.0.101.1")
        self.start("inside", ECHO, RDP)
        self.killed = 0.0

    def start(self, machine: str, program: str, *arguments: object) -> Program:
        return self.start_command(machine, sys.executable, "-c", program, *map(str, arguments))

    def start_command(self, machine: str, *command: str) -> Program:
        return self._network.start(machine, *command)

    def add_client(self, machine: str) -> None:
        """One more, at another place of the internet."""
        self._network.add_machine(machine)
        self._network.connect("router", "198.51.100.1/24", machine, "198.51.100.9/24")
        self._network.run(machine, "ip", "route", "add", "192.0.2.0/24", "via", "198.51.100.1")

    def add_inside(self, address: str) -> None:
        """One more address of the host inside."""
        self._network.run("inside", "ip", "address", "add", f"{address}/32", "dev", "lo")
        self._network.run("router", "ip", "route", "add", f"{address}/32", "via", INSIDE)

    def connect_vpn(self, profile: Path, machine: str = "client") -> Program:
        """As people do, with nothing but their profile."""
        return self._network.start(machine, "openvpn", "--config", str(profile))

    @contextmanager
    def server(
        self, name: str, user_data: CloudInit, configuration: ServerConfiguration, volume: Volume | None = None
    ) -> Iterator[tuple[Machine, float]]:
        """A server that has come up, and when it was ready. At the end of the block it is killed."""
        # Clients get through when it is ready. EC2 gives it the address earlier: those who hear as late as this wait
        # longest.
        vanishes = ("iif", "to-client", "blackhole")
        self._network.run("router", "ip", "rule", "add", *vanishes)
        self._network.add_machine(name)
        self._network.connect("router", "192.0.2.254/24", name, f"{SERVER}/24")
        self._network.run(name, "ip", "route", "add", "default", "via", "192.0.2.254")
        with volume.mounted() if volume else nullcontext() as kept:
            booted = boot(
                self._directory,
                (self._base.root,),
                user_data.render(),
                configuration,
                namespace=self._network.namespace(name),
                volumes={volume.mount_point: kept} if volume and kept else {},
            )
            with booted as machine:
                assert machine.read(STATUS).startswith("ready\t"), machine.read("/var/log/boot-platform.log")
                self._network.run("router", "ip", "rule", "delete", *vanishes)
                yield machine, (machine.root / STATUS.lstrip("/")).stat().st_mtime
                self._network.run("router", "ip", "link", "delete", f"to-{name}")
                self.killed = time.time()
                if volume:
                    volume.cut()


@pytest.fixture(params=RELEASES)
def site(request: pytest.FixtureRequest, directory: Path, debian: Callable[[str], Base]) -> Iterator[Site]:
    """With servers of each release of Debian."""
    require("ip", "openvpn", "sysctl")
    require_namespaces()
    with Network() as network:
        yield Site(network, directory, debian(request.param))


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Notes seconds, by what they are, with the test's result."""

    def note(server: str, **seconds: float) -> None:
        for name, value in seconds.items():
            record_property(name, f"{value:.1f}")
        print(f"\n{server}: " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))

    return note


def test_a_gateway_that_dies(site: Site, figures: Callable[..., None], tmp_path: Path) -> None:
    """Connections end, and clients are told. What the FTP server has acknowledged is there. A file that was under way
    is not whole, and is once it is sent again."""
    received = tmp_path / "received"
    received.mkdir()
    site.start("inside", SERVE_FTP, received, SERVER, 2048, 4096)
    with site.server("first", BOOTS["gateway"], FORWARDS):
        desktop, knocks = site.start("client", STAY, SERVER, RDP), site.start("client", KNOCK, SERVER, RDP)
        done = site.start("client", UPLOAD, SERVER, "acknowledged", UPLOAD_MIB, 0)
        happened(done, "226", within=30)
        under_way = site.start("client", UPLOAD, SERVER, "under-way", UPLOAD_MIB, 0.1)
        until(lambda: size_of(received / "under-way") > 1 << 20, within=30)
        for program in (desktop, knocks):
            happened(program, "answered", within=10)
    killed = site.killed
    with site.server("second", BOOTS["gateway"], FORWARDS) as (_, ready):
        answered = happened(knocks, "answered", after=killed, within=SERVING_SECONDS)
        assert answered < ready + SERVING_SECONDS
        # A client sends again after pauses that double each time. The new server does not know the connection, and says
        # so.
        within = answered - killed + SERVING_SECONDS
        desktop_cut = happened(desktop, "cut", within=within)
        upload_cut = happened(under_way, "cut", within=within)
        assert desktop_cut > killed < upload_cut
        assert whole(received / "acknowledged")
        assert 0 < size_of(received / "under-way") < UPLOAD_MIB << 20
        again = site.start("client", UPLOAD, SERVER, "under-way", UPLOAD_MIB, 0)
        happened(again, "226", within=30)
        assert whole(received / "under-way")
    figures(
        "gateway",
        ready=ready - killed,
        answered=answered - killed,
        desktop_cut=desktop_cut - killed,
        upload_cut=upload_cut - killed,
    )


def size_of(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def whole(file: Path) -> bool:
    """Whether it is what the client sends under that name."""
    content = (file.name.encode() * (UPLOAD_MIB << 20))[: UPLOAD_MIB << 20]
    return file.read_bytes() == content


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    require_loop_devices(tmp_path)
    return Volume(tmp_path, KEYS)


def test_an_openvpn_server_that_dies(site: Site, volume: Volume, figures: Callable[..., None], tmp_path: Path) -> None:
    """Clients come back by themselves with the profile that they have, and a connection in the tunnel goes on. Whom a
    command has made the moment before is a user, and whom one has revoked is none."""
    commands = "/root/client-configs"
    made_of = (BOOTS["openvpn"], CONFIGURATIONS["openvpn"], volume)
    with site.server("first", *made_of) as (machine, _):
        profiles = {user: tmp_path / f"{user}.ovpn" for user in ("alice", "mallory")}
        for user, profile in profiles.items():
            made = machine.run(f"{commands}/create_user.sh", user).strip()
            profile.write_text(machine.run("cat", made))
        alice, knocks = site.connect_vpn(profiles["alice"]), site.start("client", KNOCK, INSIDE, RDP)
        happened(knocks, "answered", within=30)
        desktop = site.start("client", STAY, INSIDE, RDP)
        happened(desktop, "answered", within=10)
        machine.run(f"{commands}/create_user.sh", "carol")
        machine.run(f"{commands}/revoke_user.sh", "mallory")
    killed = site.killed
    with site.server("second", *made_of) as (machine, ready):
        within = max(killed + KEEPALIVE_SECONDS, ready) - time.time() + HANDSHAKE_SECONDS + SERVING_SECONDS
        answered = happened(knocks, "answered", after=killed, within=within)
        # The program sends again after pauses that double each time.
        desktop_on = happened(desktop, "answered", after=killed, within=answered - killed + SERVING_SECONDS)
        assert alice.said.count("Initialization Sequence Completed") == 2
        users = machine.run(f"{commands}/list_users.sh").split()
        assert {"alice", "carol"} <= set(users), users
        assert "mallory" not in users, users
        site.connect_vpn(profiles["mallory"])
        log = ("journalctl", "--unit", "openvpn-server@server", "--no-pager")
        until(lambda: "certificate revoked" in machine.run(*log), within=15)
        assert "cut" not in desktop.said
    figures("openvpn", ready=ready - killed, answered=answered - killed, desktop_on=desktop_on - killed)


def test_a_phpmyadmin_server_that_dies(site: Site, figures: Callable[..., None]) -> None:
    """Its login page is back, and people log in again: what encrypts their cookies died with the server."""
    secret = "/var/lib/phpmyadmin/blowfish_secret.inc.php"
    made_of = (BOOTS["phpmyadmin"], CONFIGURATIONS["phpmyadmin"])
    with site.server("first", *made_of) as (machine, _):
        pages = site.start("client", BROWSE, SERVER)
        happened(pages, "answered", within=20)
        before = machine.read(secret)
    killed = site.killed
    with site.server("second", *made_of) as (machine, ready):
        answered = happened(pages, "answered", after=killed, within=SERVING_SECONDS)
        assert answered < ready + SERVING_SECONDS
        assert before != machine.read(secret) != ""
    figures("phpmyadmin", ready=ready - killed, answered=answered - killed)
