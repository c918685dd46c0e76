"""When a weekly maintenance window begins, in which RDS and ElastiCache make the changes that wait for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def now() -> datetime:
    """The time, by which windows begin."""
    return datetime.now(UTC)


def next_window(window: str, since: datetime) -> datetime:
    """When the weekly window, such as ``tue:03:00-tue:04:00``, begins next."""
    day, hour, minute = window.partition("-")[0].split(":")
    begins = since.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    begins += timedelta(days=(_DAYS.index(day) - since.weekday()) % 7)
    return begins if begins > since else begins + timedelta(days=7)
