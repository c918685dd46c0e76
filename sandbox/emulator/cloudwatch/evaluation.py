"""Metric alarms follow the data that PutMetricData brings ("Evaluating an alarm").

An alarm is evaluated when data of its metric arrive, over the periods that end with the newest datapoint. Alarms over
expressions are not evaluated, and time alone changes no state.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricDatumBase, Statistics

from sandbox.emulator.cloudwatch.composite_alarms import CompositeAlarm
from sandbox.emulator.patching import patch

_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@patch(
    "moto.cloudwatch.models:CloudWatchBackend.put_metric_data",
    sha256="82ed800e5ac8d3d2d679002880f5d89fd5cbd88e3543742b3b3254780f85f508",
)
def _put_metric_data(
    original: Any, backend: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]
) -> None:
    """Evaluate the alarms on the metrics that the data belong to."""
    original(backend, namespace, metric_data)
    names = {each["MetricName"] for each in metric_data}
    for alarm in list(backend.alarms.values()):
        if isinstance(alarm, CompositeAlarm) or alarm.namespace != namespace or alarm.metric_name not in names:
            continue
        if alarm.comparison_operator in _BREACHES:
            _evaluate(backend, alarm)


def _evaluate(backend: CloudWatchBackend, alarm: Alarm) -> None:
    data = [each for each in backend.metric_data if _is_of(each, alarm)]
    if not data:
        return
    state = _state(alarm, _values(alarm, data))
    if state != alarm.state_value:
        backend.set_alarm_state(alarm.name, f"The datapoints of {alarm.metric_name} changed", "{}", state)


def _is_of(datum: MetricDatumBase, alarm: Alarm) -> bool:
    """Whether the datum is of the alarm's metric: all its dimensions are the alarm's, no more and no fewer."""
    return (
        datum.namespace == alarm.namespace
        and datum.name == alarm.metric_name
        and {(each.name, each.value) for each in datum.dimensions}
        == {(each.name, each.value) for each in alarm.dimensions}
    )


def _values(alarm: Alarm, data: Iterable[MetricDatumBase]) -> list[float | None]:
    """The value of each period that the alarm looks at, from the newest. None where there are no data."""
    periods: dict[int, list[MetricDatumBase]] = {}
    for each in data:
        periods.setdefault(int(_seconds(each.timestamp) // alarm.period), []).append(each)
    newest = max(periods)
    values: list[float | None] = []
    for number in range(newest, newest - alarm.evaluation_periods, -1):
        statistics = Statistics([alarm.statistic], datetime.now(UTC))
        statistics.metric_data = periods.get(number, [])
        value = statistics.get_statistics_for_type(alarm.statistic) if statistics.metric_data else None
        values.append(None if value is None else float(value))
    return values


def _state(alarm: Alarm, values: list[float | None]) -> str:
    breaches = _BREACHES[alarm.comparison_operator]
    breaching = sum(
        alarm.treat_missing_data == "breaching" if value is None else breaches(value, alarm.threshold)
        for value in values
    )
    return "ALARM" if breaching >= (alarm.datapoints_to_alarm or alarm.evaluation_periods) else "OK"


def _seconds(moment: datetime) -> float:
    """Seconds since 1970. moto's own timestamps are in UTC without saying so."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
