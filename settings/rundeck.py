"""The Rundeck server."""

from __future__ import annotations

from typing import Annotated

from settings.section import Section
from settings.server_size import ServerSizeSettings
from settings.values import Gib, SnapshotId, like

HOST_NAME = "rundeck"
"""The server's name in the internal domain."""


class RundeckSettings(Section):
    """The Rundeck server, whose jobs people run."""

    size: ServerSizeSettings
    """The instance."""
    data_volume_gib: Gib = 20
    """The volume of jobs and data."""
    data_snapshot_id: SnapshotId | None = None
    """The EBS snapshot from which that volume is made, such as `snap-0123456789abcdef0`. It only matters when the
    volume is made: for one that is there, it changes nothing."""
    version: Annotated[str, like(r"[0-9][0-9A-Za-z.~+*-]*", "a Debian version or a pattern, such as 5.*")] = "5.*"
    """The Debian version of Rundeck. The newest version that matches is installed."""
