"""Machines with a kernel of their own, for what the kernel does itself, such as its NFS server: User Mode Linux.

The kernel is Debian's, of the release that the machine runs, built as a program ("User Mode Linux HOWTO").
So a machine needs no help of the processor, which computers that are machines themselves often do not have.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.servers.server_configuration import ServerConfiguration
from sandbox.hosts import root_image
from tests.servers.debian_machine import Base, write_parameter
from tests.servers.namespaces import Network, Program, require_namespaces
from tests.servers.programs import require, unavailable

PACKAGES = ("e2fsprogs", "kmod", "udev", "user-mode-linux")
"""What the base of such machines needs: a kernel, and what Debian's images for clouds have."""
SECONDS_TO_BOOT = 900
"""On a computer that runs other tests too. Alone, a boot takes about half a minute."""
_SECONDS_OF_A_COMMAND = 600
"""On such a computer too. Alone, all take some seconds at most."""
# systemd's own limits, of a minute and a half, are for computers that have time for their machines.
_SYSTEMD = f"""[Manager]
DefaultTimeoutStartSec={SECONDS_TO_BOOT}
DefaultDeviceTimeoutSec={SECONDS_TO_BOOT}
"""
_MEMORY_MIB = 512
_SEEDS = "/srv/seeds"
_DISKS = "/srv/disks"
_MODULES = "usr/lib/uml/modules"
# "The Management Console (mconsole)" of the HOWTO; the form of a request is in mconsole.h of the kernel. The answer
# comes to a name that is no file: a machine sees other files than its starter.
_ASK = """
import socket, struct, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
    connection.settimeout(30)
    connection.bind("")
    request = sys.argv[2].encode()
    connection.sendto(struct.pack("III512s", 0xCAFEBABE, 2, len(request), request), sys.argv[1])
    answer = connection.recv(1024)
[error] = struct.unpack_from("I", answer)
sys.exit(answer[12:].decode() if error else 0)
"""


def require_kernel_machines() -> None:
    """Skips the test, saying why, where no such machine can be had; in CI it fails instead."""
    require("ip", "ssh", "ssh-keygen", "mkfs.ext4")
    require_namespaces()
    if platform.machine() != "x86_64":
        unavailable(f"User Mode Linux: got a {platform.machine()}, expected an x86_64")


@dataclass(frozen=True, kw_only=True)
class Role:
    """What a machine is: its place in the network, and what it boots with."""

    address: str
    gateway: str
    interface: str
    """The router's end of its cable."""
    user_data: str | None = None
    """Without any, it does not run cloud-init."""
    configuration: ServerConfiguration | None = None
    """What it applies while it runs."""
    volumes: tuple[str, ...] = ()
    """The ids of its EBS volumes."""


class Machines:
    """Makes machines of one base, which has all their packages, as an image has that `images/` makes.

    ``disabled`` are services that start only once a boot has configured them.
    """

    def __init__(
        self, network: Network, router: str, base: Base, roles: Mapping[str, Role], disabled: Iterable[str]
    ) -> None:
        self._network, self._router, self._root, self._roles = network, router, base.root, roles
        for name, role in roles.items():
            self._describe(name, role)
            network.run(router, "ip", "tuntap", "add", "dev", role.interface, "mode", "tap")
            network.run(router, "ip", "address", "add", f"{role.gateway}/24", "dev", role.interface)
        [modules] = (self._root / _MODULES).iterdir()
        (self._root / "usr/lib/modules").mkdir(exist_ok=True)
        (self._root / "usr/lib/modules" / modules.name).symlink_to(f"/{_MODULES}/{modules.name}")
        self._run("chroot", self._root, "systemctl", "enable", "systemd-networkd")
        self._run("chroot", self._root, "systemctl", "disable", *disabled)
        self._run("chroot", self._root, "dpkg", "--install", "/srv/amazon-ssm-agent.deb")
        limits = self._root / "etc/systemd/system.conf.d/limits.conf"
        limits.parent.mkdir(exist_ok=True)
        limits.write_text(_SYSTEMD)
        self._login = self._let_in()
        self._fill_image()
        (self._root / "dev/net").mkdir()
        os.mknod(self._root / "dev/net/tun", 0o600 | 0o020000, os.makedev(10, 200))

    def _describe(self, name: str, role: Role) -> None:
        seed = self._root / _SEEDS.lstrip("/") / name
        seed.mkdir(parents=True)
        (seed / "user-data").write_text(role.user_data or "")
        (seed / "meta-data").write_text(json.dumps({"instance-id": f"i-{name}", "local-hostname": name}))
        if role.configuration:
            write_parameter(self._root, role.configuration, 1)
        (self._root / f"etc/systemd/network/{name}.network").write_text(
            f"[Match]\nMACAddress={_mac(role)}\n[Network]\nAddress={role.address}/24\nGateway={role.gateway}\n"
        )
        with (self._root / "etc/hosts").open("a") as hosts:
            hosts.write(f"{role.address} {name}\n")
        # By the names that Amazon's images give them.
        rules = (
            f'KERNEL=="{_device(index)}", SYMLINK+="disk/by-id/nvme-Amazon_Elastic_Block_Store_{id.replace("-", "")}"\n'
            for index, id in enumerate(role.volumes, 1)
        )
        (self._root / f"etc/udev/rules.d/99-{name}.rules").write_text("".join(rules))

    def _let_in(self) -> tuple[str, ...]:
        """Gives the base a key; what stands before an address to run a command line there."""
        key = self._root.parent / "key"
        self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        keys = self._root / "root/.ssh/authorized_keys"
        keys.parent.mkdir(mode=0o700, exist_ok=True)
        keys.write_text(key.with_suffix(".pub").read_text())
        (self._root / "etc/cloud/cloud.cfg.d/99_ssh.cfg").write_text('{"disable_root": false}')
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=30")
        return ("ssh", "-i", str(key), *(part for option in options for part in ("-o", option)))

    def _fill_image(self) -> None:
        image = self._root.parent / "system"
        with image.open("wb") as file:
            file.truncate(4 << 30)
        self._run("mkfs.ext4", "-q", "-F", "-d", self._root, image)
        disks = self._root / _DISKS.lstrip("/")
        disks.mkdir()
        image.rename(disks / "system")

    @staticmethod
    def _run(*command: str | Path) -> None:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"

    def volume(self, id: str, mib: int) -> None:
        """A blank EBS volume."""
        with (self._root / _DISKS.lstrip("/") / id).open("wb") as disk:
            disk.truncate(mib << 20)

    @contextmanager
    def machine(self, name: str, system: str, *, without: str = "") -> Iterator[KernelMachine]:
        """A machine that runs, and may not have come up yet. ``system`` is the name of its system disk, which is as the
        base is if no machine has had it. It does not have the volume ``without``.

        At the end of the block its power fails: what only its own memory has is lost, and it says nothing to its peers.
        """
        role = self._roles[name]
        disks = self._root / _DISKS.lstrip("/")
        cable = ("ip", "link", "set", role.interface)
        (disks / "running").mkdir(exist_ok=True)
        command: tuple[str | Path, ...] = (
            *("ip", "netns", "exec", self._network.namespace(self._router)),
            *("chroot", self._root, "env", "--ignore-environment", "TMPDIR=/tmp", "/usr/bin/linux.uml"),
            *(f"mem={_MEMORY_MIB}M", f"uml_dir={_DISKS}/running/", f"umid={system}"),
            *("root=/dev/ubda", "rw", "quiet", "selinux=0", "con=null", "con0=null,fd:1", "ssl=null"),
            f"ds=nocloud;s={_SEEDS}/{name}/" if role.user_data else "cloud-init=disabled",
            f"vec0:transport=tap,ifname={role.interface},mac={_mac(role)},depth=128,gro=1",
            f"ubd0={_DISKS}/{system}.changes,{_DISKS}/system",
            *(f"ubd{index}={_DISKS}/{id}" for index, id in enumerate(role.volumes, 1) if id != without),
        )
        console = disks / f"{system}.console"
        self._network.run(self._router, *cable, "up")
        with root_image.processes_in(self._root), console.open("wb") as said:
            # A group of its own: the machine's programs are processes here too.
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                login = (*self._login, f"root@{role.address}")
                monitor = disks / "running" / system / "mconsole"
                yield KernelMachine(self._network, self._router, login, role.volumes, console, monitor)
            finally:
                # First the cable, then all at once.
                self._network.attempt(self._router, *cable, "down")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=30)


class KernelMachine:
    """A machine that runs."""

    def __init__(
        self,
        network: Network,
        router: str,
        login: tuple[str, ...],
        volumes: tuple[str, ...],
        console: Path,
        monitor: Path,
    ) -> None:
        self._network, self._router, self._login, self._volumes = network, router, login, volumes
        self._console, self._monitor = console, monitor

    @property
    def console(self) -> str:
        """What its console has shown so far."""
        return self._console.read_text(errors="replace").replace("\r", "")

    def run(self, *command: str) -> str:
        """What a command prints on the machine. Raises ``AssertionError`` with all that it said when it fails."""
        ran = self.attempt(*command)
        assert ran.returncode == 0, f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self._network.attempt(self._router, *self._login, shlex.join(command), seconds=_SECONDS_OF_A_COMMAND)

    def start(self, *command: str) -> Program:
        """Runs a program on the machine until it is ended, or the network goes."""
        return self._network.start(self._router, *self._login, shlex.join(command))

    def lets_in(self) -> bool:
        """Whether commands can be run, which may be before it is up."""
        return self.attempt("true").returncode == 0

    def is_up(self) -> bool:
        """Whether ``boot-platform`` has brought it up. Raises ``AssertionError`` when the boot has failed."""
        ended = " ended with " in self.console
        assert not ended or " ended with 0 at end" in self.console, self.console
        return ended

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Fails the test, with what the console shows, unless it comes true as long as a boot may take."""
        deadline = time.monotonic() + SECONDS_TO_BOOT
        while not condition():
            assert time.monotonic() < deadline, f"not within {SECONDS_TO_BOOT} s:\n{self.console}"
            time.sleep(0.2)

    def attach(self, id: str) -> None:
        """Gives it a volume of its role while it runs."""
        request = f"config ubd{self._volumes.index(id) + 1}={_DISKS}/{id}"
        ran = self._network.attempt(self._router, sys.executable, "-c", _ASK, str(self._monitor), request)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def _device(index: int) -> str:
    return f"ubd{chr(ord('a') + index)}"


def _mac(role: Role) -> str:
    return "52:54:00:" + ":".join(f"{int(part):02x}" for part in role.address.split(".")[1:])
