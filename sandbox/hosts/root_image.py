"""The file system that machines start from: a Debian with nginx, PHP, Apache, MariaDB, Redis and HAProxy, built once.

It has two layers. The lower one is Debian with its packages, which takes minutes. The upper one has the files of
``image_files`` and the Beanstalk platform, which takes a moment, so that a change of those needs no new Debian.

Debian's smallest system, which that begins with, is fetched once too: tests make servers of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RELEASE = "bookworm"
"""Debian's release that hosts run, by its name."""
_MIRROR = "http://deb.debian.org/debian"
_INCLUDED = "systemd-sysv,iproute2,procps,ca-certificates"
_AS_IT_IS = ("--numeric-owner", "--xattrs", "--xattrs-include=*", "--one-file-system")
_HERE = Path(__file__).resolve().parent
_ARRANGE = _HERE / "arrange_debian.sh"
_PACKAGES = _HERE / "packages.txt"
_FILES = _HERE / "image_files"
_PLATFORM = _HERE / "beanstalk_platform"
PLATFORM_PATH = "/opt/elasticbeanstalk/lib"
"""Where Python finds the platform engine on a machine."""
_UNFINISHED = "unfinished-"
_FREE_GIB = 3.0
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PROGRAMS = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "mount": "mount",
}
"""Programs that images and machines need, and the Debian or Ubuntu package of each."""


class RootImageError(RuntimeError):
    """The image cannot be built here. The message says in one line what is missing."""


@dataclass(frozen=True, kw_only=True)
class RootImage:
    """Directories to mount one over another, the first on top. Nothing may write to them."""

    layers: tuple[Path, ...]

    @staticmethod
    def ensure(cache: Path, report: Callable[[str], None] = print) -> RootImage:
        """The image of this recipe in the directory ``cache``. If there is none, it is built: 3 minutes, 1 GiB.

        Programs that this computer lacks are installed first. ``report`` gets a line for each step of a build, and none
        otherwise. Raises ``RootImageError``: not root, no Debian or Ubuntu, no space, or a step that failed.
        """
        require()
        _install_programs(report)
        cache.mkdir(parents=True, exist_ok=True)
        debian = cache / f"debian-{_digest(_PACKAGES, _ARRANGE)}"
        platform = cache / f"platform-{_digest(_FILES, _PLATFORM)}"
        image = RootImage(layers=(platform, debian))
        if all(layer.is_dir() for layer in image.layers):
            return image
        with _lock(cache):
            _remove_unfinished(cache)
            if not debian.is_dir():
                archive = _smallest(cache, report, RELEASE)
                _in_one_piece(debian, lambda root: _build_debian(root, archive, report))
            if not platform.is_dir():
                _in_one_piece(platform, _build_platform)
        return image


def smallest_debian(cache: Path, report: Callable[[str], None] = print, *, release: str = RELEASE) -> Path:
    """An archive of a Debian release's smallest system, for ``unpack``. It is in the directory ``cache``, maybe since
    long ago.

    Raises ``RootImageError`` where no image can be built.
    """
    require()
    _install_programs(report)
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache):
        _remove_unfinished(cache)
        return _smallest(cache, report, release)


def pack(root: Path, archive: Path) -> None:
    """Make an archive of a Debian that does not run, with its owners and what programs may do."""
    _run(["tar", "--create", "--file", str(archive), "--directory", str(root), *_AS_IT_IS, "."])


def unpack(archive: Path, root: Path) -> None:
    """Make the directory ``root`` of an archive."""
    root.mkdir()
    _run(["tar", "--extract", "--file", str(archive), "--directory", str(root), *_AS_IT_IS])


@contextmanager
def processes_in(root: Path) -> Iterator[None]:
    """With ``/proc`` in a Debian that does not run: packages that are installed look there."""
    _run(["mount", "-t", "proc", "proc", str(root / "proc")])
    try:
        yield
    finally:
        _run(["umount", "--lazy", str(root / "proc")])


def require() -> None:
    """Raise ``RootImageError`` with one line unless machines can be made here."""
    if os.geteuid() != 0:
        raise RootImageError("hosts need root: got another user, expected root. Run the command with sudo.")
    if shutil.which("apt-get") is None:
        raise RootImageError("hosts need Debian or Ubuntu: got no apt-get. Use a machine with one of them.")


def _install_programs(report: Callable[[str], None]) -> None:
    packages = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if not _KEYRING.exists():
        packages.append("debian-archive-keyring")
    if packages:
        report(f"Installing what hosts need: {', '.join(packages)}")
        _run(["apt-get", "update", "--quiet"])
        _run(["apt-get", "install", "--yes", "--no-install-recommends", *packages], DEBIAN_FRONTEND="noninteractive")


def _smallest(cache: Path, report: Callable[[str], None], release: str) -> Path:
    archive = cache / f"smallest-{_digest(release=release)}.tar"
    free = shutil.disk_usage(cache).free / 1024**3
    if free < _FREE_GIB:
        raise RootImageError(
            f"{cache}: got {free:.1f} GiB of free disk space, expected {_FREE_GIB:g}. Free some space."
        )
    if not archive.exists():
        report(f"Fetching Debian's release {release} from {_MIRROR}, once")
        _in_one_piece(archive, lambda fetched: _fetch_smallest(fetched, release))
    return archive


def _fetch_smallest(archive: Path, release: str) -> None:
    # In memory: debootstrap waits for the disk after each file.
    root = archive.parent / "memory"
    root.mkdir()
    _run(["mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", str(root)])
    keyring = f"--keyring={_KEYRING}"
    _run(["debootstrap", "--variant=minbase", keyring, f"--include={_INCLUDED}", release, str(root), _MIRROR])
    # Nothing of an unfinished build outlives it: dpkg need not wait for the disk.
    (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
    pack(root, archive)


def _build_debian(root: Path, smallest: Path, report: Callable[[str], None]) -> None:
    started = time.monotonic()
    packages = _PACKAGES.read_text().split()
    report(f"Building the hosts' Debian, once: about 2 minutes and 1 GiB. Installing {len(packages)} packages")
    unpack(smallest, root)
    # Packages must not start their services here.
    denied = root / "usr/sbin/policy-rc.d"
    denied.write_text("#!/bin/sh\nexit 101\n")
    denied.chmod(0o755)
    plain = ("env", "--ignore-environment", f"PATH={os.defpath}:/usr/sbin:/sbin", "DEBIAN_FRONTEND=noninteractive")
    inside = ["chroot", str(root), *plain]
    with processes_in(root):
        # The archive's lists of packages may be old.
        _run([*inside, "apt-get", "update", "--quiet"])
        _run([*inside, "apt-get", "install", "--yes", "--no-install-recommends", *packages])
        report("  arranging it as Amazon Linux is")
        shutil.copy(_ARRANGE, root / "arrange")
        _run([*inside, "bash", "/arrange"])
    (root / "arrange").unlink()
    denied.unlink()
    report(f"  done in {time.monotonic() - started:.0f} s")


def _build_platform(root: Path) -> None:
    root.mkdir()
    for source, target in (
        (_FILES, root),
        (_PLATFORM, root / PLATFORM_PATH.lstrip("/") / "sandbox/hosts/beanstalk_platform"),
    ):
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (root, *root.rglob("*")):
        os.chown(path, 0, 0, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _in_one_piece(target: Path, build: Callable[[Path], None]) -> None:
    """Build beside the target and rename: a build that is killed leaves no image, only what the next one removes."""
    beside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    beside.chmod(0o755)
    try:
        build(beside / "root")
        (beside / "root").rename(target)
    finally:
        _remove_tree(beside)


def _remove_unfinished(cache: Path) -> None:
    for beside in cache.glob(f"{_UNFINISHED}*"):
        _remove_tree(beside)


def _remove_tree(directory: Path) -> None:
    """Remove it, with what debootstrap or a package has mounted in it: a mounted /proc must not be emptied."""
    mounted = [line.split()[1].replace("\\040", " ") for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed(mounted):
        if mount.startswith(f"{directory}/"):
            subprocess.run(["umount", "--lazy", mount], check=True, capture_output=True)
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _lock(cache: Path) -> Iterator[None]:
    """One build at a time. The lock ends with the process."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(*sources: Path, release: str = RELEASE) -> str:
    """What the recipe is: names, modes and contents of these files, and of the files in these directories."""
    digest = hashlib.sha256(f"{release} {_MIRROR}".encode())
    for source in sources:
        files = (
            [source]
            if source.is_file()
            else sorted(path for path in source.rglob("*") if "__pycache__" not in path.parts)
        )
        for file in files:
            digest.update(f"\0{file.relative_to(_HERE)}\0".encode())
            if file.is_symlink():
                digest.update(os.readlink(file).encode())
            elif file.is_file():
                digest.update(f"{file.stat().st_mode & 0o100:o}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _run(command: list[str], **variables: str) -> None:
    environment = {**os.environ, **variables}
    ran = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, env=environment
    )
    if ran.returncode != 0:
        last = " | ".join(f"{ran.stdout}{ran.stderr}".strip().splitlines()[-3:])
        raise RootImageError(f"{command[0]}: got exit code {ran.returncode}, expected 0: {last}")
