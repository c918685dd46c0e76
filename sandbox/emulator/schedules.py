"""Schedules such as those of backup rules: ``cron(…)`` with six fields, ``rate(…)``, and ``at(…)``.

Source: "Cron expressions reference" of the Amazon EventBridge user guide, to which AWS Backup's API reference points.
"""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Mapping
from datetime import datetime

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_FORM = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_LAST_OR_NEAREST = re.compile(r"L|([1-9]|[12]\d|3[01])W")
_NTH_OR_LAST = re.compile(r"L|([1-7]|[A-Z]{3})(#[1-5]|L)")


def rate_minutes(schedule: str) -> int | None:
    """The minutes of ``rate(5 minutes)`` or ``rate(1 day)``. None for what is no rate."""
    found = _RATE.fullmatch(schedule)
    return int(found[1]) * _MINUTES[found[2]] if found else None


def is_at(schedule: str) -> bool:
    """Whether it is one moment, such as ``at(2026-11-27T03:00:00)``."""
    try:
        datetime.strptime(schedule, "at(%Y-%m-%dT%H:%M:%S)")
    except ValueError:
        return False
    return True


def is_cron(schedule: str) -> bool:
    """Whether AWS takes it."""
    found = _FORM.fullmatch(schedule)
    if found is None:
        return False
    minutes, hours, day, month, weekday, year = found.groups()
    return (
        _holds(minutes, 0, 59)
        and _holds(hours, 0, 23)
        and _holds(month, 1, 12, _MONTHS)
        and _holds(year, 1970, 2199)
        # One of the two says the day, and the other one is a question mark.
        and (day == "?") != (weekday == "?")
        and (day == "?" or _LAST_OR_NEAREST.fullmatch(day) is not None or _holds(day, 1, 31))
        and (weekday == "?" or _is_weekday(weekday.upper()))
    )


def _is_weekday(field: str) -> bool:
    found = _NTH_OR_LAST.fullmatch(field)
    return _holds(field, 1, 7, _WEEKDAYS) if found is None else not found[1] or _holds(found[1], 1, 7, _WEEKDAYS)


def _holds(field: str, least: int, most: int, names: Mapping[str, int] | None = None) -> bool:
    """Whether the field is a list of numbers, names, ranges and steps within the limits."""

    def number(written: str) -> int | None:
        value = int(written) if re.fullmatch("[0-9]{1,4}", written) else (names or {}).get(written.upper())
        return value if value is not None and least <= value <= most else None

    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if slash and not re.fullmatch("[1-9][0-9]{0,3}", step):
            return False
        if span == "*":
            continue
        start, end = number(first), number(last if dash else first)
        if start is None or end is None or start > end:
            return False
    return True
