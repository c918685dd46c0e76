"""Debian machines that really boot: systemd in a container, with cloud-init and apt, on overlays of one base system.

A machine reaches nothing outside itself, unless it is given a network with others: AWS's answers come from two small
programs in the place of ``curl`` and ``aws``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from components.servers import server_files
from components.servers.server_configuration import ServerConfiguration
from sandbox.hosts import root_image
from sandbox.hosts.root_image import RootImageError
from sandbox.toolchain.cache import default_cache_directory
from tests.servers.programs import require, unavailable

RELEASES = {"12": "bookworm", "13": "trixie"}
"""The names of Debian's releases, by what stack files call them."""
_REPOSITORY = "/srv/repository"
_AGENT = "/srv/amazon-ssm-agent.deb"
_PLUGIN = "/srv/session-manager-plugin.deb"
_PARAMETER = "/srv/parameter"
_SECRETS = "/srv/secrets"
_SECONDS_TO_BOOT = 900
"""On a computer that runs other tests too. Alone, a boot takes a minute at most."""
_SECONDS_OF_A_COMMAND = 240
_CAPABILITIES_OF_THE_HOST = "CAP_SYS_TIME,CAP_SYS_BOOT,CAP_SYS_MODULE,CAP_SYSLOG,CAP_SYS_RAWIO"
_CLOUD_INIT = {
    "datasource_list": ["NoCloud"],
    "network": {"config": "disabled"},
    "locale": False,
    "apt": {"preserve_sources_list": True},
}
_CURL = f"""#!/bin/sh
# The instance's metadata, and what servers fetch beside packages; each call is recorded.
for url; do :; done
case $url in http://127.0.0.1:*) exec /usr/bin/curl "$@" ;; esac
echo "$url" >> /var/log/fetched
while [ "$#" -gt 1 ]; do [ "$1" = --output ] && output=$2; shift; done
case $url in
  */placement/region) echo eu-west-3 ;;
  */instance-id) echo i-0123456789abcdef0 ;;
  */local-ipv4) hostname -I | cut -d ' ' -f 1 ;;
  */api/token) ;;
  # Nor anything else where there is nothing to install from.
  *) [ -d {_REPOSITORY} ] || exit 6 ;;
esac
case $url in
  */amazon-ssm-agent.deb) cp {_AGENT} "$output" ;;
  */session-manager-plugin.deb) cp {_PLUGIN} "$output" ;;
  */gpgkey) : > "$output" ;;
  */global-bundle.pem) cp /etc/ssl/certs/ca-certificates.crt "$output" ;;
esac
"""
_AWS = f"""#!/bin/bash
# Records each call, as a shell reads it, the tags that the server sets, and the metrics that it publishes. It answers
# what the CLI would of the server's parameter, its version and value, and of secrets, each of a file.
printf '%q ' "$@" >> /var/log/aws-calls
echo >> /var/log/aws-calls
for last; do :; done
case $1 in
  ec2) echo "$last" >> /var/log/boot-statuses ;;
  cloudwatch) echo "$@" >> /var/log/metrics ;;
  ssm) cat {_PARAMETER} ;;
  secretsmanager) cat "{_SECRETS}/$4" ;;
esac
"""
_OF_PROGRAMS = ("DEBIAN/postinst", "etc/init.d/", "usr/bin/")
_numbers = itertools.count(1)


@contextmanager
def in_memory(directory: Path) -> Iterator[Path]:
    """The directory, in memory: machines write a great deal."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6g", "tmpfs", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def require_containers() -> None:
    """Skips the test, saying why, where no Debian can be booted; in CI it fails instead."""
    require("systemd-nspawn", "debootstrap", "dpkg-scanpackages", "dpkg-deb", "nsenter")
    if os.geteuid() != 0:
        unavailable("containers need root")


@dataclass(frozen=True)
class Base:
    """A small Debian, with a repository of the packages that machines may install."""

    root: Path

    @staticmethod
    def build(
        directory: Path, release: str, installed: Iterable[str], servers: Iterable[str], offered: Iterable[str] = ()
    ) -> Base:
        """Fetches a release of Debian from its mirror, and skips the test where there is none.

        ``installed`` are packages that it has, and ``servers`` are folders of server files: what those servers install
        is in its repository, and so are the packages ``offered``.

        What was fetched stays in the user's cache, beside the sandbox's hosts, and later runs unpack it.
        """
        base = Base(directory / f"debian-{release}")
        inside = ["dbus", "cloud-init", "openssh-server", *installed]
        outside = [*(package for server in servers for package in server_files.packages(server)), *offered]
        cache = default_cache_directory(os.environ) / "hosts"
        archive = cache / f"servers-{hashlib.sha256(f'{release} {inside} {outside}'.encode()).hexdigest()[:16]}.tar"
        try:
            if archive.exists():
                root_image.unpack(archive, base.root)
            else:
                root_image.unpack(root_image.smallest_debian(cache, release=RELEASES[release]), base.root)
                with root_image.processes_in(base.root):
                    base._inside("apt-get", "update")
                    base._inside("apt-get", "install", "--no-install-recommends", *inside)
                    base._inside("apt-get", "clean")
                    base._inside("apt-get", "install", "--download-only", *outside)
                base.offer((base.root / "var/cache/apt/archives").glob("*.deb"))
                new = archive.with_suffix(f".{os.getpid()}")
                root_image.pack(base.root, new)
                new.rename(archive)
        except RootImageError as missing:
            unavailable(str(missing))
        # As on a server's image, dpkg waits for the disk: what it counts as unpacked is there after a power failure.
        (base.root / "etc/dpkg/dpkg.cfg.d/unsafe-io").unlink()
        base._write("etc/apt/sources.list", f"deb [trusted=yes] file:{_REPOSITORY} ./\n")
        base._write("etc/cloud/cloud.cfg.d/99_test.cfg", json.dumps(_CLOUD_INIT))
        # A container's console is no serial line: its login would hang up what writes to it.
        (base.root / "etc/systemd/system/console-getty.service").symlink_to("/dev/null")
        for name, content in (("curl", _CURL), ("aws", _AWS)):
            base._write(f"usr/local/bin/{name}", content).chmod(0o755)
        unit = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
        package(
            base.root / _AGENT.lstrip("/"),
            "amazon-ssm-agent",
            "3.3",
            {"lib/systemd/system/amazon-ssm-agent.service": unit, "var/lib/amazon/ssm/README": "state\n"},
        )
        package(base.root / _PLUGIN.lstrip("/"), "session-manager-plugin", "1.2", {})
        return base

    def offer(self, archives: Iterable[Path]) -> None:
        """Puts packages into the repository."""
        repository = self.root / _REPOSITORY.lstrip("/")
        repository.mkdir(exist_ok=True)
        for archive in archives:
            shutil.move(archive, repository / archive.name)
        listed = subprocess.run(
            ["dpkg-scanpackages", "--multiversion", "."], cwd=repository, check=True, capture_output=True
        )
        (repository / "Packages").write_bytes(listed.stdout)

    @contextmanager
    def without_packages(self) -> Iterator[None]:
        """For machines that are to have nothing to install from."""
        repository = self.root / _REPOSITORY.lstrip("/")
        away = repository.rename(repository.with_suffix(".away"))
        try:
            yield
        finally:
            away.rename(repository)

    def keep_secret(self, arn: str, value: Mapping[str, str]) -> None:
        """Puts a secret where machines that ask Secrets Manager for it get it."""
        self._write(f"{_SECRETS.lstrip('/')}/{arn}", json.dumps(value))

    def _write(self, path: str, content: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        return target

    def _inside(self, *command: str) -> None:
        ran = _run(["chroot", str(self.root), "env", "DEBIAN_FRONTEND=noninteractive", *command, "--yes"])
        assert ran.returncode == 0, ran.stdout + ran.stderr


class Machine:
    """A machine that runs. What it writes lies in ``changes``, and another machine may be made of it."""

    def __init__(self, root: Path, changes: tuple[Path, ...], leader: int) -> None:
        self.root, self.changes, self._leader = root, changes, leader

    @property
    def console(self) -> str:
        """What its console has shown so far."""
        return _console(self.root).read_text(errors="replace").replace("\r", "")

    def run(self, *command: str) -> str:
        """What a command prints on the machine. Raises ``AssertionError`` with all that it said when it fails."""
        ran = self.attempt(*command)
        assert ran.returncode == 0, f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return _run([*self.inside, *command])

    def _wait_for_boot(self, seconds: float) -> None:
        try:
            _run([*self.inside, "cloud-init", "status", "--wait"], seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the boot took more than {seconds:g} s\n{self._said()}") from None

    def _wait_until(self, condition: Callable[[Machine], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition(self):
            if time.monotonic() > deadline:
                raise AssertionError(f"the boot has not got that far in {seconds:g} s\n{self._said()}")
            time.sleep(0.02)

    def _said(self) -> str:
        said = {
            "console": self.console,
            "boot-platform.log": self.read("/var/log/boot-platform.log"),
            "cloud-init-output.log": self.read("/var/log/cloud-init-output.log"),
            "jobs": self.attempt("systemctl", "list-jobs", "--no-pager").stdout,
            "processes": self.attempt("systemd-cgls", "--no-pager", "--full").stdout,
        }
        return "\n".join(f"--- {name}\n{text.rstrip()}" for name, text in said.items())

    @property
    def inside(self) -> tuple[str, ...]:
        """What stands before a command so that it runs on the machine."""
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        enter = ("nsenter", "--target", str(self._leader), "--all", "--root", "--wd")
        return (*enter, "env", "--ignore-environment", path)

    def give(self, configuration: ServerConfiguration, *, version: int) -> None:
        """Puts a new version of its configuration into the parameter that it reads."""
        write_parameter(self.root, configuration, version)

    def read(self, path: str) -> str:
        """A file of the machine's; empty when there is none."""
        file = self.root / path.lstrip("/")
        return file.read_text() if file.exists() else ""


@contextmanager
def boot(
    directory: Path,
    lower: tuple[Path, ...],
    user_data: str | None = None,
    configuration: ServerConfiguration | None = None,
    *,
    namespace: str | None = None,
    volumes: Mapping[str, Path] = MappingProxyType({}),
    seconds: float = _SECONDS_TO_BOOT,
    keep: bool = False,
    disk: Path | None = None,
    until: Callable[[Machine], bool] | None = None,
) -> Iterator[Machine]:
    """A machine on top of the systems ``lower``, the first of which counts most, once cloud-init has run ``user_data``.

    ``configuration`` is the first version of what it applies. ``namespace`` is the network that it has instead of an
    empty one, and ``volumes`` are directories that outlive it, by where it has them. The machine ends with the block,
    and what it wrote is gone then, unless that is to ``keep``. With a ``disk``, a directory, it writes there, and
    another boot with the same disk is the next boot of the same machine. Instead of the end of the boot, a moment of it
    may be waited for: when ``until`` is true. A boot that takes longer than ``seconds`` raises ``AssertionError`` with
    what the machine says of it.
    """
    number = next(_numbers)
    name = f"magento-{os.getpid()}-{number}"
    parts = ("changes", "work", "root")
    upper, work, root = (directory / f"{part}-{number}" for part in parts)
    if disk:
        upper, work = (disk / part for part in parts[:2])
    for each in (upper, work, root):
        each.mkdir(exist_ok=disk is not None)
    with ExitStack() as stack:
        if not keep and disk is None:
            stack.callback(shutil.rmtree, upper)
        layers = f"lowerdir={':'.join(map(str, lower))},upperdir={upper},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, root], check=True)
        stack.callback(_run, ["umount", "--lazy", str(root)])
        seed = root / "var/lib/cloud/seed/nocloud-net"
        seed.mkdir(parents=True, exist_ok=True)
        instance = f"i-{number}" if disk is None else "i-of-the-disk"
        (seed / "meta-data").write_text(json.dumps({"instance-id": instance, "local-hostname": "server"}))
        (seed / "user-data").write_text(user_data or "#cloud-config\n{}\n")
        if configuration:
            write_parameter(root, configuration, 1)
        if namespace is None:
            namespace = name
            subprocess.run(["ip", "netns", "add", name], check=True)
            stack.callback(_run, ["ip", "netns", "delete", name])
            subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        container = _container(root, name, namespace, volumes)
        machine = Machine(root, (upper, *lower), stack.enter_context(container))
        if until:
            machine._wait_until(until, seconds)
        else:
            machine._wait_for_boot(seconds)
        yield machine


def write_parameter(root: Path, configuration: ServerConfiguration, version: int) -> None:
    """Puts a configuration into the parameter that a machine of this system reads."""
    (root / _PARAMETER.lstrip("/")).write_text(f"{version}\t{configuration.value()}\n")


@contextmanager
def _container(root: Path, name: str, namespace: str, volumes: Mapping[str, Path]) -> Iterator[int]:
    """systemd as the first process of a container; gives its process id out here."""
    groups = [Path("/sys/fs/cgroup") / each / name for each in ("systemd", "unified", "") if _holds_groups(each)]
    with _console(root).open("wb") as log:
        process = subprocess.Popen(
            [
                *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", "--console=read-only"),
                *(f"--bind={device}" for device in ("/dev/net/tun",) if Path(device).exists()),
                *(f"--bind={directory}:{mount_point}" for mount_point, directory in volumes.items()),
                *("--directory", root, f"--network-namespace-path=/run/netns/{namespace}", "--resolv-conf=off"),
                *("--capability=all", f"--drop-capability={_CAPABILITIES_OF_THE_HOST}"),
            ],
            # Its own /tmp, as on an instance, and not one in memory.
            env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network", "SYSTEMD_NSPAWN_TMPFS_TMP": "0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: _enter(groups),
        )
    leader = None
    try:
        leader = _leader(process)
        yield leader
    finally:
        # As if its plug were pulled: what it wrote is in its overlay all the same, and a shutdown takes its time.
        with suppress(ProcessLookupError):
            os.kill(leader or process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        for group in groups:
            _remove(group)


def _console(root: Path) -> Path:
    return root.parent / f"{root.name}.log"


def _remove(group: Path) -> None:
    """With the groups in it, once the last of their processes is gone."""
    deadline = time.monotonic() + 20
    for each in (*sorted(group.rglob("*/"), reverse=True), group):
        while True:
            try:
                each.rmdir()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _holds_groups(hierarchy: str) -> bool:
    return (Path("/sys/fs/cgroup") / hierarchy / "cgroup.procs").exists()


def _enter(groups: list[Path]) -> None:
    """A separate control group: without it, two containers would share one."""
    for group in groups:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(os.getpid()))


def _leader(process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        time.sleep(0.1)
    raise AssertionError("systemd did not start in the container")


def package(archive: Path, name: str, version: str, files: Mapping[str, str]) -> None:
    """Makes a Debian package of files, by their paths. Those for programs and the package's scripts can be run."""
    tree = archive.parent / f"{name}-{version}"
    for path, content in {**files, "DEBIAN/control": _control(name, version)}.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        if path.startswith(_OF_PROGRAMS):
            target.chmod(0o755)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, archive], check=True, capture_output=True)
    shutil.rmtree(tree)


def _control(name: str, version: str) -> str:
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Tests <tests@client.url>\n"
        f"Description: takes the place of {name}\n"
    )


def _run(command: list[str], seconds: float = _SECONDS_OF_A_COMMAND) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False
    )
