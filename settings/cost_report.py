"""The report of what AWS charges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from settings.messages import Fault
from settings.section import Section


class Granularity(StrEnum):
    """The time that one line of the report covers."""

    HOURLY = "hourly"
    DAILY = "daily"
    MONTHLY = "monthly"


class CostReportSettings(Section):
    """A Cost and Usage Report in the bucket for cost reports.

    It tells costs apart by the tags that are activated in AWS's billing console.
    """

    name: str
    """The name of the report. It is also its folder in the bucket."""
    granularity: Granularity = Granularity.DAILY
    """The time that one line covers."""
    by_resource: bool = True
    """Whether each resource has its own lines. The files are then many times larger."""

    def faults(self) -> Iterator[Fault]:
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", self.name):
            yield Fault(path="name", got=self.name, expected="1 to 128 letters, digits, hyphens and underscores")
