"""A machine: systemd in namespaces (mount, process, host name, network), over an overlay of the root image."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sandbox.hosts.control_group import ControlGroup
from sandbox.hosts.root_image import RootImage
from sandbox.hosts.shells import Shell, as_ssm_user

_SECONDS_TO_START = 30
_CAPABILITIES_OF_THE_COMPUTER = "CAP_SYS_TIME,CAP_SYS_BOOT,CAP_SYS_MODULE,CAP_SYSLOG,CAP_SYS_RAWIO"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class MachineError(RuntimeError):
    """A machine could not be started. The message is one line, with the end of what it said."""


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """What a command on a machine ended with."""

    return_code: int
    """As a shell gives it: 128 + signal when a signal ended it, 124 when its time was up."""
    standard_output: str
    standard_error: str


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """What a machine is made of."""

    name: str
    """Its host name, such as ``i-0123456789abcdef0``: at most 64 letters, digits and hyphens."""
    directory: Path
    """An absolute path for everything that it writes. ``start`` makes it, ``stop`` removes it."""
    image: RootImage
    network_namespace: str
    """The name of its network, as ``ip netns list`` shows it. The caller makes it before ``start``, and removes it."""
    hosts: str = "127.0.0.1 localhost\n"
    """The content of /etc/hosts."""
    resolv_conf: str = ""
    """The content of /etc/resolv.conf."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that every process on the machine sees, such as ``AWS_ENDPOINT_URL``. No line breaks."""
    binds: Mapping[str, Path] = field(default_factory=dict)
    """Directories of this computer that the machine sees, by their path on the machine, with what is mounted in them.

    What is mounted later appears too, if the directory is a shared mount (``mount --make-shared``)."""
    memory_mib: int | None = None
    """What /proc/meminfo says of its memory, so that hooks size PHP as on the instance type. It is not a limit."""
    certificate_authority: Path | None = None
    """The certificate in PEM that the machine trusts, in the place of those of its distribution."""


class Machine:
    """A machine that runs between ``start`` and ``stop``, and at most as long as this process."""

    def __init__(self, args: MachineArgs) -> None:
        self.args = args
        self.group = ControlGroup.of(args.directory)
        self._numbers = itertools.count(1)
        self._leader = 0

    @property
    def root(self) -> Path:
        """Its file system as this computer sees it, without what it mounts itself. Do not follow links in it."""
        return self.args.directory / "root"

    @property
    def running(self) -> bool:
        """Whether its first process lives."""
        try:
            state = Path(f"/proc/{self._leader}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        # A process that has ended and that nobody has asked about yet.
        return state not in "ZX"

    def start(self) -> None:
        """Start it, and wait until its systemd has started what it starts: under a second. Raises ``MachineError``."""
        remove(self.args.directory)
        _watchdog.watch(self.args.directory)
        try:
            self._mount()
            self._write_files()
            self._trust()
            self._boot()
            self._show_memory()
        except (OSError, subprocess.CalledProcessError) as failure:
            said = failure.stderr if isinstance(failure, subprocess.CalledProcessError) else str(failure)
            self.stop()
            raise MachineError(f"{self.args.name}: {said.strip()}") from failure
        except BaseException:
            self.stop()
            raise

    def run(
        self,
        command: Sequence[str],
        *,
        timeout_seconds: float = 60,
        working_directory: str = "/",
        environment: Mapping[str, str] | None = None,
        standard_input: str | Path = "",
    ) -> CommandResult:
        """What a command ends with. When its time is up, the command and all that it started are killed.

        It runs as root, with the machine's variables, ``environment`` and a PATH; as with Amazon's agents, there is no
        HOME. Services that it starts through systemctl are systemd's, and live on. ``standard_input`` is text or a file
        of this computer. Raises ``MachineError`` when the machine does not run.
        """
        if not self.running:
            raise MachineError(f"{self.args.name}: got a command while it does not run, expected start() first")
        group = ControlGroup(name=f"{self.group.name}/command-{next(self._numbers)}")
        group.create()
        with _reading(standard_input) as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            inside = self._inside(command, working_directory, environment or {})
            process = subprocess.Popen(
                group.entering(inside), stdin=read, stdout=out, stderr=err, start_new_session=True
            )
            try:
                code = process.wait(timeout=timeout_seconds)
            except subprocess.TimeoutExpired:
                code = 124
            except BaseException:
                group.kill()
                raise
            if code == 124:
                group.kill()
                process.wait()
            group.remove()
            out.seek(0)
            err.seek(0)
            return CommandResult(
                return_code=128 - code if code < 0 else code,
                standard_output=out.read().decode(errors="replace"),
                standard_error=err.read().decode(errors="replace"),
            )

    def spawn(
        self, command: Sequence[str], log: Path, *, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command that runs until it is ended, or the machine stops. What it says is added to ``log``."""
        group = ControlGroup(name=f"{self.group.name}/command-{next(self._numbers)}")
        group.create()
        with log.open("ab") as output:
            return subprocess.Popen(
                group.entering(self._inside(command, "/", environment or {})),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def open_shell(self) -> Shell:
        """A shell as Systems Manager's agent opens it for a session. It ends with the machine at the latest.

        Raises ``MachineError`` when the machine does not run.
        """
        if not self.running:
            raise MachineError(f"{self.args.name}: got a session while it does not run, expected start() first")
        return Shell(as_ssm_user(self._inside([], "/", {})))

    def write(self, path: str, content: str, *, mode: int = 0o644) -> None:
        """Write a file of root's on the running machine, whole: beside its place, then moved."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"'
        written = self.run(["sh", "-c", script, "sh", path, f"{mode:o}"], standard_input=content)
        if written.return_code:
            raise MachineError(f"{self.args.name}:{path}: {written.standard_error.strip()}")

    def read(self, path: str) -> str | None:
        """The content of a file of the running machine, or None when there is none."""
        shown = self.run(["cat", path])
        return shown.standard_output if shown.return_code == 0 else None

    def stop(self) -> None:
        """End every process of it, and remove its directory. Stopping one that does not run is fine."""
        remove(self.args.directory)
        _watchdog.forget(self.args.directory)
        self._leader = 0

    def _mount(self) -> None:
        upper, work = self.args.directory / "upper", self.args.directory / "work"
        for each in (upper, work, self.root):
            each.mkdir(parents=True)
        lower = ":".join(str(layer) for layer in self.args.image.layers)
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        _run(["mount", "-t", "overlay", "overlay", "-o", options, str(self.root)])

    def _write_files(self) -> None:
        # The machine does not run yet, and the image's own links at these places are replaced, not followed.
        quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in self._environment().items()}
        lines = "".join(f'{name}="{value}"\n' for name, value in quoted.items())
        defaults = " ".join(f'"{name}={value.replace("%", "%%")}"' for name, value in quoted.items())
        files = {
            "etc/hosts": self.args.hosts,
            "etc/resolv.conf": self.args.resolv_conf,
            "etc/hostname": f"{self.args.name}\n",
            # cron and logins read the first, services get the second.
            "etc/environment": f'PATH="{PATH}"\n{lines}',
            "etc/systemd/system.conf.d/environment.conf": f"[Manager]\nDefaultEnvironment={defaults}\n",
        }
        for path, content in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.write_text(content)

    def _trust(self) -> None:
        """As update-ca-certificates does it, which takes a second: in the bundle, and under the hash of its name.

        The bundle has no other certificate. No public server can be reached, and PHP reads the whole bundle for every
        connection with TLS: with the 140 of Debian that is 50 ms of CPU time for each connection to a cache.
        """
        if self.args.certificate_authority is None:
            return
        certificates = self.root / "etc/ssl/certs"
        shutil.copyfile(self.args.certificate_authority, certificates / "sandbox.pem")
        shutil.copyfile(self.args.certificate_authority, certificates / "ca-certificates.crt")
        hashed = _run(
            ["chroot", str(self.root), "openssl", "x509", "-noout", "-hash", "-in", "/etc/ssl/certs/sandbox.pem"]
        )
        (certificates / f"{hashed.stdout.strip()}.0").symlink_to("sandbox.pem")

    def _boot(self) -> None:
        self.group.create()
        log = self.args.directory / "console.log"
        nspawn = [
            *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", "--console=pipe"),
            *("--directory", str(self.root), f"--network-namespace-path=/run/netns/{self.args.network_namespace}"),
            *(f"--hostname={self.args.name}", "--resolv-conf=off", "--timezone=off"),
            *("--capability=all", f"--drop-capability={_CAPABILITIES_OF_THE_COMPUTER}"),
            *(f"--bind={outside}:{inside}" for inside, outside in self.args.binds.items()),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.group.entering(nspawn),
                # Its own /tmp on its disk, as on an instance, and not one in memory.
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network", "SYSTEMD_NSPAWN_TMPFS_TMP": "0"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        # Ends with the machine; this thread takes its exit status, so that no zombie is left.
        threading.Thread(target=process.wait, daemon=True).start()
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline and process.poll() is None:
            self._leader = self._leader or _systemd_below(process.pid)
            if self._leader and self._state() in {"running", "degraded"}:
                return
            time.sleep(0.02)
        raise OSError(f"systemd did not start in {_SECONDS_TO_START} s: {log.read_text(errors='replace')[-500:]}")

    def _show_memory(self) -> None:
        if self.args.memory_mib is not None:
            total = self.args.memory_mib * 1024
            lines = {
                "MemTotal": total,
                "MemFree": total // 2,
                "MemAvailable": total // 2,
                "SwapTotal": 0,
                "SwapFree": 0,
            }
            self.write("/run/meminfo", "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in lines.items()))
            self.run(["mount", "--bind", "/run/meminfo", "/proc/meminfo"])

    def _state(self) -> str:
        asked = _run([*self._inside(["systemctl", "is-system-running"], "/", {})], check=False)
        return asked.stdout.strip()

    def _environment(self) -> dict[str, str]:
        return dict(self.args.environment)

    def _inside(self, command: Sequence[str], working_directory: str, environment: Mapping[str, str]) -> list[str]:
        variables = {"PATH": PATH, **self._environment(), **environment}
        return [
            *("nsenter", "--target", str(self._leader), "--all", "--root", "--wd"),
            *("env", "--ignore-environment", f"--chdir={working_directory}"),
            *(f"{name}={value}" for name, value in variables.items()),
            *command,
        ]


def _reading(source: str | Path) -> IO[bytes]:
    """A file to read from, never a pipe: the reader may end early."""
    if isinstance(source, Path):
        return source.open("rb")
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes it
    file.write(source.encode())
    file.seek(0)
    return file


def remove(directory: Path) -> None:
    """End the machine whose files are in ``directory``, if there is one, and remove it."""
    group = ControlGroup.of(directory)
    group.kill()
    group.remove()
    root = directory / "root"
    for _ in range(10):
        if not root.is_mount():
            break
        _run(["umount", "--lazy", str(root)])
    shutil.rmtree(directory, ignore_errors=True)


def sweep(directory: Path) -> list[str]:
    """End and remove the machines with a directory in ``directory``, left by a process that was killed. Their names."""
    machines = [each for each in directory.glob("*") if (each / "root").is_dir() and (each / "upper").is_dir()]
    for machine in machines:
        remove(machine)
    return [machine.name for machine in machines]


class _Watchdog:
    """A process that ends this process's machines when this process is gone, however it went."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def watch(self, directory: Path) -> None:
        self._say(f"+{directory}")

    def forget(self, directory: Path) -> None:
        self._say(f"-{directory}")

    def _say(self, line: str) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "sandbox.hosts.watchdog"],
                    cwd=Path(__file__).parents[2],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    text=True,
                    # Ctrl-C in a terminal goes to this process, which stops its machines itself.
                    start_new_session=True,
                )
            assert self._process.stdin is not None
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


_watchdog = _Watchdog()


def _systemd_below(process: int) -> int:
    """The machine's first process, or 0 while systemd-nspawn has not started it."""
    with suppress(OSError):
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
    return 0


def _run(command: Sequence[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=check, timeout=_SECONDS_TO_START
    )
