"""The phpMyAdmin server."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from settings.messages import Fault
from settings.section import Section, repeated
from settings.server_size import ServerSizeSettings


class PhpMyAdminSettings(Section):
    """phpMyAdmin, for people on the VPN."""

    size: ServerSizeSettings
    """The instance."""
    databases: tuple[str, ...] = Field(default=("shared",), min_length=1)
    """The databases that people can choose from: `shared`, `site`. The server reaches no other."""

    def faults(self) -> Iterator[Fault]:
        if found := repeated(self.databases):
            yield Fault(path="databases", got=found, expected="each database once")
