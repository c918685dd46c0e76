"""A site's NFS server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section, at_least, unique
from settings.server_size import VOLUME_LETTERS, ServerSizeSettings

_MOST_ID = 65533


class NfsShareSettings(Section):
    """One directory that all instances of the site share, on its own volume."""

    name: str
    """The name of the share."""
    path: str
    """The directory of Magento's release that the share replaces, such as `pub/media`."""
    size_gib: int
    """The size of its volume, in GiB."""

    def faults(self) -> Iterator[Fault]:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", self.name):
            yield Fault(path="name", got=self.name, expected="lower-case letters, digits and hyphens")
        if not re.fullmatch(r"[a-z0-9]+(/[a-z0-9]+)*", self.path):
            yield Fault(path="path", got=self.path, expected="a directory inside the release, such as pub/media")
        yield from at_least("size_gib", self.size_gib, 1)

    @property
    def directory(self) -> str:
        """The directory on the server, which clients mount."""
        return f"/srv/{self.name}"


class FileServerSettings(Section):
    """The NFS server of the site."""

    size: ServerSizeSettings
    """The instance."""
    host_name: str = "nfs"
    """Its name in the internal domain."""
    shares: tuple[NfsShareSettings, ...]
    """The directories that it serves."""
    owner_id: int = 900
    """The number of the user and group that own all files. 900 is Beanstalk's `webapp`."""

    def faults(self) -> Iterator[Fault]:
        if not 1 <= len(self.shares) <= len(VOLUME_LETTERS):
            yield Fault(
                path="shares", got=f"{len(self.shares)} shares", expected=f"1 to {len(VOLUME_LETTERS)}, a volume each"
            )
        yield from unique("shares", self.shares, "name")
        yield from unique("shares", self.shares, "path")
        if not 1 <= self.owner_id <= _MOST_ID:
            yield Fault(path="owner_id", got=self.owner_id, expected=f"1 to {_MOST_ID}, and so not root")
