"""The shares of file servers: each EBS volume is a directory of this computer, which hosts mount as ``/srv/<name>``.

A host's ``mount -t nfs4 <server>:/srv/<name> <directory>`` calls ``image_files/usr/sbin/mount.nfs4``, which binds the
volume. What is in a volume stays when the fleet is started again. A server of NFS gives what root writes to the
export's owner (``all_squash``); here it stays root's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.hosts.state_document import FileServer

_OWNER = 900
"""The user ``webapp`` of Beanstalk's instances, to whom file servers give their exports."""
IN_HOSTS = "/run/file-servers"
"""Where a host has the directory of ``Shares.mounts``."""


class Shares:
    """Keeps a mount for each volume of the file servers: ``<mounts>/<address of the server>/<name of the volume>``."""

    def __init__(self, directory: Path) -> None:
        self._volumes = directory / "volumes"
        self.mounts = directory / "mounts"
        self._mounted: dict[Path, str] = {}

    def start(self) -> None:
        """Make ``mounts`` a place whose later mounts appear in hosts that have it already."""
        for each in (self._volumes, self.mounts):
            each.mkdir(parents=True, exist_ok=True, mode=0o755)
        _mount("--bind", str(self.mounts), str(self.mounts))
        _mount("--make-shared", str(self.mounts))

    def stop(self) -> None:
        for path in list(self._mounted):
            self._unmount(path)
        subprocess.run(["umount", "--lazy", str(self.mounts)], check=True)

    def follow(self, servers: Sequence[FileServer], names: Mapping[str, str]) -> None:
        """Mount these volumes and no others. ``names`` has the DNS name of each server by its address."""
        wanted: dict[Path, tuple[str, str]] = {
            self.mounts / server.address / name: (volume, f"{names.get(server.address, server.address)}:/srv/{name}")
            for server in servers
            for name, volume in server.volumes.items()
            if "/" not in name and name not in (".", "..")
        }
        for path in self._mounted.keys() - wanted.keys():
            self._unmount(path)
        kept = {volume for volume, _ in wanted.values()}
        for path in self._volumes.iterdir():
            if path.name not in kept:
                shutil.rmtree(path)
        for path, (volume, source) in wanted.items():
            if self._mounted.get(path) == source:
                continue
            if path in self._mounted:
                self._unmount(path)
            self._mount(path, volume, source)

    def _mount(self, path: Path, volume: str, source: str) -> None:
        """An overlay over nothing: unlike a bind mount it can be named, so that ``findmnt`` shows the server's name."""
        files, work, nothing = (self._volumes / volume / part for part in ("files", "work", "nothing"))
        for each in (files, work, nothing, path):
            each.mkdir(parents=True, exist_ok=True, mode=0o755)
        os.chown(files, _OWNER, _OWNER)
        _mount("-t", "overlay", "-o", f"lowerdir={nothing},upperdir={files},workdir={work}", source, str(path))
        self._mounted[path] = source

    def _unmount(self, path: Path) -> None:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
        del self._mounted[path]
        path.rmdir()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
