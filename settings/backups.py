"""The copies that AWS Backup makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from settings.messages import Fault
from settings.schedules import TUESDAY, AwsSchedule, is_aws_schedule
from settings.section import Section
from settings.values import Limit, between, like

_BACKUP = ((1, 0), (2, 30))
"""RDS's own backup of each day, and the hour before it. The program sets the windows of its databases."""
_MAINTENANCE = ((2, 0), (4, 0))
"""RDS's maintenance on Tuesdays, and the hour before it."""


class BackupSettings(Section):
    """A rule of AWS Backup for all databases and volumes of the stack. Without a rule, AWS Backup makes no copies.

    RDS refuses a copy during its backup and maintenance windows and in the hour before: 02:00-02:30 UTC every day and
    03:00-04:00 UTC on Tuesdays.
    """

    name: Annotated[str, like(r"[A-Za-z0-9_.-]{1,50}", "1 to 50 letters, digits, hyphens, dots and underscores")]
    """The name of the rule, such as `daily`."""
    schedule: Annotated[
        str,
        Limit(
            expected="cron(…) with the six fields of AWS, such as cron(30 5 * * ? *), and a day that exists",
            holds=is_aws_schedule,
        ),
    ]
    """When a copy is made, in UTC. `cron(30 5 * * ? *)` is 05:30 every day."""
    keep_days: Annotated[int, between(1, 36_500)]
    """How long a copy is kept."""

    def faults(self) -> Iterator[Fault]:
        schedule = AwsSchedule.read(self.schedule)
        if schedule.meets(*_BACKUP) or schedule.meets(*_MAINTENANCE, weekday=TUESDAY):
            yield Fault(
                path="schedule",
                got=self.schedule,
                expected="a time outside 01:00-02:30 UTC, and on Tuesdays outside 02:00-04:00, when RDS refuses copies",
            )
