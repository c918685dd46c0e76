"""Row 16: what the dashboard shows, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.monitoring.dashboard import DashboardSubject, dashboard_body
from settings.monitoring import ThresholdSettings

BALANCER = "app/site/0123456789abcdef"
SUBJECT = DashboardSubject(
    region="eu-west-3",
    environments={"front": "client-prod-front", "back-office": "client-prod-back-office"},
    front="front",
    load_balancer=BALANCER,
    database_id="site-database",
    cache_node_ids=("cache-001", "cache-002"),
)


@pytest.fixture(scope="module")
def widgets() -> list[dict[str, Any]]:
    body = json.loads(dashboard_body(SUBJECT, ThresholdSettings()))
    found: list[dict[str, Any]] = body["widgets"]
    return found


def shown(widget: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and statistic of each metric that a widget names itself."""
    return [
        (metric[1], metric[-1]["stat"]) for metric in widget["properties"]["metrics"] if "expression" not in metric[-1]
    ]


def searches(widget: dict[str, Any]) -> list[str]:
    return [metric[-1]["expression"] for metric in widget["properties"]["metrics"] if "expression" in metric[-1]]


@pytest.mark.row(16)
def test_row_16_one_widget_a_row_of_the_note_in_its_order(widgets: list[dict[str, Any]]) -> None:
    assert [widget["properties"]["title"] for widget in widgets] == [
        "Environment health",
        "Application requests, last hour",
        "Load average (5 min) of the front's instances",
        "Database CPU (%)",
        "Back-end latency (s)",
        "Cache CPU (%)",
        "Back-end answers by kind, last hour",
    ]


def test_environment_health(widgets: list[dict[str, Any]]) -> None:
    metrics = widgets[0]["properties"]["metrics"]
    assert [metric[:4] for metric in metrics] == [
        ["AWS/ElasticBeanstalk", "EnvironmentHealth", "EnvironmentName", environment]
        for environment in SUBJECT.environments.values()
    ]


def test_application_requests_are_those_of_an_hour(widgets: list[dict[str, Any]]) -> None:
    """Row 16's seven figures, under the names that an Application Load Balancer gives them."""
    requests = widgets[1]
    assert requests["properties"]["period"] == 3600
    assert requests["properties"]["view"] == "singleValue"
    assert shown(requests) == [
        ("RequestCount", "Sum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("TargetResponseTime", "Average"),
        ("ActiveConnectionCount", "Average"),
        ("ProcessedBytes", "Sum"),
    ]
    healthy, unhealthy = searches(requests)
    for search, name in ((healthy, "HealthyHostCount"), (unhealthy, "UnHealthyHostCount")):
        assert search == (
            "SUM(SEARCH('{AWS/ApplicationELB,LoadBalancer,TargetGroup} "
            f'MetricName="{name}" LoadBalancer="{BALANCER}"\', \'Average\', 3600))'
        )


def test_load_follows_the_instances_that_there_are(widgets: list[dict[str, Any]]) -> None:
    """Four instances that come and go: none is named."""
    assert searches(widgets[2]) == [
        "SEARCH('{AWS/ElasticBeanstalk,EnvironmentName,InstanceId} "
        'MetricName="LoadAverage5min" EnvironmentName="client-prod-front"\', \'Average\', 60)'
    ]


def test_database_and_cache_cpu_and_latency(widgets: list[dict[str, Any]]) -> None:
    database, latency, cache = widgets[3:6]
    assert shown(database) == [("CPUUtilization", "Average")]
    assert database["properties"]["metrics"][0][2:4] == ["DBInstanceIdentifier", "site-database"]
    assert shown(latency) == [("TargetResponseTime", "Average")]
    assert [(metric[1], metric[3]) for metric in cache["properties"]["metrics"]] == [
        (name, node) for node in SUBJECT.cache_node_ids for name in ("EngineCPUUtilization", "CPUUtilization")
    ]


def test_answers_are_stacked_by_kind(widgets: list[dict[str, Any]]) -> None:
    """3xx, 4xx and 5xx over the last hour."""
    answers = widgets[6]["properties"]
    assert answers["stacked"] is True
    assert answers["start"] == "-PT1H"
    assert shown(widgets[6]) == [(f"HTTPCode_Target_{kind}_Count", "Sum") for kind in ("3XX", "4XX", "5XX")]


def test_an_alarms_threshold_is_drawn_where_it_is(widgets: list[dict[str, Any]]) -> None:
    """The line moves with the alarm."""
    raised = json.loads(dashboard_body(SUBJECT, ThresholdSettings(database_cpu_percent=85)))["widgets"]
    for body, value in ((widgets, 70), (raised, 85)):
        [line] = body[3]["properties"]["annotations"]["horizontal"]
        assert line["value"] == value


def test_widgets_fill_the_grid_without_overlapping(widgets: list[dict[str, Any]]) -> None:
    """24 columns, every row of it full."""
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    height = max(widget["y"] + widget["height"] for widget in widgets)
    assert sorted(cells) == [(x, y) for x in range(24) for y in range(height)]
