"""Disks for the boot scripts: files of the test's own, as block devices that look like EBS volumes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.programs import require, unavailable


def require_loop_devices(directory: Path) -> None:
    """Skips the test, saying why, where files cannot become block devices."""
    require("losetup", "blkid", "mkfs.ext4", "resize2fs", "mountpoint", "awk")
    if os.geteuid() != 0:
        unavailable("loop devices need root")
    image = directory / "probe"
    image.write_bytes(bytes(1 << 20))
    probe = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True)
    if probe.returncode != 0:
        unavailable(f"no loop devices: {probe.stderr.strip()}")
    subprocess.run(["losetup", "--detach", probe.stdout.strip()], check=True)


@contextmanager
def loop_device(image: Path, mib: int) -> Iterator[Path]:
    """A block device over a file, made blank when it is not there yet, until the block ends."""
    if not image.exists():
        with image.open("wb") as file:
            file.truncate(mib << 20)
    attached = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=True)
    device = Path(attached.stdout.strip())
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
