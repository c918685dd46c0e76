"""Schedules as cron and AWS write them, read field by field."""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MONTHS = {name.upper(): number for number, name in enumerate(month_abbr) if name}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST_MONTHS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_ANY_MONTH = 31


@dataclass(frozen=True, kw_only=True)
class _Field:
    """What one field may hold: numbers, names for them, ranges of both, steps, and lists of these."""

    least: int
    most: int
    names: Mapping[str, int]

    def numbers(self, written: str) -> frozenset[int]:
        """The numbers that a field stands for. Raises ``ValueError`` if it is not one."""
        return frozenset(number for part in written.split(",") for number in self._of(part))

    def _of(self, part: str) -> Iterator[int]:
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = self.least, self.most
        else:
            start = self._number(first)
            end = self._number(last) if dash else self.most if slash else start
        if start > end:
            raise ValueError(f"{span} ends before it begins")
        yield from range(start, end + 1, self._step(step) if slash else 1)

    def _number(self, written: str) -> int:
        number = self.names.get(written.upper(), -1) if not _is_number(written) else int(written)
        if not self.least <= number <= self.most:
            raise ValueError(f"{written} is not from {self.least} to {self.most}")
        return number

    def _step(self, written: str) -> int:
        if not _is_number(written) or not 1 <= int(written) <= self.most:
            raise ValueError(f"{written} is no step")
        return int(written)


def _is_number(written: str) -> bool:
    return re.fullmatch(r"[0-9]{1,4}", written) is not None


_MINUTE = _Field(least=0, most=59, names={})
_HOUR = _Field(least=0, most=23, names={})
_DAY = _Field(least=1, most=31, names={})
_MONTH = _Field(least=1, most=12, names=_MONTHS)
# cron counts Sunday as 0 and as 7, AWS as 1.
_CRON_WEEKDAY = _Field(least=0, most=7, names={name: number for number, name in enumerate(_DAYS)})
_AWS_WEEKDAY = _Field(least=1, most=7, names={name: number for number, name in enumerate(_DAYS, 1)})
_AWS_YEAR = _Field(least=1970, most=2199, names={})
TUESDAY = _AWS_WEEKDAY.names["TUE"]


def is_crontab_schedule(written: str) -> bool:
    """Whether cronie takes the five fields ("crontab(5)"), and they have a day that exists.

    A table with one wrong line is refused as a whole. cronie knows a step only after a range or ``*``.
    """
    fields = written.split(" ")
    if len(fields) != 5 or any(re.search(r"(^|,)[^*,-]+/", field) for field in fields):
        return False
    try:
        minute, hour, day, month, weekday = fields
        _MINUTE.numbers(minute)
        _HOUR.numbers(hour)
        days, months = _DAY.numbers(day), _MONTH.numbers(month)
        _CRON_WEEKDAY.numbers(weekday)
    except ValueError:
        return False
    # With a weekday as well, cron runs on either.
    return weekday != "*" or _exists(days, months)


@dataclass(frozen=True, kw_only=True)
class AwsSchedule:
    """``cron(…)`` as AWS takes it ("Cron expressions reference"), in UTC."""

    minutes: frozenset[int]
    hours: frozenset[int]
    weekdays: frozenset[int] | None
    """1 is Sunday; None where the day of the month decides."""

    @staticmethod
    def read(written: str) -> AwsSchedule:
        """Raises ``ValueError`` for what AWS refuses, and for a day that does not exist."""
        found = re.fullmatch(r"cron\(([^()]*)\)", written)
        fields = found[1].split(" ") if found else []
        if len(fields) != 6:
            raise ValueError("not six fields")
        minute, hour, day, month, weekday, year = fields
        if (day == "?") == (weekday == "?"):
            raise ValueError("either the day of the month or the weekday is ?")
        months = _MONTH.numbers(month)
        _AWS_YEAR.numbers(year)
        if day != "?" and not _exists(_aws_days(day), months):
            raise ValueError("a day that does not exist")
        return AwsSchedule(
            minutes=_MINUTE.numbers(minute),
            hours=_HOUR.numbers(hour),
            weekdays=None if weekday == "?" else _aws_weekdays(weekday),
        )

    def meets(self, first: tuple[int, int], last: tuple[int, int], weekday: int | None = None) -> bool:
        """Whether it can begin from one hour and minute to another, both included, on a weekday or on any day."""
        if weekday is not None and self.weekdays is not None and weekday not in self.weekdays:
            return False
        return any(first <= (hour, minute) <= last for hour in self.hours for minute in self.minutes)


def is_aws_schedule(written: str) -> bool:
    """Whether AWS takes a schedule, and it has a day that exists."""
    try:
        AwsSchedule.read(written)
    except ValueError:
        return False
    return True


def _aws_days(written: str) -> frozenset[int]:
    """``L`` is the last day of a month, and ``15W`` the weekday nearest to the 15th."""
    if written == "L":
        return frozenset({28})
    near = written.removesuffix("W")
    return _DAY.numbers(near) if near == written or _is_number(near) else _DAY.numbers(written)


def _aws_weekdays(written: str) -> frozenset[int]:
    """``TUE#2`` is the second Tuesday of a month, and ``3L`` or ``TUEL`` the last one."""
    if written == "L":
        return frozenset({7})
    day, number, which = written.partition("#")
    if number:
        if not re.fullmatch("[1-5]", which) or not re.fullmatch("[A-Za-z0-9]+", day):
            raise ValueError(f"{written} is no weekday")
        return _AWS_WEEKDAY.numbers(day)
    if re.fullmatch("[A-Za-z0-9]+L", written):
        return _AWS_WEEKDAY.numbers(written.removesuffix("L"))
    return _AWS_WEEKDAY.numbers(written)


def _exists(days: frozenset[int], months: frozenset[int]) -> bool:
    """Whether one of the months has one of the days."""
    return any(min(days) <= _LONGEST_MONTHS.get(month, _ANY_MONTH) for month in months)
