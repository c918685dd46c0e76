"""Official machine images of Debian, Windows Server and Amazon Linux: those that the platform starts from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend

from sandbox.emulator.patching import patch

DEBIAN = "136693071363"
MICROSOFT_BY_AMAZON = "801119661308"
AMAZON_LINUX = "137112412989"

# The day and the serial number of a build. Each release has two, so that a search for the newest has to choose.
_DEBIAN_BUILDS = {
    "12": (("20240717", "1811"), ("20250316", "2053")),
    "13": (("20250814", "2204"), ("20250924", "2245")),
}
_DEBIAN_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
_WINDOWS_RELEASES = ("2019", "2022", "2025")
_WINDOWS_BUILDS = ("20250212", "20250312")
_AMAZON_LINUX_DAY = "20251014"


@dataclass(frozen=True, kw_only=True)
class Image:
    """One build of an image; ``day`` is eight digits."""

    name: str
    day: str
    architecture: str
    owner_id: str
    owner_alias: str | None = None
    platform: str | None = None
    root_device_name: str


def _official() -> Iterator[Image]:
    for release, builds in _DEBIAN_BUILDS.items():
        for day, serial in builds:
            for label, architecture in _DEBIAN_ARCHITECTURES.items():
                yield Image(
                    name=f"debian-{release}-{label}-{day}-{serial}",
                    day=day,
                    architecture=architecture,
                    owner_id=DEBIAN,
                    root_device_name="/dev/xvda",
                )
    for release in _WINDOWS_RELEASES:
        for day in _WINDOWS_BUILDS:
            yield Image(
                name=f"Windows_Server-{release}-English-Full-Base-{day[:4]}.{day[4:6]}.{day[6:]}",
                day=day,
                architecture="x86_64",
                owner_id=MICROSOFT_BY_AMAZON,
                owner_alias="amazon",
                platform="windows",
                root_device_name="/dev/sda1",
            )
    for architecture in ("x86_64", "arm64"):
        yield Image(
            name=f"al2023-ami-2023.9.{_AMAZON_LINUX_DAY}.0-kernel-6.1-{architecture}",
            day=_AMAZON_LINUX_DAY,
            architecture=architecture,
            owner_id=AMAZON_LINUX,
            owner_alias="amazon",
            root_device_name="/dev/xvda",
        )


@patch(
    "moto.ec2.models.amis:AmiBackend._load_amis",
    sha256="fadb91cef7423ec332c2ffb20306920c58c6936e1ea1e36a7e32a27b51f51db8",
)
def _load_amis(_original: Any, backend: AmiBackend) -> None:
    """moto has 1,270 others. To make them takes a third of a second each time that a test empties the embedded AWS."""
    for image in _official():
        # An image has another id in each region.
        id_ = f"ami-{hashlib.sha256(f'{backend.region_name} {image.name}'.encode()).hexdigest()[:17]}"
        backend.amis[id_] = Ami(
            backend,
            id_,
            name=image.name,
            description=image.name,
            owner_id=image.owner_id,
            owner_alias=image.owner_alias,
            public=True,
            virtualization_type="hvm",
            hypervisor="xen",
            architecture=image.architecture,
            platform=image.platform,
            image_location=f"{image.owner_alias or image.owner_id}/{image.name}",
            root_device_type="ebs",
            root_device_name=image.root_device_name,
            creation_date=datetime.strptime(image.day, "%Y%m%d"),
        )
