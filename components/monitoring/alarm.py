"""An alarm as a value: what is measured, when that is too much, and what silence means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi

from settings.messages import message, refuse

_QUERY_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


class AlarmNameError(ValueError, pulumi.RunError):
    """``monitoring.alarm_names`` does not fit the alarms of the stack. Ends the program without a traceback."""

    def __init__(self, *, got: object, expected: str) -> None:
        super().__init__(message("magento:monitoring.alarm_names", got=got, expected=expected))


class Statistic(StrEnum):
    """How the measurements of one period become a datapoint."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    SUM = "Sum"
    SAMPLE_COUNT = "SampleCount"


class Comparison(StrEnum):
    """On which side of its threshold a datapoint is a fault; the threshold itself is none."""

    ABOVE = "GreaterThanThreshold"
    BELOW = "LessThanThreshold"


class MissingData(StrEnum):
    """What an alarm makes of a period without measurements."""

    NOT_BREACHING = "notBreaching"
    """AWS measures it only when there is something to count, or another alarm speaks for the silence."""
    BREACHING = "breaching"
    """What is alive is measured every minute: what says nothing is down, stopped or gone."""
    IGNORE = "ignore"
    """Measured more seldom than the alarm looks: the last answer stands."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of CloudWatch, told from others of its name by all of its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: Statistic


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A Metrics Insights query, or metric math over ``metrics``, whose keys are their names in ``text``."""

    text: pulumi.Input[str]
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.metrics:
            if not _QUERY_ID.fullmatch(name):
                refuse("metrics", got=name, expected="a lower-case letter, then letters, digits and underscores")


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """In alarm when ``datapoints`` periods in a row are on the wrong side of ``threshold``.

    ``key`` names it in the program and in config; ``means`` is what its mail says.
    """

    key: str
    description: str
    metric: Metric | Expression
    comparison: Comparison
    threshold: float
    missing_data: MissingData
    period_seconds: int = 60
    datapoints: int = 3


@dataclass(frozen=True, kw_only=True)
class AlarmGroup:
    """The alarms of one system, which send one mail together, however many of them a fault sets off.

    While the group of the key ``hushed_by`` is in alarm, this one sends nothing: it would say the lesser half of it.
    """

    key: str
    description: str
    alarms: tuple[Alarm, ...]
    suppressed_by: str | None = None
