"""The dashboard of a site as data: its widgets in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settings.monitoring import ThresholdSettings

_COLUMNS = 24
"""The width of a dashboard's grid ("Dashboard body structure and syntax")."""
_HEIGHT = 6
_MINUTE, _HOUR = 60, 3600

_WORST_HEALTH = 25

MetricRow = list[Any]
"""One metric of a widget: namespace, name, pairs of dimensions, and how to draw it."""
Widget = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DashboardSubject:
    """The names under which CloudWatch has the metrics of a site."""

    region: str
    environments: Mapping[str, str]
    """The names of the Beanstalk environments, by tier."""
    front: str
    """The tier whose instances' load is shown."""
    load_balancer: str
    """The part of the ARN after ``loadbalancer/``."""
    database_id: str
    cache_node_ids: tuple[str, ...]


def dashboard_body(subject: DashboardSubject, thresholds: ThresholdSettings) -> str:
    """The JSON document of the dashboard."""
    return json.dumps({"start": "-PT3H", "widgets": _placed(_widgets(subject, thresholds))})


def _widgets(subject: DashboardSubject, thresholds: ThresholdSettings) -> list[Widget]:
    def requests(name: str, statistic: str, label: str) -> MetricRow:
        return _metric("AWS/ApplicationELB", name, statistic, label, LoadBalancer=subject.load_balancer)

    def widget(title: str, width: int, metrics: list[MetricRow], **more: Any) -> Widget:
        common = {"title": title, "region": subject.region, "view": "timeSeries", "stacked": False, "period": _MINUTE}
        properties = {**common, "metrics": metrics, **more}
        return {"type": "metric", "width": width, "height": _HEIGHT, "properties": properties}

    return [
        widget(
            "Environment health",
            6,
            [
                _metric("AWS/ElasticBeanstalk", "EnvironmentHealth", "Maximum", tier, EnvironmentName=environment)
                for tier, environment in subject.environments.items()
            ],
            annotations=_alarm_above(thresholds.environment_health),
            yAxis=_from_zero(_WORST_HEALTH),
        ),
        widget(
            "Application requests, last hour",
            18,
            [
                requests("RequestCount", "Sum", "Requests"),
                requests("HTTPCode_Target_5XX_Count", "Sum", "5xx"),
                _hosts("HealthyHostCount", "healthy", "Healthy hosts", subject.load_balancer),
                _hosts("UnHealthyHostCount", "unhealthy", "Unhealthy hosts", subject.load_balancer),
                requests("TargetResponseTime", "Average", "Latency (s)"),
                requests("ActiveConnectionCount", "Average", "Active connections"),
                requests("ProcessedBytes", "Sum", "Bytes"),
            ],
            view="singleValue",
            period=_HOUR,
        ),
        widget(
            "Load average (5 min) of the front's instances",
            12,
            [_load_of(subject.environments[subject.front])],
            yAxis=_from_zero(),
        ),
        widget(
            "Database CPU (%)",
            12,
            [_metric("AWS/RDS", "CPUUtilization", "Average", "CPU", DBInstanceIdentifier=subject.database_id)],
            annotations=_alarm_above(thresholds.database_cpu_percent),
            yAxis=_from_zero(100),
        ),
        widget(
            "Back-end latency (s)",
            12,
            [requests("TargetResponseTime", "Average", "Latency")],
            yAxis=_from_zero(),
        ),
        widget(
            "Cache CPU (%)",
            12,
            [
                _metric("AWS/ElastiCache", name, "Average", f"{node} {label}", CacheClusterId=node)
                for node in subject.cache_node_ids
                for name, label in (("EngineCPUUtilization", "engine"), ("CPUUtilization", "machine"))
            ],
            yAxis=_from_zero(100),
        ),
        widget(
            "Back-end answers by kind, last hour",
            _COLUMNS,
            [requests(f"HTTPCode_Target_{kind}_Count", "Sum", kind.lower()) for kind in ("3XX", "4XX", "5XX")],
            stacked=True,
            start="-PT1H",
        ),
    ]


def _placed(widgets: list[Widget]) -> list[Widget]:
    """The widgets with their positions, from left to right. A widget that does not fit begins the next row."""
    placed, x, y = [], 0, 0
    for widget in widgets:
        if x + widget["width"] > _COLUMNS:
            x, y = 0, y + _HEIGHT
        placed.append({**widget, "x": x, "y": y})
        x += widget["width"]
    return placed


def _metric(namespace: str, name: str, statistic: str, label: str, **dimensions: str) -> MetricRow:
    pairs = [part for pair in dimensions.items() for part in pair]
    return [namespace, name, *pairs, {"stat": statistic, "label": label}]


def _hosts(name: str, query_id: str, label: str, load_balancer: str) -> MetricRow:
    """The hosts of all target groups. Beanstalk makes those, so a search finds them by the load balancer."""
    found = (
        "SEARCH('{AWS/ApplicationELB,LoadBalancer,TargetGroup} "
        f'MetricName="{name}" LoadBalancer="{load_balancer}"\', \'Average\', {_HOUR})'
    )
    return [{"expression": f"SUM({found})", "id": query_id, "label": label}]


def _load_of(environment: str) -> MetricRow:
    """The load of all instances that have data in the time shown. A search finds them, because instances change."""
    found = (
        "SEARCH('{AWS/ElasticBeanstalk,EnvironmentName,InstanceId} "
        f'MetricName="LoadAverage5min" EnvironmentName="{environment}"\', \'Average\', {_MINUTE})'
    )
    return [{"expression": found, "id": "load"}]


def _alarm_above(value: int) -> dict[str, Any]:
    return {"horizontal": [{"label": "alarm above", "value": value}]}


def _from_zero(most: int | None = None) -> dict[str, Any]:
    return {"left": {"min": 0} if most is None else {"min": 0, "max": most}}
