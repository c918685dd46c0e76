"""What is done with each table of production's database before it leaves production: ``table_list.yaml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from commands.errors import CannotRunError

PATH = Path(__file__).with_name("table_list.yaml")
_ALIKE = ("kept", "emptied", "own")
"""Sections that list names of tables. ``replaced`` has values by column."""


@dataclass(frozen=True, kw_only=True)
class TableList:
    """The list."""

    tables: Mapping[str, str | Mapping[str, str | None]]
    """By name or pattern: `kept`, `emptied`, `own`, or values by column."""
    settings: tuple[str, ...]
    """Patterns of settings that stay as the other stack has them."""
    domains: tuple[str, ...]
    """Domains whose e-mail addresses may stay."""

    @classmethod
    def read(cls, text: str | None = None) -> TableList:
        """From YAML, by default the project's own. Raises ``CannotRunError`` for a section or a name that is wrong."""
        said: dict[str, Any] = yaml.safe_load(PATH.read_text() if text is None else text)
        expected = (*_ALIKE, "replaced", "settings", "domains")
        if set(said) != set(expected):
            raise CannotRunError(
                f"{PATH.name}: got the sections {', '.join(sorted(said))}, expected {', '.join(expected)}"
            )
        entries = [(name, section) for section in _ALIKE for name in said[section]]
        entries += list(said["replaced"].items())
        names = [name for name, _ in entries]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise CannotRunError(f"{PATH.name}: got {', '.join(twice)} twice, expected each table once")
        return cls(tables=dict(entries), settings=tuple(said["settings"]), domains=tuple(said["domains"]))

    def to_bytes(self) -> bytes:
        """As ``scrub_copy.php`` reads it."""
        return json.dumps({"tables": self.tables, "settings": self.settings, "domains": self.domains}).encode()
