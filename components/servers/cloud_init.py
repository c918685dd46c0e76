"""The cloud-init document of a Linux server: what it does when it boots."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from components.servers import server_files
from components.shared.arguments import refuse
from settings.messages import Words

LOG = "/var/log/boot-platform.log"
"""The file with everything that the boot prints, on every server. The instance's console shows it too."""

MOST_USER_DATA_BYTES = 16 * 1024
"""EC2's limit, before base64 ("Instance user data")."""

_PACKAGES = "/etc/boot-platform/packages"
_SERVICES = "/etc/boot-platform/services"
_VOLUMES = "/etc/boot-platform/volumes"
_LOGS = "/etc/boot-platform/logs.json"
_CLOUD_INIT_LOG = "/var/log/cloud-init-output.log"
_SCRIPTS = "/etc/boot-platform/scripts"
_MOUNT = "/usr/local/sbin/mount-data-volumes"
_CONFIGURATION = "/etc/boot-platform/configuration.json"
_APPLY = "/usr/local/sbin/apply-configuration"
_COMMON_SCRIPTS = {
    "/usr/local/bin/instance-metadata": "boot/instance_metadata.sh",
    "/usr/local/sbin/boot-status": "boot/boot_status.sh",
    "/usr/local/sbin/publish-boot-status": "boot/publish_boot_status.sh",
    "/usr/local/sbin/publish-usage": "boot/publish_usage.sh",
    "/usr/local/sbin/publish-logs": "boot/publish_logs.py",
    "/usr/local/sbin/install-packages": "boot/install_packages.sh",
    "/usr/local/sbin/install-session-manager": "boot/install_session_manager.sh",
    _MOUNT: "boot/mount_data_volumes.sh",
    "/usr/local/sbin/boot-platform": "boot/boot_platform.sh",
}
_COMMON_FILES = {
    f"/etc/systemd/system/{unit}": f"boot/{unit}"
    for unit in (
        "publish-boot-status.service",
        "publish-boot-status.timer",
        "publish-logs.service",
        "publish-logs.timer",
        "publish-logs-at-end.service",
    )
}
_CONFIGURATION_UNITS = ("apply-configuration.service", "apply-configuration.timer")
_WRITTEN = "/var/lib/boot-platform/written"
# ext4 may write a file's name up to half a minute before what is in it. So after a power failure, files of user data
# may be empty, and cloud-init does not write them again: its record says that it has, once for the instance. Commands
# like this run at each boot, before files are written ("Module reference": Bootcmd, Write Files). It deletes the record
# until boot-platform has written the files through to the disk.
_WRITE_AGAIN = f"[ -e {_WRITTEN} ] || {{ rm -f /var/lib/cloud/instance/sem/config_write_files; sync; }}"
_OF_A_FUNCTION = re.compile(r'^ +""".*?"""\n', re.DOTALL | re.MULTILINE)
# cloud-init runs the files of this directory at each boot.
_EVERY_BOOT = "/var/lib/cloud/scripts/per-boot/boot-platform"


@dataclass(frozen=True, kw_only=True)
class BootFile:
    """A file on the server, owned by root."""

    path: str
    content: str
    mode: str = "0644"


@dataclass(frozen=True, kw_only=True)
class BootVolume:
    """An EBS volume, by its id, and the directory that it is mounted at."""

    volume_id: str
    mount_point: str


def volume_table(volumes: Iterable[BootVolume]) -> BootFile:
    """The file that says which volume is mounted where."""
    return BootFile(path=_VOLUMES, content="".join(f"{each.volume_id} {each.mount_point}\n" for each in volumes))


def carried(content: str) -> str:
    """A file as user data carries it: a script with its first comment, which says what it is for, and without the
    others and what Python's functions say of themselves, a quarter of what EC2's limit leaves. They are in the
    repository."""
    if not content.startswith("#!"):
        return content
    lines = _OF_A_FUNCTION.sub("", content).splitlines(keepends=True)
    first = list(itertools.takewhile(lambda line: line.startswith("#"), lines))
    return "".join([*first, *(line for line in lines[len(first) :] if not line.lstrip().startswith("#"))])


@dataclass(frozen=True, kw_only=True)
class CloudInit:
    """The packages to install, the files to write and the scripts to run.

    A server that is ready has all of this on its disk, and a power failure does not take it away. One whose power fails
    before that writes the files again at its next boot.

    The first script that fails ends the boot; the instance's tag ``BootStatus`` and the file ``LOG`` say so. Put no
    secrets into the files: everyone who may describe the instance can read them.

    Raises ``ValueError`` for two files with one path, for a script that is not among the files, and for a parameter
    that no script applies.
    """

    packages: tuple[str, ...] = ()
    """Names of Debian packages."""
    services: tuple[str, ...] = ()
    """systemd units, or patterns of them. The server is not ready while one does not run."""
    files: tuple[BootFile, ...] = ()
    scripts: tuple[str, ...] = ()
    """Paths among ``files``. They run as root at every boot, in this order, when the packages are installed and the
    volumes mounted. Each must be safe to run again."""
    apply: str = ""
    """A path among ``files``: the script that checks the files of a ``ServerConfiguration``, and puts them into effect.
    It gets a directory that has them at their paths. When it fails, those before must be in effect as before, and the
    last line that it prints says why. At a boot it runs before the other scripts."""
    parameter: str = ""
    """The name of the parameter with the configuration. ``Server`` fills it in."""
    volumes: tuple[BootVolume, ...] = ()
    """``Server`` fills them in, because it knows the ids. Those that may change while the server runs are not here."""
    log_group: str = ""
    """The group of CloudWatch Logs that gets the server's journal and its log files. ``Server`` fills it in."""
    updates_at: str = "03:30"
    """When security updates are installed each day, in UTC. ``Server`` fills in this and the next."""
    restarts_for_updates: bool = True
    log_files: tuple[str, ...] = ()
    """Log files of programs that do not write to the journal. Those of the boot are always among them."""

    def __post_init__(self) -> None:
        paths = [file.path for file in self._all_files()]
        if repeated := sorted({path for path in paths if paths.count(path) > 1}):
            refuse("files", got=repeated, expected="each path once")
        if missing := [script for script in (*self.scripts, *self._applied) if script not in paths]:
            refuse("scripts", got=missing, expected="paths that files has")

        if self.parameter and not self.apply:
            refuse("apply", expected="the script that puts the configuration into effect")

    def render(self) -> str:
        """The ``#cloud-config`` document: JSON, which is YAML too."""
        document = {
            "bootcmd": [["sh", "-c", _WRITE_AGAIN]],
            "write_files": [
                {"path": file.path, "permissions": file.mode, "content": carried(file.content)}
                for file in self._all_files()
            ],
        }
        return f"#cloud-config\n{json.dumps(document, indent=1)}\n"

    def user_data(self) -> str:
        """The document as user data: compressed, because EC2's limit is low, and in base64.

        Raises ``ValueError`` when the compressed document is too large.
        """
        # Without the time of compression, the same document gives the same user data. Otherwise, each run would replace
        # the server.
        packed = gzip.compress(self.render().encode(), mtime=0)
        if len(packed) > MOST_USER_DATA_BYTES:
            expected = f"at most {MOST_USER_DATA_BYTES} bytes when compressed"
            refuse("user data", got=Words(f"{len(packed)} bytes"), expected=expected)
        return base64.b64encode(packed).decode()

    @property
    def _applied(self) -> tuple[str, ...]:
        return (self.apply,) if self.apply else ()

    def _all_files(self) -> Iterator[BootFile]:
        for path, name in _COMMON_SCRIPTS.items():
            yield BootFile(path=path, content=server_files.read(name), mode="0755")
        for path, name in _COMMON_FILES.items():
            yield BootFile(path=path, content=server_files.read(name))
        yield BootFile(path=_EVERY_BOOT, content="#!/bin/sh\nexec /usr/local/sbin/boot-platform\n", mode="0755")
        # cloud-init's own list of packages asks Debian's servers even if all packages are installed, so it is not used.
        yield BootFile(
            path=_PACKAGES, content="".join(f"{name}\n" for name in (*server_files.packages("boot"), *self.packages))
        )
        yield BootFile(path=_SERVICES, content="".join(f"{unit}\n" for unit in self.services))
        yield volume_table(self.volumes)
        yield BootFile(
            path="/etc/apt/apt.conf.d/52security-updates",
            content=server_files.render("boot/security-updates.conf.j2", restart=self.restarts_for_updates),
        )
        yield BootFile(
            path="/etc/systemd/system/apt-daily-upgrade.timer.d/security-updates.conf",
            content=server_files.render("boot/security-updates.timer.j2", at=self.updates_at),
        )
        logs = {"group": self.log_group, "files": [LOG, _CLOUD_INIT_LOG, *self.log_files]}
        yield BootFile(path=_LOGS, content=f"{json.dumps(logs, indent=1)}\n")
        scripts = (*([_MOUNT] if self.volumes else []), *([_APPLY] if self.apply else []), *self.scripts)
        yield BootFile(path=_SCRIPTS, content="".join(f"{path}\n" for path in scripts))
        if self.apply:
            settings = {"parameter": self.parameter, "apply": self.apply}
            yield BootFile(path=_CONFIGURATION, content=f"{json.dumps(settings, indent=1)}\n")
            yield BootFile(path=_APPLY, content=server_files.read("boot/apply_configuration.py"), mode="0755")
            for unit in _CONFIGURATION_UNITS:
                yield BootFile(path=f"/etc/systemd/system/{unit}", content=server_files.read(f"boot/{unit}"))
        yield from self.files
