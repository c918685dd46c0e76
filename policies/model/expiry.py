"""The day by which exceptions and allowed addresses expire."""

from __future__ import annotations

import datetime


def today() -> datetime.date:
    """Today's date in UTC. The last day of an exception or an allowed address still counts."""
    return datetime.datetime.now(datetime.UTC).date()
