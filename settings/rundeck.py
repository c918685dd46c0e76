"""The Rundeck server."""

from __future__ import annotations

from typing import Annotated, ClassVar

from settings.section import Section
from settings.server_size import ServerSizeSettings
from settings.values import Gib, SnapshotId, like

HOST_NAME = "rundeck"
"""The server's name in the internal domain."""


class RundeckSizeSettings(ServerSizeSettings):
    """One EC2 instance with Java for Rundeck."""

    # Rundeck 5 runs on Java 11 and 17 ("System Requirements"), and Debian 13 has none before 21, on which Rundeck does
    # not start (rundeck/rundeck#9600).
    releases: ClassVar[tuple[str, ...]] = ("12",)


class RundeckSettings(Section):
    """The Rundeck server, whose jobs people run."""

    size: RundeckSizeSettings
    """The instance."""
    data_volume_gib: Gib = 20
    """The volume of jobs and data."""
    data_snapshot_id: SnapshotId | None = None
    """The EBS snapshot from which that volume is made, such as `snap-0123456789abcdef0`. It only matters when the
    volume is made: for one that is there, it changes nothing."""
    version: Annotated[str, like(r"[0-9][0-9A-Za-z.~+*-]*", "a Debian version or a pattern, such as 5.*")] = "5.*"
    """The Debian version of Rundeck. The newest version that matches is installed."""
