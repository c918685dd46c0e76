"""The size and the image of a single server."""

from __future__ import annotations

from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section, at_least

_SMALLEST_ROOT_GIB = 8
# AWS's recommended names for data volumes: /dev/sdf to /dev/sdp, xvdf to xvdp on Windows ("Device names for volumes").
VOLUME_LETTERS = "fghijklmnop"
"""The letters of a server's data volumes, and so how many it can have."""


class ServerSizeSettings(Section):
    """One EC2 instance.

    Without `ami`, a new server gets the newest official image of its release and keeps it.
    """

    instance_type: str
    """An instance type of the Nitro system."""
    root_volume_gib: int = 16
    """The disk of the operating system, in GiB."""
    ami: str | None = None
    """The id of an image of your own. Another id replaces the server."""
    release: str | None = None
    """The release of the operating system for a server that is made anew: Debian 12 or Windows Server 2022 unless you
    name another."""

    def faults(self) -> Iterator[Fault]:
        yield from at_least("root_volume_gib", self.root_volume_gib, _SMALLEST_ROOT_GIB)
        if self.ami and self.release:
            yield Fault(path="release", got=self.release, expected="no release beside an ami")
