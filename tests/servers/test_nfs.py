"""Row 3: exports as the real exportfs reads them, and a server that puts them into effect, without the kernel's part.

The kernel's part: test_nfs_kernel.py. What instances do with the shares: test_magento_hooks.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from components.servers.cloud_init import BootVolume, volume_table
from components.servers.nfs_server import configuration
from settings.file_server import FileServerSettings, NfsShareSettings
from settings.server_size import ServerSizeSettings
from tests.servers.loop_devices import loop_device, require_loop_devices
from tests.servers.programs import require, unavailable
from tests.servers.release import SHARES

SERVER = FileServerSettings(
    size=ServerSizeSettings(instance_type="t4g.small"),
    shares=tuple(NfsShareSettings(name=name, path=path, size_gib=1) for name, path in SHARES.items()),
)


def exported(base: Path, exports: str) -> subprocess.CompletedProcess[str]:
    """``exportfs -rav`` with these exports, in a mount namespace where nothing of the machine's own is touched."""
    require("exportfs", "unshare")
    if os.geteuid() != 0:
        unavailable("a mount namespace needs root")
    (base / "exports").write_text(exports)
    for name in ("nfs", "srv"):
        (base / name).mkdir()
    for name in SHARES:
        (base / "srv" / name).mkdir()
    inside = f"""
        mount --bind {base}/exports /etc/exports
        mount --bind {base}/nfs /var/lib/nfs
        mount --bind {base}/srv /srv
        for share in /srv/*; do mount --bind "$share" "$share"; done
        exportfs -rav
    """
    return subprocess.run(
        ["unshare", "--mount", "bash", "-euc", inside], capture_output=True, text=True, timeout=60, check=False
    )


def exports_file() -> str:
    [file] = configuration(SERVER, "10.0.0.0/16").files
    return file.content


def test_exportfs_takes_the_exports(tmp_path: Path) -> None:
    """Each share, to the network, without a warning: a blank before the options would export to the whole world."""
    ran = exported(tmp_path, exports_file())
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert set(ran.stdout.splitlines()) == {f"exporting 10.0.0.0/16:/srv/{name}" for name in SHARES}


def test_exportfs_would_tell_a_mistake(tmp_path: Path) -> None:
    """So that the test before it means something."""
    assert exported(tmp_path, exports_file().replace("no_subtree_check", "no_subtre_check")).returncode != 0


SERVER_FILES = Path(__file__).resolve().parents[2] / "components" / "servers" / "server_files"
# Mounts of its own: nothing of this computer's is touched, and they end with the process.
_PREPARE = """
mkdir -p {base}/system {base}/nfs {base}/srv
mount {system} {base}/system
mkdir {base}/system/etc {base}/system/work
mount -t overlay overlay -o lowerdir=/etc,upperdir={base}/system/etc,workdir={base}/system/work /etc
mount --bind {base}/nfs /var/lib/nfs
mount --bind {base}/srv /srv
mkdir -p /etc/boot-platform
: >/etc/boot-platform/volumes
: >/etc/exports
echo "PARTUUID=1 / ext4 rw 0 1" >/etc/fstab
echo prepared
exec sleep infinity
"""


@dataclass
class FileServer:
    """A machine's disks and directories, in a mount namespace."""

    base: Path
    process: int
    stack: ExitStack
    devices: dict[str, Path] = field(default_factory=dict)

    def attach(self, share: str) -> Path:
        """Its volume, blank if it is new; gives the disk."""
        device = self.stack.enter_context(loop_device(self.base / f"disk-{share}", 16))
        (self.base / "by-id" / f"nvme-Amazon_Elastic_Block_Store_vol{share}").symlink_to(device)
        return device

    def apply(
        self, *shares: str, options: str = "no_subtree_check", other: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """What the server's script does with a configuration that has these shares, and one more volume."""
        server = SERVER.changed(
            shares=tuple(NfsShareSettings(name=share, path=share, size_gib=1) for share in shares), owner_id=901
        )
        volumes = [BootVolume(volume_id=f"vol-{share}", mount_point=f"/srv/{share}") for share in shares]
        if other:
            volumes.append(BootVolume(volume_id=f"vol-{other}", mount_point=f"/var/lib/nfs/{other}"))
        table = volume_table(volumes)
        for file in (*configuration(server, "10.0.0.0/16").files, table):
            staged = self.base / "staged" / file.path.lstrip("/")
            staged.parent.mkdir(parents=True, exist_ok=True)
            staged.write_text(file.content.replace("no_subtree_check", options))
        return self.run(str(SERVER_FILES / "nfs_server/apply_shares.sh"), str(self.base / "staged"))

    def after_a_power_failure(self, path: str) -> str:
        """A file below ``/etc`` as the system's disk has it now. What only memory has is lost."""
        copy, mounted = self.base / "copy", self.base / "mounted"
        shutil.copyfile(self.base / "system-disk", copy)
        mounted.mkdir()
        with loop_device(copy, 16) as device:
            subprocess.run(["mount", device, mounted], check=True)
            try:
                return (mounted / path.lstrip("/")).read_text()
            finally:
                subprocess.run(["umount", mounted], check=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.base}/bin:{os.environ['PATH']}:/usr/sbin:/sbin",
            "BOOT_DEVICES": str(self.base / "by-id"),
            "BOOT_WAIT_SECONDS": "1",
            "NFS_QUESTIONS": str(self.base / "questions"),
        }
        enter = ("nsenter", f"--target={self.process}", "--mount", "--wd")
        return subprocess.run(
            [*enter, *command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def exported(self) -> Sequence[str]:
        return sorted(line.split()[0] for line in self.run("exportfs", "-s").stdout.splitlines())

    @property
    def mounted(self) -> Sequence[str]:
        found = self.run("findmnt", "--noheadings", "--raw", "--output", "TARGET", "--types", "ext4").stdout.split()
        return sorted(each for each in found if each.startswith("/srv/"))


@pytest.fixture
def file_server(tmp_path: Path) -> Iterator[FileServer]:
    require("exportfs", "unshare", "nsenter")
    require_loop_devices(tmp_path)
    (tmp_path / "by-id").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/mount-data-volumes").symlink_to(SERVER_FILES / "boot/mount_data_volumes.sh")
    with ExitStack() as stack:
        system = stack.enter_context(loop_device(tmp_path / "system-disk", 16))
        subprocess.run(["mkfs.ext4", "-q", system], check=True)
        prepare = ["unshare", "--mount", "bash", "-euc", _PREPARE.format(base=tmp_path, system=system)]
        process = stack.enter_context(subprocess.Popen(prepare, stdout=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == "prepared\n"
        disks = stack.enter_context(ExitStack())
        server = FileServer(tmp_path, process.pid, disks)
        yield server
        server.run("umount", "--all-targets", "--lazy", *server.mounted)
        process.kill()
        process.wait()


def succeeded(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stdout


def test_shares_come_and_go(file_server: FileServer) -> None:
    """A blank volume is formatted; one that goes is unmounted, and comes back with its data."""
    for share in ("media", "statics"):
        file_server.attach(share)
    succeeded(file_server.apply("media"))
    assert (file_server.exported, file_server.mounted) == (["/srv/media"], ["/srv/media"])
    succeeded(file_server.apply("media", "statics"))
    assert (file_server.exported, file_server.mounted) == (["/srv/media", "/srv/statics"],) * 2
    assert file_server.run("stat", "--format=%u:%g", "/srv/statics").stdout == "901:901\n"
    assert file_server.run("ls", "-A", "/srv/statics").stdout == ""
    file_server.run("touch", "/srv/statics/order")
    succeeded(file_server.apply("media"))
    assert (file_server.exported, file_server.mounted) == (["/srv/media"], ["/srv/media"])
    assert "statics" not in file_server.run("cat", "/etc/fstab", "/etc/boot-platform/volumes").stdout
    succeeded(file_server.apply("media", "statics"))
    assert file_server.run("ls", "/srv/statics").stdout == "order\n"


def test_exports_outlive_a_power_failure(file_server: FileServer) -> None:
    """With an empty file, the restarted server would refuse all clients, and their programs would end. It is empty if
    another program waits for a file of its own: then all names are on the disk, but not what was written just now."""
    file_server.attach("media")
    succeeded(file_server.apply("media"))
    succeeded(file_server.run("dd", "if=/dev/zero", "of=/etc/other", "bs=1", "count=1", "conv=fsync"))
    exports = "/etc/exports.d/shares.exports"
    assert file_server.after_a_power_failure(exports) == file_server.run("cat", exports).stdout
    assert file_server.run("ls", "/etc/exports.d").stdout == "shares.exports\n"


def test_a_share_without_its_volume_keeps_no_other_from_being_served(file_server: FileServer) -> None:
    """Of a server that has served nothing yet. It is exported too, with the option by which its clients wait, and is
    there as soon as its volume is. The last line says what is missing."""
    file_server.attach("media")
    incomplete = file_server.apply("statics", "media")
    assert incomplete.returncode == 75
    assert incomplete.stdout.splitlines()[-1] == "not attached within 1 seconds: vol-statics /srv/statics"
    assert (file_server.exported, file_server.mounted) == (["/srv/media", "/srv/statics"], ["/srv/media"])
    assert file_server.run("stat", "--format=%u", "/srv/media", "/srv/statics").stdout == "901\n0\n"
    file_server.attach("statics")
    succeeded(file_server.apply("statics", "media"))
    assert file_server.mounted == ["/srv/media", "/srv/statics"]
    assert file_server.run("stat", "--format=%u", "/srv/statics").stdout == "901\n"


def test_what_the_kernel_has_asked_in_vain_is_answered(file_server: FileServer) -> None:
    """By another rpc.mountd, which ends. The kernel would not ask again for two minutes, and its clients would wait."""
    questions, mountd = file_server.base / "questions", file_server.base / "bin/rpc.mountd"
    answered = "#domain fsidtype fsid [path]\n* 6 0x1c43 /srv/media\n"
    mountd.write_text(
        # The kernel answers all at once. A file that is empty for a moment would be an answer, too.
        f"#!/bin/sh\necho $$ >{file_server.base}/mountd\nprintf '{answered}' >{questions}.new\n"
        f"mv {questions}.new {questions}\nexec sleep 60\n"
    )
    mountd.chmod(0o755)
    file_server.attach("media")
    questions.write_text("#domain fsidtype fsid [path]\n# * 6 0x1c43\n")
    succeeded(file_server.apply("media"))
    assert questions.read_text() == answered
    process = (file_server.base / "mountd").read_text().strip()
    assert not Path(f"/proc/{process}").exists()
    mountd.unlink()
    succeeded(file_server.apply("media"))


def test_a_second_mountd_that_ends_by_itself_keeps_nothing_from_being_served(file_server: FileServer) -> None:
    questions, mountd = file_server.base / "questions", file_server.base / "bin/rpc.mountd"
    mountd.write_text("#!/bin/sh\nexit 1\n")
    mountd.chmod(0o755)
    file_server.attach("media")
    questions.write_text("#domain fsidtype fsid [path]\n# * 6 0x1c43\n")
    applied = file_server.apply("media")
    succeeded(applied)
    assert "rpc.mountd ended by itself" in applied.stdout
    assert file_server.exported == ["/srv/media"]


def test_without_a_volume_of_no_share_nothing_is_served(file_server: FileServer) -> None:
    """Such as that of the clients' locks: others would get them."""
    file_server.attach("media")
    refused = file_server.apply("media", other="locks")
    assert refused.returncode == 1
    assert "vol-locks /var/lib/nfs/locks" in refused.stdout.splitlines()[-1]
    assert "/srv/media" not in file_server.run("exportfs", "-s").stdout
    assert file_server.mounted == []


@pytest.mark.parametrize("wrong", ["an option", "a disk"])
def test_what_is_wrong_changes_nothing(file_server: FileServer, wrong: str) -> None:
    """The last line says why."""
    file_server.attach("media")
    succeeded(file_server.apply("media"))
    before = file_server.run("cat", "/etc/exports.d/shares.exports", "/etc/boot-platform/volumes").stdout
    device = file_server.attach("statics")
    if wrong == "a disk":
        subprocess.run(["mkswap", device], check=True, capture_output=True)
    refused = file_server.apply("media", "statics", options="no_subtre" if wrong == "an option" else "no_subtree_check")
    assert refused.returncode != 0
    said = {
        "an option": 'unknown keyword "no_subtre"',
        "a disk": "is neither blank nor ext4",
    }
    assert said[wrong] in refused.stdout.splitlines()[-1]
    assert file_server.exported == ["/srv/media"]
    assert file_server.run("cat", "/etc/exports.d/shares.exports", "/etc/boot-platform/volumes").stdout == before
