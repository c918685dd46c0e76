"""The Rundeck server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section, at_least
from settings.server_size import ServerSizeSettings


class RundeckSettings(Section):
    """The server whose jobs people run."""

    size: ServerSizeSettings
    """The instance."""
    data_volume_gib: int = 20
    """The volume of jobs and data, in GiB."""
    version: str = "5.*"
    """Rundeck's Debian version, or a pattern. The newest version that matches is installed."""

    def faults(self) -> Iterator[Fault]:
        if not re.fullmatch(r"[0-9][0-9A-Za-z.~+*-]*", self.version):
            yield Fault(path="version", got=self.version, expected="a Debian version such as 5.*")
        yield from at_least("data_volume_gib", self.data_volume_gib, 1)
