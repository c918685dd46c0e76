"""A site's NFS server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from settings import environment_properties
from settings.messages import Fault, Words
from settings.section import Section, unique
from settings.server_size import VOLUME_LETTERS, ServerSizeSettings
from settings.values import Gib, Label, Limit, SnapshotId, between, entries, like

LOCKS = "locks"
"""The name of the server's own volume, which no share may have."""
_MOST_BYTES_OF_SHARES = environment_properties.MOST_BYTES // 2

_OF_THE_RELEASE = re.compile("(app|bin|bootstrap|dev|generated|lib|phpserver|platform|setup|update|vendor)(/.*)?")
"""Directories of Magento's code, and of what its deployment writes ("File structure of a Magento project")."""
_PARTLY_OF_THE_RELEASE = re.compile("pub(/errors)?|var(/(cache|page_cache|session|view_preprocessed))?")
"""Directories that are code as well, or of one instance, although some below them may be shared."""


def _holds_code(path: str) -> bool:
    return bool(_OF_THE_RELEASE.fullmatch(path) or _PARTLY_OF_THE_RELEASE.fullmatch(path))


class NfsShareSettings(Section):
    """One directory that all instances of the site share, on its own volume."""

    name: Annotated[Label, Limit(expected=f"a name other than {LOCKS}", holds=lambda name: name != LOCKS)]
    """The name of the share, such as `client-media`. Its volume is named after it."""
    path: Annotated[
        str,
        like(r"[a-z0-9]+(/[a-z0-9]+)*", "a directory inside the release, such as pub/media"),
        Limit(
            expected="one without files of the release's own",
            holds=lambda path: not _holds_code(path),
            fix=lambda path: f"An empty share in place of {path} would hide what the release has there.",
        ),
    ]
    """The directory of Magento's release that the share replaces."""
    size_gib: Gib
    """The size of its volume. You can enlarge it later without a copy, but not make it smaller."""
    snapshot_id: SnapshotId | None = None
    """The EBS snapshot from which the volume is made, such as `snap-0123456789abcdef0`. It only matters when the volume
    is made: for one that is there, it changes nothing."""

    exported: bool = True
    """Whether instances may mount it. With `false`, the server stops exporting it within a minute, and unmounts its
    volume. The volume stays, with its data. This is the first step to remove a share."""

    @property
    def directory(self) -> str:
        """The directory on the server, which clients mount."""
        return f"/srv/{self.name}"


class FileServerSettings(Section):
    """The NFS server of the site."""

    size: ServerSizeSettings
    """The instance. Its type decides how fast files are served."""
    host_name: Label = "nfs"
    """The first part of its name in the internal domain. A stack that joins a network needs another one than the stack
    that has the network."""
    shares: Annotated[tuple[NfsShareSettings, ...], entries(1, len(VOLUME_LETTERS))]
    """The directories that it serves, each on its own volume."""
    owner_id: Annotated[int, between(1, 65533)] = 900
    """The number of the user and of the group that own all files. 900 is Beanstalk's `webapp`."""

    @property
    def exported(self) -> tuple[NfsShareSettings, ...]:
        """The shares that instances mount."""
        return tuple(share for share in self.shares if share.exported)

    def faults(self) -> Iterator[Fault]:
        yield from unique("shares", self.shares, "name")
        yield from unique("shares", self.shares, "path")
        for index, share in enumerate(self.shares):
            outer = [other.path for other in self.shares if share.path.startswith(f"{other.path}/")]
            if outer:
                # Its link would be a file of the other share, for all instances.
                yield Fault(
                    path=f"shares.{index}.path",
                    got=share.path,
                    expected=f"a directory outside {outer[0]}, which is a share itself",
                )
        if (size := sum(len(f"{each.directory}:{each.path} ") for each in self.shares)) > _MOST_BYTES_OF_SHARES:
            yield Fault(
                path="shares",
                got=Words(f"names and paths of {size} bytes"),
                expected=f"{_MOST_BYTES_OF_SHARES} or fewer, since they are one environment property of the instances",
            )
