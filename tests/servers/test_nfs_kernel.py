"""The file server as the kernel serves it: given another share while clients are connected, killed and replaced while
one writes, and restarted without a volume.

The server boots from its shipped user data, on a system that has its packages, as an image of `images/` does. The
client mounts its shares as instances do, by the hook of their deployments. docs/operations.md ("Replace one") has the
figures that these tests print: ``pytest -m alone -s`` shows them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from components.servers import server_files
from components.servers.cloud_init import BootVolume, volume_table
from components.servers.nfs_server import boot, configuration
from components.servers.server_configuration import ServerConfiguration
from settings.file_server import FileServerSettings, NfsShareSettings
from settings.server_size import ServerSizeSettings
from tests.servers.debian_machine import Base
from tests.servers.kernel_machine import (
    PACKAGES,
    SECONDS_TO_BOOT,
    KernelMachine,
    Machines,
    Role,
    require_kernel_machines,
)
from tests.servers.long_connections import ALL_ANSWER, NFS_CALL, holding
from tests.servers.namespaces import Network, Program
from tests.servers.release import PLATFORM_CONFIG
from tests.servers.server_boots import PARAMETER
from tests.servers.test_outages import happened, until

# Kernels that are programs are slow. A client that gets no time of the computer for half a minute loses its lock.
pytestmark = pytest.mark.alone

SERVER, CLIENT = "nfs.internal-client.url", "client"
SERVER_ADDRESS = "10.0.101.7"
HOOK = PLATFORM_CONFIG / "magento/.platform/hooks/prebuild/20_mount_shares.sh"
MEDIA, STATICS, LOCKS, ADDED = "vol-0a", "vol-0b", "vol-0c", "vol-0d"
SETTINGS = FileServerSettings(
    size=ServerSizeSettings(instance_type="t4g.small"),
    shares=(
        NfsShareSettings(name="media", path="pub/media", size_gib=1),
        NfsShareSettings(name="statics", path="pub/static", size_gib=1),
    ),
)
WITH_ANOTHER = SETTINGS.model_copy(
    update={"shares": (*SETTINGS.shares, NfsShareSettings(name="added", path="added", size_gib=1))}
)
GRACE_SECONDS, LEASE_SECONDS = 30, 30
"""``grace-time`` and ``lease-time`` of nfs.conf."""
SECONDS_TO_GO_ON = LEASE_SECONDS / 2 + GRACE_SECONDS + 60
"""A client's pause between two attempts to connect, the grace, and some for a slow computer."""
SECONDS_TO_ANSWER = 15 + 45
"""A client's pause between two attempts when it is told to try again (NFS4_POLL_RETRY_MAX of Linux), and some for a
slow computer. A server that is not asked again for 120 seconds (CACHE_NEW_EXPIRY of Linux) takes longer."""
DAEMONS = ("nfs-mountd", "nfsdcld")
OUTCOME = "/var/lib/boot-platform/configuration/outcome"
SECONDS_OF_WAITING = 20
"""After which a client is taken to wait: one that is refused, or served, is so at once."""

# A line after the other. The number of each is said once the server has acknowledged it.
WRITE = """
import os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
number = 0
while True:
    number += 1
    os.write(file, b"%d\\n" % number)
    os.fsync(file)
    print(number, flush=True)
    time.sleep(0.1)
"""
# One file that stays open, and locked, from beginning to end.
LOCK = """
import fcntl, os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
fcntl.lockf(file, fcntl.LOCK_EX)
number = 0
while True:
    number += 1
    os.pwrite(file, b"%d" % number, 0)
    os.fsync(file)
    print(number, flush=True)
    time.sleep(0.5)
"""
# As somebody else, and without waiting.
TAKE = """
import fcntl, sys
with open(sys.argv[1], "r+") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("held")
"""
# Another file each time, as for each request of the shop.
OPEN = """
import sys, time
number = 0
while True:
    number += 1
    with open(f"{sys.argv[1]}-{number}", "w") as file:
        file.write("new")
    print(number, flush=True)
    time.sleep(0.5)
"""
# One file of a share that is not there yet.
MAKE = """
import sys
with open(sys.argv[1], "w") as file:
    file.write("waited")
print(1, flush=True)
"""
PROGRAMS = {"written": WRITE, "locked": LOCK, "opened": OPEN}
# As on a computer that has no time for it: rpc.mountd says that it has started long before it listens.
SLOW_MOUNTD = """
[Service]
ExecStart=
ExecStart=/bin/sh -c '(sleep 5; exec rpc.mountd --foreground) &'
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen of a file server that died twice under use."""

    came_back: Mapping[str, bool]
    """Whether each of the daemons was started again when it was killed."""
    ready_without: Mapping[str, str]
    """What the server publishes of itself when one of them is dead."""
    seconds_of_another_share: float
    """Until a client has written to a share that was added."""
    connections_after_it: str
    """What is said of those that were open, and asked, all the time."""
    of_the_kernel: Mapping[str, int]
    """What the NFS server says of itself, by the names of its files."""
    processors: int
    acknowledged: int
    """The last line that the server had acknowledged when it was killed and replaced."""
    kept: str
    """The lines that the volume had when the next server was ready."""
    written: str
    """Those that it had after all."""
    opened: int
    """How many files were made."""
    held: Sequence[bool]
    """Whether the lock was still held, at the second server and after it was restarted."""
    said_before_it_served: str
    """The journal of the server's programs, until they serve, after the restart."""
    touched_without_its_volume: bool
    """Whether a client could write to a share whose volume was missing."""
    mounted_without_its_volume: bool
    outcome_without_its_volume: str
    """What the server says of its configuration then."""
    on_the_system_disk: str
    """What lay in that share's directory then."""
    on_the_volume: str
    """And when it was back."""
    seconds: Mapping[str, float]
    """What happened when, since the server was killed; the share's, since its volume was attached."""


def moments(conditions: Mapping[str, Callable[[], bool]], *, within: float) -> dict[str, float]:
    """When each came true, in seconds from now. Fails the test unless all do within so many."""
    began = time.monotonic()
    came: dict[str, float] = {}

    def all_did() -> bool:
        new = [name for name, holds in conditions.items() if name not in came and holds()]
        came.update({name: time.monotonic() - began for name in new})
        return len(came) == len(conditions)

    until(all_did, within=within)
    return came


def going_on(programs: Mapping[str, Program]) -> dict[str, Callable[[], bool]]:
    """By their names, whether they have got further than they are now. Fails the test when one of them has failed."""

    def says_more(program: Program) -> Callable[[], bool]:
        before = last(program)

        def does() -> bool:
            assert "Error" not in program.said, program.said
            return last(program) > before

        return does

    return {name: says_more(program) for name, program in programs.items()}


def last(program: Program) -> int:
    """The last number that it said; 0 if it said none yet."""
    numbers = [line for line in program.said.splitlines() if line.isdigit()]
    return int(numbers[-1]) if numbers else 0


def configured(settings: FileServerSettings) -> ServerConfiguration:
    """What the stack gives a server with these shares."""
    exports = configuration(settings, "10.0.0.0/16")
    directories = ("/var/lib/nfs/nfsdcld", *(share.directory for share in settings.shares))
    volumes = zip((LOCKS, MEDIA, STATICS, ADDED), directories, strict=False)
    table = volume_table(BootVolume(volume_id=id, mount_point=directory) for id, directory in volumes)
    return replace(exports, files=(*exports.files, table))


def add_a_share(server: KernelMachine, client: KernelMachine) -> float:
    """Seconds until the client has written to it. Nobody tells the server that there is another configuration."""
    began = time.monotonic()
    server.attach(ADDED)
    server.run("sh", "-c", 'printf "2\\t%s\\n" "$1" >/srv/parameter', "sh", configured(WITH_ANOTHER).value())
    until(lambda: server.run("cat", OUTCOME).split("\t")[2] == "2", within=SECONDS_TO_BOOT)
    result, _, _, reason = server.run("cat", OUTCOME).rstrip("\n").split("\t")
    assert (result, reason) == ("applied", "")
    client.run("mount", "-t", "nfs4", f"{SERVER}:/srv/added", "/mnt")
    client.run("touch", "/mnt/written")
    client.run("umount", "/mnt")
    return time.monotonic() - began


def comes_back(server: KernelMachine, daemon: str) -> bool:
    """Whether it runs again some time after it was killed, as another process."""
    process = ("systemctl", "show", "--property=MainPID", "--value", daemon)
    before = server.run(*process)
    server.run("systemctl", "kill", "--signal=KILL", daemon)
    time.sleep(SECONDS_OF_WAITING)
    return server.attempt("systemctl", "is-active", daemon).returncode == 0 and server.run(*process) != before


def published_without(server: KernelMachine, daemon: str) -> str:
    """Its readiness when a daemon is dead and cannot be started again."""
    directory = f"/run/systemd/system/{daemon}.service.d"
    server.run("sh", "-c", f"mkdir {directory} && printf '[Service]\\nRestart=no\\n' >{directory}/zz.conf")
    server.run("systemctl", "daemon-reload")
    server.run("systemctl", "kill", "--signal=KILL", daemon)
    server.wait_until(lambda: server.attempt("systemctl", "is-active", daemon).returncode != 0)
    server.run("publish-boot-status")
    said = server.run("tail", "-n", "1", "/var/log/metrics").split()[-1]
    server.run("rm", "-r", directory)
    server.run("systemctl", "daemon-reload")
    server.run("systemctl", "start", daemon)
    return said


def latest(many: Program) -> str:
    """What it says now, of connections that were cut: a server that is slow to answer gets a minute."""
    for _ in range(60):
        time.sleep(1)
        if ALL_ANSWER in (said := many.said.splitlines()[-1]):
            break
    return said


def machines_on(network: Network, base: Base) -> Machines:
    """A client and a server, in two subnets. What is sent to a server that is not there vanishes."""
    network.add_machine("router")
    network.run("router", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    network.run("router", "ip", "route", "add", "blackhole", "10.0.0.0/16", "metric", "1000")
    roles = {
        SERVER: Role(
            address=SERVER_ADDRESS,
            gateway="10.0.101.1",
            interface="to-server",
            user_data=replace(boot(), parameter=PARAMETER).render(),
            configuration=configured(SETTINGS),
            volumes=(MEDIA, STATICS, LOCKS, ADDED),
        ),
        CLIENT: Role(address="10.0.1.20", gateway="10.0.1.1", interface="to-client"),
    }
    return Machines(network, "router", base, roles, server_files.read("nfs_server/services.txt").split())


def mount_shares(client: KernelMachine) -> None:
    """As each deployment does."""
    shares = " ".join(f"{share.directory}:{share.path}" for share in SETTINGS.exported)
    client.run("env", f"MAGENTO_NFS_SERVER={SERVER}", f"MAGENTO_NFS_SHARES={shares}", "bash", "-c", HOOK.read_text())


def start(client: KernelMachine, text: str, name: str) -> Program:
    """A program that has begun to use a file of the first share."""
    program = client.start("python3", "-c", text, f"/mnt/nfs/media/{name}")
    until(lambda: last(program) > 5, within=SECONDS_TO_BOOT)
    return program


def is_held(server: KernelMachine) -> bool:
    """Whether nobody else gets the lock."""
    return server.run("python3", "-c", TAKE, "/srv/media/locked") == "held\n"


def apply_and_lose_power(server: KernelMachine) -> None:
    """What a file system such as ext4 makes of it in the worst case: another program waits for a file of its own, and
    so the names of all files are on the disk, but not yet what is in those that were just written."""
    server.run("apply-configuration")
    server.run("dd", "if=/dev/zero", "of=/root/other", "bs=1", "count=1", "conv=fsync", "status=none")


def succeeds(machine: KernelMachine, *command: str) -> bool:
    """Whether a command does, unless it waits for longer."""
    return machine.attempt("timeout", "--signal=KILL", str(SECONDS_OF_WAITING), *command).returncode == 0


@pytest.fixture(scope="module")
def seen(directory: Path) -> Iterator[Seen]:
    require_kernel_machines()
    (directory / "kernel").mkdir()
    packages = [package for server in ("boot", "nfs_server") for package in server_files.packages(server)]
    base = Base.build(directory / "kernel", ServerSizeSettings.releases[0], [*packages, *PACKAGES], ())
    slow = base.root / "etc/systemd/system/nfs-mountd.service.d/slow.conf"
    slow.parent.mkdir()
    slow.write_text(SLOW_MOUNTD)
    with Network() as network, ExitStack() as stack:
        machines = machines_on(network, base)
        for id in (MEDIA, STATICS, LOCKS, ADDED):
            machines.volume(id, mib=64)
        client = stack.enter_context(machines.machine(CLIENT, "client"))
        with machines.machine(SERVER, "first", without=ADDED) as server:
            client.wait_until(client.lets_in)
            server.wait_until(server.is_up)
            many = network.start("router", *holding(SERVER_ADDRESS, 2049, NFS_CALL))
            happened(many, ALL_ANSWER, within=SECONDS_TO_BOOT)
            came_back = {daemon: comes_back(server, daemon) for daemon in DAEMONS}
            ready_without = {daemon: published_without(server, daemon) for daemon in DAEMONS}
            another = add_a_share(server, client)
            connections = latest(many)
            many.end()
            mount_shares(client)
            programs = {name: start(client, text, name) for name, text in PROGRAMS.items()}
            files = ("threads", "nfsv4gracetime", "nfsv4leasetime")
            of_the_kernel = {file: int(server.run("cat", f"/proc/fs/nfsd/{file}")) for file in files}
            processors = int(server.run("nproc"))
        acknowledged, going = last(programs["written"]), going_on(programs)
        with machines.machine(SERVER, "second") as server:
            seconds = moments({"ready": server.is_up, **going}, within=SECONDS_TO_BOOT)
            kept = server.run("cat", "/srv/media/written")
            held = [is_held(server)]
            apply_and_lose_power(server)
        going = going_on(programs)
        with machines.machine(SERVER, "second", without=STATICS) as server:
            again = moments({"login": server.lets_in, **going}, within=SECONDS_TO_BOOT)
            seconds |= {f"{name} after a restart": value for name, value in again.items()}
            held.append(is_held(server))
            said = server.run("journalctl", "--boot", "--output=cat", "--unit=nfs-mountd", "--unit=nfs-server")
            touched = succeeds(client, "touch", "/mnt/nfs/statics/stray")
            mounted = succeeds(client, "mount", "-t", "nfs4", f"{SERVER}:/srv/statics", "/mnt")
            on_the_system_disk = server.run("ls", "-A", "/srv/statics")
            server.wait_until(server.is_up)
            outcome = server.run("cat", OUTCOME)
            waiting = client.start("python3", "-c", MAKE, "/mnt/nfs/statics/back")
            assert not last(waiting)
            server.attach(STATICS)
            mounts = ("mountpoint", "--quiet", "/srv/statics")
            back = {"share": lambda: last(waiting) == 1, "volume": lambda: server.attempt(*mounts).returncode == 0}
            seconds |= moments(back, within=SECONDS_TO_BOOT)
            for program in (*programs.values(), waiting):
                program.end()
            yield Seen(
                came_back=came_back,
                ready_without=ready_without,
                seconds_of_another_share=another,
                connections_after_it=connections,
                of_the_kernel=of_the_kernel,
                processors=processors,
                acknowledged=acknowledged,
                kept=kept,
                written=server.run("cat", "/srv/media/written"),
                opened=last(programs["opened"]),
                held=held,
                said_before_it_served=said.partition("Finished nfs-server.service")[0],
                touched_without_its_volume=touched,
                mounted_without_its_volume=mounted,
                outcome_without_its_volume=outcome,
                on_the_system_disk=on_the_system_disk,
                on_the_volume=server.run("ls", "-A", "/srv/statics"),
                seconds=seconds,
            )


def test_what_the_kernel_asks_is_started_again(seen: Seen) -> None:
    """Without rpc.mountd, new clients are refused; without nfsdcld, locks do not outlive a restart. The service
    nfs-server is called active all the same."""
    assert seen.came_back == dict.fromkeys(DAEMONS, True)


def test_a_server_without_one_of_them_is_not_ready(seen: Seen) -> None:
    assert seen.ready_without == dict.fromkeys(DAEMONS, "0")


def test_another_share_is_served_within_a_minute_and_cuts_nobody(seen: Seen) -> None:
    """Of many connections to the server, which ask it all the time. Nor does a daemon that dies and comes back."""
    assert ALL_ANSWER in seen.connections_after_it
    assert seen.seconds_of_another_share < 60


def test_the_kernel_does_as_configured(seen: Seen) -> None:
    """Eight threads a processor, and a grace that is as short as its lease."""
    assert seen.of_the_kernel == {
        "threads": 8 * seen.processors,
        "nfsv4gracetime": GRACE_SECONDS,
        "nfsv4leasetime": LEASE_SECONDS,
    }


def test_no_acknowledged_line_is_lost(seen: Seen) -> None:
    """The new server has each of them, and in the end each is there once."""
    assert seen.acknowledged > 5
    kept = seen.kept.splitlines()
    assert kept[: seen.acknowledged] == [str(number) for number in range(1, seen.acknowledged + 1)]
    written = seen.written.splitlines()
    assert written == [str(number) for number in range(1, len(written) + 1)]


def test_files_stay_open(seen: Seen) -> None:
    """The one that lines were written to: to the first server, the second, and the second once more. Others could be
    opened."""
    assert len(seen.written.splitlines()) > len(seen.kept.splitlines())
    assert seen.opened > 5


def test_a_lock_is_held_through_it(seen: Seen) -> None:
    """Nobody else gets it, neither from the new server nor after its restart."""
    assert seen.held == [True, True]


def test_no_request_comes_before_its_answer(seen: Seen) -> None:
    """The kernel refuses requests itself ("Permission denied") until rpc.mountd listens, so it serves only then."""
    before, _, _ = seen.said_before_it_served.partition("Starting nfs-server.service")
    assert re.search(r"Version \S+ starting", before), seen.said_before_it_served


def test_a_share_without_its_volume_is_not_served(seen: Seen) -> None:
    """Clients wait, and nothing of theirs lands on the system disk. The other share is served, and this one when its
    volume is back."""
    assert not seen.touched_without_its_volume
    assert not seen.mounted_without_its_volume
    assert seen.on_the_system_disk == ""
    assert "back" in seen.on_the_volume.split()


def test_a_server_says_which_volume_it_lacks(seen: Seen) -> None:
    """Its boot goes on to the end without it."""
    result, _, _, reason = seen.outcome_without_its_volume.rstrip("\n").split("\t")
    assert (result, reason) == ("incomplete", f"not attached within 60 seconds: {STATICS} /srv/statics")


def test_a_client_goes_on_once_the_volume_is_there(seen: Seen) -> None:
    """And not when the kernel has forgotten that it has asked what the share is."""
    assert seen.seconds["share"] < seen.seconds["volume"] + SECONDS_TO_ANSWER


def test_what_an_outage_costs(seen: Seen, record_property: Callable[[str, object], None]) -> None:
    """The figures of the page."""
    for name, value in seen.seconds.items():
        record_property(name, f"{value:.1f}")
    print("\nnfs: " + ", ".join(f"{name} {value:.1f} s" for name, value in seen.seconds.items()))
    assert seen.seconds["written"] < seen.seconds["ready"] + SECONDS_TO_GO_ON
