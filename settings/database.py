"""The size and upkeep of a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from settings.instance_types import DatabaseClass, MySqlVersion
from settings.messages import Fault
from settings.section import Section
from settings.values import DatabaseGib, between, like

_WITHOUT_INSIGHTS = re.compile(r"db\.t(2|3|4g)\.(micro|small)")
"""Classes that have no Performance Insights with MySQL ("Amazon RDS DB engine, Region, and instance class support for
Performance Insights")."""


class ApplyChanges(StrEnum):
    """When RDS makes a change that interrupts the database, and how."""

    IN_WINDOW = "in-window"
    NOW = "now"
    BLUE_GREEN = "blue-green"

    @property
    def is_immediate(self) -> bool:
        """Whether `pulumi up` waits until the change is made."""
        return self is not ApplyChanges.IN_WINDOW


SNAPSHOT = like(
    r"[a-zA-Z][a-zA-Z0-9:-]{0,254}|arn:aws:rds:[a-z0-9-]+:\d{12}:snapshot:[a-zA-Z0-9:-]+",
    "the name or the ARN of a DB snapshot",
)


class DatabaseSettings(Section):
    """A MySQL database on RDS."""

    engine_version: MySqlVersion
    """The version of MySQL, in quotes, such as `"8.4"`."""
    instance_class: DatabaseClass
    """The instance class, such as `db.r8g.4xlarge`. The `micro` and `small` ones of T2, T3 and T4g have no Performance
    Insights."""
    multi_az: bool = True
    """Whether a standby in another zone takes over if the database fails."""
    storage_gib: DatabaseGib
    """The size of the storage at the start. RDS cannot make it smaller later."""
    max_storage_gib: DatabaseGib
    """The size up to which RDS enlarges the storage by itself, at least 10 % above `storage_gib`."""
    backup_retention_days: Annotated[int, between(1, 35)] = 14
    """How long a daily snapshot is kept."""
    apply_changes: ApplyChanges = ApplyChanges.IN_WINDOW
    """When RDS makes changes that interrupt the database, such as another class. `in-window` waits for the maintenance
    window, Tuesday 03:00 UTC, and until then each preview shows the change again. `now` makes them during `pulumi up`.
    `blue-green` makes them on a copy, and then switches over within a minute or so. Another engine version needs `now`
    or `blue-green`."""
    snapshot_id: Annotated[str, SNAPSHOT] | None = None
    """The DB snapshot from which the database is made. It only matters when the database is made: for one that is up,
    it changes nothing."""

    def faults(self) -> Iterator[Fault]:
        # RDS refuses less ("Managing capacity automatically with Amazon RDS storage autoscaling").
        least = -(-self.storage_gib * 11 // 10)
        if self.max_storage_gib < least:
            yield Fault(
                path="max_storage_gib",
                got=self.max_storage_gib,
                expected=f"{least} or more, 10 % above storage_gib ({self.storage_gib})",
            )

    @property
    def has_performance_insights(self) -> bool:
        """Whether RDS offers Performance Insights for the class."""
        return _WITHOUT_INSIGHTS.fullmatch(self.instance_class) is None
