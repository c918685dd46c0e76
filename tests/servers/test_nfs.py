"""Row 3: the exports as the real exportfs reads them, and what an instance's deploy does with the shares."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.servers.nfs_server import boot
from settings.file_server import FileServerSettings, NfsShareSettings
from settings.server_size import ServerSizeSettings
from tests.servers.programs import require, unavailable

HOOKS = Path(__file__).resolve().parents[2] / "platform_config" / "magento" / ".platform"
MOUNT, LINK = "hooks/prebuild/20_mount_shares.sh", "hooks/predeploy/10_link_shares.sh"
SHARES: Mapping[str, str] = {
    "client-media": "pub/media",
    "magento-statics": "pub/static",
    "magento-sitemap": "sitemap",
    "magento-client": "client",
}
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
    return next(file.content for file in boot(SERVER, "10.0.0.0/16").files if file.path.endswith(".exports"))


def test_exportfs_takes_the_exports(tmp_path: Path) -> None:
    """Each share, to the network, without a warning: a blank before the options would export to the whole world."""
    ran = exported(tmp_path, exports_file())
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert set(ran.stdout.splitlines()) == {f"exporting 10.0.0.0/16:/srv/{name}" for name in SHARES}


def test_exportfs_would_tell_a_mistake(tmp_path: Path) -> None:
    """So that the test before it means something."""
    assert exported(tmp_path, exports_file().replace("no_subtree_check", "no_subtre_check")).returncode != 0


@dataclass(frozen=True)
class Instance:
    """A release that is being deployed, below a directory: ``mount`` puts a link where the share would be."""

    base: Path

    @property
    def release(self) -> Path:
        return self.base / "release"

    @property
    def mounts(self) -> Path:
        return self.base / "mnt"

    @property
    def exports(self) -> Path:
        """What lies on the file server, a directory a share."""
        return self.base / "server"

    @staticmethod
    def at(base: Path) -> Instance:
        instance = Instance(base)
        for directory in (instance.release, instance.mounts, base / "bin"):
            directory.mkdir()
        for name in SHARES:
            (instance.exports / name).mkdir(parents=True)
        (base / "fstab").write_text("# root\nUUID=1 / xfs defaults 0 0\n")
        server = f'"{instance.exports}/${{source##*/}}"'
        # Called as mount -t nfs4 -o OPTIONS SOURCE DIRECTORY; findmnt and mountpoint know what it did.
        instance.program(
            "mount", f'source=$5; echo "$@" >> "{base}/calls"; rmdir "$6"; ln -s {server} "$6"; echo "$5" > "$6.source"'
        )
        instance.program("umount", f'echo "$@" >> "{base}/unmounted"; rm "$2" "$2.source"; mkdir "$2"')
        instance.program("findmnt", 'cat "$5.source" 2>/dev/null')
        instance.program("mountpoint", '[[ -e "$2.source" ]]')
        instance.program("mount.nfs4", "exit 1")
        return instance

    def program(self, name: str, body: str) -> None:
        path = self.base / "bin" / name
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)

    def run(self, hook: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.base / 'bin'}:{os.environ['PATH']}",
            "MAGENTO_NFS_ROOT": str(self.mounts),
            "MAGENTO_FSTAB": str(self.base / "fstab"),
            "MAGENTO_NFS_WAIT_SECONDS": "0",
            "MAGENTO_NFS_SERVER": "nfs.internal-client.url",
            "MAGENTO_NFS_SHARES": " ".join(f"/srv/{name}:{path}" for name, path in SHARES.items()),
            **variables,
        }
        return subprocess.run(
            [HOOKS / hook], cwd=self.release, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def deploy(self, **variables: str) -> None:
        for hook in (MOUNT, LINK):
            ran = self.run(hook, **variables)
            assert ran.returncode == 0, ran.stdout + ran.stderr

    def bring(self, path: str, text: str) -> None:
        """A file of the new release."""
        (self.release / path).parent.mkdir(parents=True, exist_ok=True)
        (self.release / path).write_text(text)

    @property
    def sources(self) -> list[str]:
        """What was mounted, call by call."""
        calls = self.base / "calls"
        return [line.split()[4] for line in calls.read_text().splitlines()] if calls.exists() else []


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance.at(tmp_path)


def test_the_four_shares_are_where_magento_looks(instance: Instance) -> None:
    """What one instance writes under /var/app/current/pub/media is on the file server, for all the others."""
    instance.deploy()
    for name, path in SHARES.items():
        (instance.release / path / "written").write_text(name)
        assert (instance.exports / name / "written").read_text() == name
    # The release goes live by being moved: the links come along.
    current = instance.release.rename(instance.base / "current")
    assert (current / "pub" / "media" / "written").read_text() == "client-media"


def test_mounts_come_back_after_a_reboot(instance: Instance) -> None:
    """One line a share, which waits for the network and never gives up on a write; deploying again adds none."""
    instance.deploy()
    instance.deploy()
    fstab = (instance.base / "fstab").read_text()
    assert fstab.startswith("# root\nUUID=1 / xfs defaults 0 0\n")
    lines = [line.split() for line in fstab.splitlines() if " nfs4 " in line]
    assert [line[:2] for line in lines] == [
        [f"nfs.internal-client.url:/srv/{name}", f"{instance.mounts}/{name}"] for name in SHARES
    ]
    assert all({"hard", "_netdev", "nofail", "nfsvers=4.2"} <= set(line[3].split(",")) for line in lines)
    assert len(instance.sources) == len(SHARES)


def test_what_the_release_brings_does_not_hide_what_was_uploaded(instance: Instance) -> None:
    """Access rules of a release reach the share once; a file that is there already is never overwritten."""
    (instance.exports / "client-media" / "logo.png").write_text("uploaded")
    instance.bring("pub/media/logo.png", "shipped")
    instance.bring("pub/media/.htaccess", "deny")
    instance.deploy()
    assert (instance.exports / "client-media" / "logo.png").read_text() == "uploaded"
    assert (instance.exports / "client-media" / ".htaccess").read_text() == "deny"


def test_statics_that_were_built_with_the_release_take_the_old_ones_place(instance: Instance) -> None:
    """Once: the next instance of the same release finds its version there and copies nothing."""
    statics = instance.exports / "magento-statics"
    (statics / "app.js").write_text("old")
    (statics / "deployed_version.txt").write_text("1")
    instance.bring("pub/static/app.js", "new")
    instance.bring("pub/static/deployed_version.txt", "2")
    instance.deploy()
    assert (statics / "app.js").read_text() == "new"
    assert (statics / "deployed_version.txt").read_text() == "2"

    shutil.rmtree(instance.release)
    instance.bring("pub/static/app.js", "never copied")
    instance.bring("pub/static/deployed_version.txt", "2")
    instance.deploy()
    assert (statics / "app.js").read_text() == "new"


def test_a_file_server_of_another_name_is_mounted_instead(instance: Instance) -> None:
    """A change of configuration: instances do not go on with the old one."""
    instance.deploy()
    confighook = "confighooks/prebuild/20_mount_shares.sh"
    ran = instance.run(confighook, MAGENTO_NFS_SERVER="nfs-2.internal-client.url")
    assert ran.returncode == 0, ran.stderr
    assert instance.sources[len(SHARES) :] == [f"nfs-2.internal-client.url:/srv/{name}" for name in SHARES]
    assert "nfs.internal-client.url" not in (instance.base / "fstab").read_text()


def test_a_release_does_not_go_live_on_an_unmounted_share(instance: Instance) -> None:
    """Uploads would land on the instance's own disk, and vanish with it."""
    instance.bring("pub/media/.htaccess", "deny")
    ran = instance.run(LINK)
    assert ran.returncode != 0
    assert "client-media is not mounted" in ran.stderr
    assert (instance.release / "pub/media/.htaccess").exists()


def test_a_server_that_never_answers_ends_the_deploy(instance: Instance) -> None:
    instance.program("mount", "exit 32")
    ran = instance.run(MOUNT)
    assert ran.returncode != 0
    assert "nfs.internal-client.url:/srv/client-media could not be mounted in 0 seconds" in ran.stderr


@pytest.mark.parametrize("hook", [MOUNT, LINK])
def test_a_site_without_shares_has_nothing_to_do(instance: Instance, hook: str) -> None:
    instance.bring("pub/media/.htaccess", "deny")
    ran = instance.run(hook, MAGENTO_NFS_SHARES="", MAGENTO_NFS_SERVER="")
    assert ran.returncode == 0, ran.stderr
    assert instance.sources == []
    assert (instance.release / "pub/media/.htaccess").exists()


def test_a_share_less_leaves_its_directory_to_the_release(instance: Instance) -> None:
    """Taking a share out of the stack's config is all that there is to do."""
    instance.bring("client/readme", "local")
    fewer = " ".join(f"/srv/{name}:{path}" for name, path in SHARES.items() if name != "magento-client")
    instance.deploy(MAGENTO_NFS_SHARES=fewer)
    assert not (instance.release / "client").is_symlink()
    assert (instance.release / "sitemap").is_symlink()
