"""An alarm as a value: its metric, its threshold, and what missing data means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi

from components.shared.arguments import refuse
from settings.messages import message

_QUERY_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


class AlarmNameError(ValueError, pulumi.RunError):
    """``monitoring.alarm_names`` does not fit the alarms of the stack. Ends the program without a traceback."""

    def __init__(self, *, got: object, expected: str) -> None:
        super().__init__(message("magento:monitoring.alarm_names", got=got, expected=expected))


class Statistic(StrEnum):
    """How the values of one period become a datapoint."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    SUM = "Sum"
    SAMPLE_COUNT = "SampleCount"


class Comparison(StrEnum):
    """On which side of the threshold a datapoint breaches. A value equal to the threshold does not."""

    ABOVE = "GreaterThanThreshold"
    BELOW = "LessThanThreshold"


class MissingData(StrEnum):
    """How an alarm treats a period without data."""

    NOT_BREACHING = "notBreaching"
    """For metrics that AWS publishes only when there is something to count, or whose absence another alarm reports."""
    BREACHING = "breaching"
    """For metrics that AWS publishes every minute. Without data, the resource is down, stopped or deleted."""
    IGNORE = "ignore"
    """For metrics that AWS publishes less often than the alarm is evaluated. The alarm keeps its state."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of CloudWatch, identified by its namespace, name and dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: Statistic


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A Metrics Insights query, or metric math over ``metrics``."""

    text: pulumi.Input[str]
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    """The metrics, by their names in ``text``."""

    def __post_init__(self) -> None:
        for name in self.metrics:
            if not _QUERY_ID.fullmatch(name):
                refuse("metrics", got=name, expected="a lower-case letter, then letters, digits and underscores")


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm that is raised when ``datapoints`` periods in a row breach ``threshold``."""

    key: str
    """Its name in the program, and in ``monitoring.alarm_names`` of the stack file."""
    description: str
    """The text in its mail."""
    metric: Metric | Expression
    comparison: Comparison
    threshold: float
    missing_data: MissingData
    period_seconds: int = 60
    datapoints: int = 3


@dataclass(frozen=True, kw_only=True)
class AlarmGroup:
    """The alarms of one fault that shows in several places, or that follows from another. It sends one mail.

    An alarm of the group that has a name in ``monitoring.alarm_names`` sends its own mail instead. Put no alarms of
    different faults into one group: while one of them is raised, the group sends nothing for the others.
    """

    key: str
    description: str
    alarms: tuple[Alarm, ...]
    follows: str | None = None
    """The key of an alarm that sends its own mail. While that alarm is raised, this group sends no mail."""
