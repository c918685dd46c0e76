"""The report of what AWS charges."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from settings.section import Section
from settings.values import like


class Granularity(StrEnum):
    """The time that one line of the report covers."""

    HOURLY = "hourly"
    DAILY = "daily"
    MONTHLY = "monthly"


class CostReportSettings(Section):
    """A report of what AWS charges (Cost and Usage Report), in the bucket for `cost-reports`.

    It splits costs by the tags that you activate in AWS's billing console.
    """

    name: Annotated[str, like(r"[0-9A-Za-z_-]{1,128}", "1 to 128 letters, digits, hyphens and underscores")]
    """The name of the report, such as `client-costs`. It is also its folder in the bucket."""
    granularity: Granularity = Granularity.DAILY
    """The time that one line covers."""
    by_resource: bool = True
    """Whether each resource has its own lines. The files are then many times larger."""
