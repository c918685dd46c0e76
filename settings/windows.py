"""The Windows server of the client's application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from settings.messages import Fault
from settings.ports import PortRange, ports_from
from settings.section import Section, unique
from settings.server_size import VOLUME_LETTERS, WindowsSizeSettings
from settings.values import Gib, Label, SnapshotId, entries, like

_LOWEST_IIS_PORT = 1025
NEEDS_GATEWAY = "a section, since windows is reached only through a gateway"
HOST_NAME = "windows"
"""The server's name in the internal domain."""


class WindowsVolumeSettings(Section):
    """A disk that outlives the instance."""

    name: Label
    """The name of the volume, such as `data`."""
    size_gib: Gib
    """Its size. You can enlarge it later, but not make it smaller."""
    drive_letter: Annotated[str, like("[D-Z]", "a letter from D to Z")]
    """The drive letter that it always has."""
    snapshot_id: SnapshotId | None = None
    """The EBS snapshot from which the volume is made, such as `snap-0123456789abcdef0`. It only matters when the volume
    is made: for one that is there, it changes nothing."""


class WindowsSettings(Section):
    """The Windows server of the client's application. It needs a `gateway`, which is the only way to reach it."""

    size: WindowsSizeSettings
    """The instance."""
    volumes: Annotated[tuple[WindowsVolumeSettings, ...], entries(1, len(VOLUME_LETTERS))]
    """Its data disks. They are encrypted and outlive the instance."""
    ftp_passive_ports: Annotated[str, ports_from(_LOWEST_IIS_PORT, "2048-4096")] = "2048-4096"
    """The ports for FTP's data connections. If the gateway forwards FTP to the server, it must forward all of them."""

    def faults(self) -> Iterator[Fault]:
        yield from unique("volumes", self.volumes, "name")
        yield from unique("volumes", self.volumes, "drive_letter")

    @property
    def ftp_passive_range(self) -> PortRange:
        return PortRange.of(self.ftp_passive_ports)
