"""The size and upkeep of a database."""

from __future__ import annotations

from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section

_LONGEST_RETENTION_DAYS = 35


class DatabaseSettings(Section):
    """A MySQL database on RDS."""

    engine_version: str
    """The version of MySQL, quoted, such as `"8.4"`."""
    instance_class: str
    """The instance class, such as `db.r7g.4xlarge`."""
    multi_az: bool = True
    """Whether a standby in another zone takes over when the database fails."""
    storage_gib: int
    """The size of the storage at the start, in GiB."""
    max_storage_gib: int
    """The size in GiB up to which RDS enlarges the storage by itself."""
    backup_retention_days: int = 14
    """How many days a daily snapshot is kept, 1 to 35."""

    def faults(self) -> Iterator[Fault]:
        if not 1 <= self.backup_retention_days <= _LONGEST_RETENTION_DAYS:
            yield Fault(path="backup_retention_days", got=self.backup_retention_days, expected="1 to 35 days")
        if self.max_storage_gib < self.storage_gib:
            yield Fault(
                path="max_storage_gib",
                got=self.max_storage_gib,
                expected=f"at least storage_gib ({self.storage_gib})",
            )
