"""``aws.cloudwatch.MetricAlarm``: an alarm over one metric, or over an expression of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import unhandled
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging, to_records

_ARGUMENTS = {
    "name": "AlarmName",
    "alarmDescription": "AlarmDescription",
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "period": "Period",
    "unit": "Unit",
    "comparisonOperator": "ComparisonOperator",
    "threshold": "Threshold",
    "thresholdMetricId": "ThresholdMetricId",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "treatMissingData": "TreatMissingData",
    "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
}
"""What pulumi-aws and PutMetricAlarm both have as plain values, by their names."""
_QUERY = {"id": "Id", "expression": "Expression", "label": "Label", "period": "Period", "accountId": "AccountId"}
_STATISTIC = {"period": "Period", "stat": "Stat", "unit": "Unit"}
_METRIC = {"metricName": "MetricName", "namespace": "Namespace"}


@adapter
class MetricAlarm(Adapter):
    """Its id is its name."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    service = "cloudwatch"
    tagging = Tagging(service="cloudwatch", by_arn=True, resource="ResourceARN")
    properties = {
        "name": Property(replaces=True, autoname=AutoName()),
        "alarmDescription": Property(),
        "actionsEnabled": Property(default=True),
        "alarmActions": Property(unordered=True),
        "okActions": Property(unordered=True),
        "insufficientDataActions": Property(unordered=True),
        "namespace": Property(),
        "metricName": Property(),
        "dimensions": Property(),
        "statistic": Property(),
        "extendedStatistic": Property(),
        "period": Property(),
        "unit": Property(),
        "metricQueries": Property(unordered=True),
        "comparisonOperator": Property(),
        "threshold": Property(),
        "thresholdMetricId": Property(),
        "evaluationPeriods": Property(),
        "datapointsToAlarm": Property(),
        "treatMissingData": Property(default="missing"),
        "evaluateLowSampleCountPercentiles": Property(),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = (
        "Nothing is measured: an alarm changes its state when PutMetricData brings data of its metric, or when "
        "SetAlarmState says so, and then notifies its topics. An alarm over expressions follows SetAlarmState only."
    )

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(_unknown_keys(inputs.get("metricQueries") or []))

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs, Tags=to_records(inputs["tagsAll"]))
        return str(inputs["name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("cloudwatch").describe_alarms(AlarmNames=[id], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
        if not found:
            return None
        [alarm] = found
        return {
            **{name: alarm.get(argument) for name, argument in _ARGUMENTS.items()},
            "threshold": _whole(alarm.get("Threshold")),
            "treatMissingData": alarm.get("TreatMissingData", "missing"),
            "dimensions": _dimensions(alarm.get("Dimensions")),
            "metricQueries": [_query_from_aws(query) for query in alarm.get("Metrics", [])],
            "tags": self.tagging.read(aws, alarm["AlarmArn"]),
            "arn": alarm["AlarmArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._put(aws, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[id])

    def _put(self, aws: Aws, inputs: Values, **more: Any) -> None:
        """Both makes an alarm and replaces all that it says."""
        dimensions, queries = inputs.get("dimensions") or {}, inputs.get("metricQueries") or []
        aws.client("cloudwatch").put_metric_alarm(
            **arguments(inputs, _ARGUMENTS),
            **({"Dimensions": _named(dimensions)} if dimensions else {}),
            **({"Metrics": [_query_to_aws(query) for query in queries]} if queries else {}),
            **more,
        )


def _query_to_aws(query: Values) -> Values:
    answer = arguments(query, _QUERY)
    if query.get("returnData") is not None:
        answer["ReturnData"] = query["returnData"]
    metric = query.get("metric")
    if metric:
        named = {**arguments(metric, _METRIC), "Dimensions": _named(metric.get("dimensions") or {})}
        answer["MetricStat"] = {**arguments(metric, _STATISTIC), "Metric": named}
    return answer


def _query_from_aws(query: Values) -> Values:
    answer = _present(query, _QUERY)
    # Said or not, AWS answers it: pulumi-aws leaves out what it takes for granted.
    if query.get("ReturnData"):
        answer["returnData"] = True
    statistic = query.get("MetricStat")
    if statistic:
        metric = statistic["Metric"]
        answer["metric"] = {**_present(metric, _METRIC), **_present(statistic, _STATISTIC)}
        if metric.get("Dimensions"):
            answer["metric"]["dimensions"] = _dimensions(metric["Dimensions"])
    return answer


def _unknown_keys(queries: list[Values]) -> list[tuple[str, str]]:
    """What a query says and this adapter does not hand on."""
    known = {*_QUERY, "returnData", "metric"}
    known_of_metric = {*_METRIC, *_STATISTIC, "dimensions"}
    return [
        (f"metricQueries[{index}]{part}.{key}", unhandled(allowed))
        for index, query in enumerate(queries)
        for part, record, allowed in (("", query, known), (".metric", query.get("metric") or {}, known_of_metric))
        for key in record.keys() - allowed
    ]


def _present(record: Mapping[str, Any], names: Mapping[str, str]) -> Values:
    return {name: record[argument] for name, argument in names.items() if record.get(argument) is not None}


def _named(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def _dimensions(records: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {record["Name"]: record["Value"] for record in records or ()}


def _whole(number: float | None) -> float | None:
    """Without the fraction that a float's text would show."""
    return int(number) if number is not None and number == int(number) else number
