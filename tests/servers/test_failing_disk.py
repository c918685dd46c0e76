"""A booted server whose volume fails: its service runs on, and it says all the same that it is not ready."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.debian_machine import RELEASES, Base, boot
from tests.servers.loop_devices import require_loop_devices
from tests.servers.server_boots import BOOTS, CONFIGURATIONS
from tests.servers.test_first_boot import STATUS
from tests.servers.test_outages import KEYS, Volume

pytestmark = pytest.mark.long

MIB = 32


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where little more than a volume fits."""
    require_loop_devices(tmp_path)
    place = tmp_path / "place"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MIB + 4}m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def lose(disk: Path) -> None:
    """From now on, nothing that is written to it succeeds: it is a file without blocks, and none are free."""
    subprocess.run(["fallocate", "--punch-hole", "--offset", "0", "--length", f"{MIB}MiB", disk], check=True)
    filled = subprocess.run(["dd", "if=/dev/zero", f"of={disk.parent / 'others'}"], capture_output=True, text=True)
    assert "No space left" in filled.stderr


@pytest.mark.parametrize("release", RELEASES)
def test_a_server_whose_volume_fails_is_not_ready(
    directory: Path, debian: Callable[[str], Base], place: Path, release: str
) -> None:
    volume = Volume(place, KEYS, mib=MIB)
    booting = (directory, (debian(release).root,), BOOTS["openvpn"].render(), CONFIGURATIONS["openvpn"])
    with volume.mounted() as kept, boot(*booting, volumes={KEYS: kept}) as machine:
        assert machine.read(STATUS).startswith("ready\t"), machine.read("/var/log/boot-platform.log")
        (machine.root / "etc/boot-platform/volumes").write_text(f"vol-1 {KEYS}\n")

        def published() -> str:
            machine.run("publish-boot-status")
            return machine.read("/var/log/metrics").splitlines()[-1].split()[-1]

        assert published() == "1"
        lose(place / "disk")
        assert "Read-only file system" in machine.attempt("sh", "-c", f"while touch {KEYS}/x; do sync; done").stderr
        assert published() == "0"
        assert machine.run("systemctl", "is-active", "openvpn-server@server") == "active\n"
