"""Row 3: the exports as the real exportfs reads them. What instances do with the shares: test_magento_hooks.py."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from components.servers.nfs_server import boot
from settings.file_server import FileServerSettings, NfsShareSettings
from settings.server_size import ServerSizeSettings
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
