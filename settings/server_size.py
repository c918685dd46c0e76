"""The size and the image of a single server."""

from __future__ import annotations

from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section
from settings.values import RootVolumeGib, Text

# AWS's recommended names for data volumes: /dev/sdf to /dev/sdp, xvdf to xvdp on Windows ("Device names for volumes").
VOLUME_LETTERS = "fghijklmnop"
"""The letters of a server's data volumes, and so how many it can have."""


class ServerSizeSettings(Section):
    """One EC2 instance.

    Without `ami`, a new server gets the newest official image of its release. Later images do not replace it.
    """

    instance_type: Text
    """An instance type of the Nitro system, such as `t4g.small`. The Windows server needs an Intel or AMD type."""
    root_volume_gib: RootVolumeGib = 16
    """The disk of the operating system."""
    ami: str | None = None
    """The id of your own image. Another id replaces the server."""
    release: str | None = None
    """Another release of the operating system. It only matters when the server is created or replaced. Without it, the
    release is Debian 12 or Windows Server 2022."""

    def faults(self) -> Iterator[Fault]:
        if self.ami and self.release:
            yield Fault(path="release", got=self.release, expected="no release, since ami names the image")
