"""The size and upkeep of a database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from settings.messages import Fault
from settings.section import Section
from settings.values import Gib, Text, between


class DatabaseSettings(Section):
    """A MySQL database on RDS."""

    engine_version: Text
    """The version of MySQL, in quotes, such as `"8.4"`."""
    instance_class: Text
    """The instance class, such as `db.r7g.4xlarge`."""
    multi_az: bool = True
    """Whether a standby in another zone takes over if the database fails."""
    storage_gib: Gib
    """The size of the storage at the start. RDS cannot make it smaller later."""
    max_storage_gib: Gib
    """The size up to which RDS enlarges the storage by itself, `storage_gib` or more."""
    backup_retention_days: Annotated[int, between(1, 35)] = 14
    """How long a daily snapshot is kept."""

    def faults(self) -> Iterator[Fault]:
        if self.max_storage_gib < self.storage_gib:
            yield Fault(
                path="max_storage_gib", got=self.max_storage_gib, expected=f"storage_gib ({self.storage_gib}) or more"
            )
