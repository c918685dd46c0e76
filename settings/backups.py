"""The copies that AWS Backup makes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section

_LONGEST_DAYS = 36_500


class BackupSettings(Section):
    """A rule of AWS Backup for all databases and volumes of the stack.

    RDS refuses a copy during its backup and maintenance windows and in the hour before (02:00-02:30 every day and
    Tuesday 03:00-04:00 UTC).
    """

    name: str
    """The name of the rule."""
    schedule: str
    """When a copy is made: a cron expression of AWS with six fields, in UTC."""
    keep_days: int
    """How many days a copy is kept."""

    def faults(self) -> Iterator[Fault]:
        if not re.fullmatch(r"cron\((\S+ ){5}\S+\)", self.schedule):
            yield Fault(path="schedule", got=self.schedule, expected="cron(…) with six fields")
        if not 1 <= self.keep_days <= _LONGEST_DAYS:
            yield Fault(path="keep_days", got=self.keep_days, expected=f"1 to {_LONGEST_DAYS}")
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,50}", self.name):
            yield Fault(path="name", got=self.name, expected="1 to 50 letters, digits, hyphens, dots or underscores")
