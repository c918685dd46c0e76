"""The phpMyAdmin server."""

from __future__ import annotations

from typing import Annotated

from settings.section import Section
from settings.server_size import ServerSizeSettings
from settings.values import Text, different, entries

HOST_NAME = "phpmyadmin"
"""The server's name in the internal domain."""


class PhpMyAdminSettings(Section):
    """phpMyAdmin, for people on the VPN."""

    size: ServerSizeSettings
    """The instance."""
    databases: Annotated[tuple[Text, ...], entries(1), different("database")] = ("shared",)
    """The databases that people can choose from: `shared`, `site` or both. The server reaches no other."""
