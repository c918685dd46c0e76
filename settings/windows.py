"""The Windows server of the client's application."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.messages import Fault
from settings.ports import PortRange, is_range
from settings.section import Section, at_least, unique
from settings.server_size import VOLUME_LETTERS, ServerSizeSettings

_LOWEST_IIS_PORT = 1025
NEEDS_GATEWAY = "a gateway: windows is reached only through one"
HOST_NAME = "windows"
"""The server's name in the internal domain."""


class WindowsVolumeSettings(Section):
    """A disk that outlives the instance."""

    name: str
    """The name of the volume."""
    size_gib: int
    """Its size, in GiB."""
    drive_letter: str
    """The drive letter, D to Z, that it always has."""

    def faults(self) -> Iterator[Fault]:
        if not re.fullmatch(r"[a-z0-9-]+", self.name):
            yield Fault(path="name", got=self.name, expected="lower-case letters, digits and hyphens")
        yield from at_least("size_gib", self.size_gib, 1)
        if not re.fullmatch("[D-Z]", self.drive_letter):
            yield Fault(path="drive_letter", got=self.drive_letter, expected="a letter from D to Z")


class WindowsSettings(Section):
    """The Windows server. It needs a `gateway`: it is reached only through one."""

    size: ServerSizeSettings
    """The instance."""
    volumes: tuple[WindowsVolumeSettings, ...]
    """Its encrypted data disks."""
    ftp_passive_ports: str = "2048-4096"
    """The range of ports for FTP's data connections. The gateway must forward it."""

    def faults(self) -> Iterator[Fault]:
        if not 1 <= len(self.volumes) <= len(VOLUME_LETTERS):
            yield Fault(path="volumes", got=f"{len(self.volumes)} volumes", expected=f"1 to {len(VOLUME_LETTERS)}")
        yield from unique("volumes", self.volumes, "name")
        yield from unique("volumes", self.volumes, "drive_letter")
        if not is_range(self.ftp_passive_ports) or self.ftp_passive_range.first < _LOWEST_IIS_PORT:
            yield Fault(
                path="ftp_passive_ports",
                got=self.ftp_passive_ports,
                expected=f"a range of ports, {_LOWEST_IIS_PORT} or higher, such as 2048-4096",
            )

    @property
    def ftp_passive_range(self) -> PortRange:
        return PortRange.of(self.ftp_passive_ports)
