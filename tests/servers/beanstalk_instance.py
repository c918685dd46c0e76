"""A Beanstalk instance for hooks to run on: a copy-on-write root of this machine in a mount namespace of its own.

Real are bash, PHP, users, permissions, mounts and locks. Programs that ask AWS, a package repository or systemd are
stand-ins in `/usr/local/bin`; each records how it was called. A share of the file server is a directory outside the
instance, mounted by the ``mount`` that hooks call: two instances can have the same one.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from tests.servers.programs import require, unavailable

PHASES = ("prebuild", "predeploy", "postdeploy")
_NUMBERS = itertools.count(1)

_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_RECORDS_ITS_CALL = """#!/bin/bash
{ printf '%s' "${0##*/}"; printf '\\t%s' "$@"; echo; } >> /run/calls
"""
_STAND_INS: Mapping[str, str] = {
    "aws": "",
    "dnf": 'mkdir -p /run/installed; touch "/run/installed/${!#}"',
    "rpm": "[[ -e /run/installed/${!#} ]]",
    "logger": "cat >> /run/journal",
    "systemctl": "",
    # The instance's metadata, to a caller with a token, and RDS's certificates.
    "curl": """
case "$*" in
  */api/token) echo secret ;;
  *"metadata-token: secret "*/instance-id) cat /run/instance-id ;;
  *"metadata-token: secret "*/placement/region) echo eu-west-3 ;;
  *"metadata-token: secret "*/local-ipv4) echo 10.0.101.7 ;;
  *global-bundle.pem) while [[ $1 != --output ]]; do shift; done; echo certificates > "$2" ;;
  *) exit 22 ;;
esac""",
    # Called as mount -t nfs4 -o OPTIONS SERVER:DIRECTORY TARGET; findmnt then names the server.
    "mount": """
mkdir -p /run/sources
echo "$5" > "/run/sources/${6//\\//_}"
exec /bin/mount --bind "${5#*:}" "$6\"""",
    "findmnt": 'mountpoint -q "$5" && cat "/run/sources/${5//\\//_}"',
    "mount.nfs4": "exit 1",
}
_KILLER = """
set -o functrace
trap 'printf "\\n" >> /run/commands; mapfile -t __commands < /run/commands
  if ((${#__commands[@]} == KILL_AT)); then kill -9 0; fi' DEBUG
"""
# What changes at each run, or only repeats what is listed elsewhere.
_UNLISTED = re.compile(r"/run|/tmp|/etc/(passwd|shadow|group|gshadow)-|/etc/\.pwd\.lock|/root|.*/__pycache__.*")


class BeanstalkInstance(AbstractContextManager["BeanstalkInstance"]):
    """Runs deployments with hooks as Beanstalk does. ``properties`` are the environment's; change them at will."""

    def __init__(
        self,
        base: Path,
        *,
        properties: Mapping[str, str],
        shares: Path | None = None,
        stand_ins: Mapping[str, str] | None = None,
        instance_id: str | None = None,
    ) -> None:
        require("unshare", "nsenter", "php", "runuser", "flock", "useradd")
        if os.geteuid() != 0:
            unavailable("an instance with users and mounts of its own needs root")
        self.properties = dict(properties)
        self._number = next(_NUMBERS)
        self.base = base / f"instance-{self._number}"
        self._shares = shares
        for directory in ("state", "prepared/usr/local/bin", "prepared/run", "bundle"):
            (self.base / directory).mkdir(parents=True)
        for name, then in {**_STAND_INS, **(stand_ins or {})}.items():
            self._prepare(f"usr/local/bin/{name}", f"{_RECORDS_ITS_CALL}{then}\n")
        self._prepare("opt/elasticbeanstalk/bin/get-config", "#!/bin/bash\ncat /run/properties\n")
        self._prepare("run/instance-id", f"{instance_id or f'i-{self._number:017x}'}\n")
        self._prepare("run/killer", _KILLER)
        self._prepare("etc/fstab", "UUID=1 / xfs defaults 0 0\n")

    def __enter__(self) -> BeanstalkInstance:
        state = self.base / "state"
        shares = f"mount --bind {self._shares} {state}/root/srv" if self._shares else ""
        self._holder = subprocess.Popen(
            [
                *("unshare", "--mount", "bash", "-euc"),
                f"""
                mount -t tmpfs state {state}
                mkdir {state}/upper {state}/work {state}/root
                cp --archive {self.base}/prepared/. {state}/upper
                chmod 0755 {state}/upper
                mount -t overlay instance -o lowerdir=/,upperdir={state}/upper,workdir={state}/work {state}/root
                mount --bind /proc {state}/root/proc
                mount --bind /dev {state}/root/dev
                {shares}
                chroot {state}/root groupadd --gid 900 webapp
                chroot {state}/root useradd --uid 900 --gid 900 --no-create-home --shell /sbin/nologin webapp
                mkdir -p {state}/root/var/app {state}/root/etc/cron.d {state}/root/etc/logrotate.d
                echo up
                exec sleep infinity
                """,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stderr is not None
        if self._holder.stdout.readline() != "up\n":
            said = self._holder.stderr.read()
            self.__exit__()
            unavailable(f"no copy-on-write root: {said.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.communicate()

    def _prepare(self, path: str, content: str) -> None:
        file = self.base / "prepared" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o755)

    def _at(self, path: str) -> Path:
        """Where this machine sees a path of the instance that no link leads through."""
        return Path(f"/proc/{self._holder.pid}/root{self.base}/state/root{path}")

    # What is on it

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def write(self, path: str, content: str, *, mode: int = 0o644) -> None:
        file = self._at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(mode)

    def stand_in(self, program: str, then: str) -> None:
        self.write(f"/usr/local/bin/{program}", f"{_RECORDS_ITS_CALL}{then}\n", mode=0o755)

    def exists(self, path: str) -> bool:
        return os.path.lexists(self._at(path))

    def owner_and_mode(self, path: str) -> str:
        """Such as ``webapp:webapp 640``."""
        return self.run("stat", "--format=%U:%G %a", path).stdout.strip()

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of each call of a stand-in so far."""
        recorded = self._at("/run/calls")
        lines = recorded.read_text().splitlines() if recorded.exists() else []
        called = [line.split("\t") for line in lines]
        return [arguments for name, *arguments in called if name == program]

    def run(self, *command: str, user: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self._run([*(("runuser", "-u", user, "--") if user else ()), *command], "/", {}, check=check)

    def tree(self) -> dict[str, str]:
        """Every file, link and directory that the instance has more than this machine, or other than it: its owner,
        mode and content. The mounts and the shares too."""
        upper = self._at("/").parent.joinpath("upper")
        listed = dict(_listed(upper))
        mounts = Path(f"/proc/{self._holder.pid}/mountinfo").read_text().splitlines()
        root = f"{self.base}/state/root"
        for _, _, _, source, target, *_ in (line.split() for line in mounts):
            if target.startswith(f"{root}/mnt"):
                listed[f"mount {target.removeprefix(root)}"] = Path(source).name
        if self._shares:
            listed |= {f"share {path}": entry for path, entry in _listed(self._shares)}
        return listed

    # Deployments

    def stage(self, bundle: Path) -> None:
        """Unpack a bundle to where the next release is made. All of it is root's, as after unzip."""
        staging = self._at("/var/app/staging")
        if staging.exists():
            shutil.rmtree(staging)
        shutil.copytree(bundle, staging, symlinks=True)

    def deploy(self, bundle: Path) -> None:
        """A deployment of a version. Raises ``CalledProcessError`` when a hook fails, and keeps the running release."""
        self._deployment(bundle, "hooks")

    def configure(self, bundle: Path, **properties: str) -> None:
        """A change of configuration alone: the bundle of the running version once more, and its confighooks."""
        self.properties.update(properties)
        self._deployment(bundle, "confighooks")

    def _deployment(self, bundle: Path, kind: str) -> None:
        self.stage(bundle)
        for phase in PHASES:
            for hook in self.hooks(kind, phase):
                self.hook(hook)
            if phase == "predeploy":
                self.flip()

    def flip(self) -> None:
        self.run("rm", "-rf", "/var/app/current")
        self.run("mv", "/var/app/staging", "/var/app/current")

    def hooks(self, kind: str, phase: str) -> list[str]:
        """Paths below ``.platform``, in the order in which Beanstalk runs them."""
        directory = self._at(self._release(phase)) / ".platform" / kind / phase
        return [f"{kind}/{phase}/{path.name}" for path in sorted(directory.iterdir())] if directory.exists() else []

    def hook(self, hook: str, *, check: bool = True, kill_at: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run one hook as Beanstalk does: as root, in the release's directory, with the properties in its environment.

        With ``kill_at`` it is killed, with all that it started, before its command of that number.
        """
        release = self._release(hook.split("/")[1])
        self.write("/run/properties", json.dumps(self.properties))
        killer = {} if kill_at is None else {"BASH_ENV": "/run/killer", "KILL_AT": str(kill_at)}
        if killer:
            self.write("/run/commands", "", mode=0o666)
        return self._run([f"{release}/.platform/{hook}"], release, {**self.properties, **killer}, check=check)

    def start_hook(self, hook: str) -> subprocess.Popen[bytes]:
        """`hook`, without waiting for its end."""
        release = self._release(hook.split("/")[1])
        return self.start(f"{release}/.platform/{hook}", directory=release, environment=self.properties)

    def start(
        self, *command: str, directory: str = "/", output: IO[str] | None = None, environment: Mapping[str, str] = {}
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._inside(command, directory),
            env={"PATH": _PATH, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    @staticmethod
    def _release(phase: str) -> str:
        return "/var/app/current" if phase == "postdeploy" else "/var/app/staging"

    def _run(
        self, command: Iterable[str], directory: str, environment: Mapping[str, str], *, check: bool
    ) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            self._inside(command, directory),
            env={"PATH": _PATH, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            start_new_session=True,
        )
        if check and ran.returncode != 0:
            print(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}")
            ran.check_returncode()
        return ran

    def _inside(self, command: Iterable[str], directory: str) -> list[str]:
        return [
            *("nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", f"--root={self._at('/')}"),
            *(f"--wd={self._at(directory)}", *command),
        ]


def _listed(root: Path) -> Iterable[tuple[str, str]]:
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = Path(directory, name)
            inside = f"/{path.relative_to(root)}"
            if _UNLISTED.match(inside):
                continue
            found = path.lstat()
            if stat.S_ISCHR(found.st_mode):
                yield inside, "removed"
                continue
            content = ""
            if path.is_symlink():
                content = f"-> {path.readlink()}"
            elif path.is_file():
                read = path.read_bytes()
                if inside == "/etc/shadow":
                    # A password's salt is another each time.
                    read = re.sub(rb"\$[^:]+", b"set", read)
                content = hashlib.sha256(read).hexdigest()[:16]
            mode = "" if path.is_symlink() else f"{stat.S_IMODE(found.st_mode):o} "
            yield inside, f"{stat.filemode(found.st_mode)[0]} {mode}{found.st_uid}:{found.st_gid} {content}"


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """What of a tree is not as it was."""
    paths = sorted(before.keys() | after.keys())
    return {path: (before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)}


def killed_everywhere(
    undisturbed: BeanstalkInstance, disturbed: BeanstalkInstance, bring: Callable[[BeanstalkInstance], str]
) -> dict[str, tuple[str | None, str | None]]:
    """What is other on an instance where a hook was killed before its first command, then before its second, and so on
    to its end. Also runs it twice on the undisturbed instance, where the second run must change nothing.

    ``bring`` brings an instance to where the hook is next, and names the hook. Both instances must have the same id.
    """
    hook = bring(undisturbed)
    undisturbed.hook(hook)
    wanted = undisturbed.tree()
    undisturbed.hook(hook)
    assert differences(wanted, undisturbed.tree()) == {}, f"{hook}, run twice"

    assert bring(disturbed) == hook
    killed = itertools.count(1)
    while (ran := disturbed.hook(hook, check=False, kill_at=next(killed))).returncode != 0:
        # 128 and the signal's number, where another user's part of the hook was killed.
        assert ran.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), ran.stderr
    assert next(killed) > 3, f"{hook} was not killed"
    return differences(wanted, disturbed.tree())
