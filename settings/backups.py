"""The copies that AWS Backup makes."""

from __future__ import annotations

from typing import Annotated

from settings.section import Section
from settings.values import between, like


class BackupSettings(Section):
    """A rule of AWS Backup for all databases and volumes of the stack. Without a rule, AWS Backup makes no copies.

    RDS refuses a copy during its backup and maintenance windows and in the hour before: 02:00-02:30 UTC every day and
    03:00-04:00 UTC on Tuesdays.
    """

    name: Annotated[str, like(r"[A-Za-z0-9_.-]{1,50}", "1 to 50 letters, digits, hyphens, dots and underscores")]
    """The name of the rule, such as `daily`."""
    schedule: Annotated[str, like(r"cron\((\S+ ){5}\S+\)", "cron(…) with six fields, such as cron(30 5 * * ? *)")]
    """When a copy is made, in UTC. `cron(30 5 * * ? *)` is 05:30 every day."""
    keep_days: Annotated[int, between(1, 36_500)]
    """How long a copy is kept."""
