"""Adapters of alarms, dashboards, database events and backups, against the embedded AWS."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    ACCOUNT_ID,
    REGION,
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE_ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
EVENTS = "aws:rds/eventSubscription:EventSubscription"
VAULT = "aws:backup/vault:Vault"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"

TAGS = {"Name": "main", "Client": "client"}
TOPICS = [f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}" for name in ("alarms", "pager")]
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/6f3c6a5e-0000-4000-8000-000000000000"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/backup"


@SAMPLES.case(METRIC_ALARM)
def alarm_on_a_metric(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "DB CPU Prod",
            "namespace": "AWS/RDS",
            "metricName": "CPUUtilization",
            "dimensions": {"DBInstanceIdentifier": "site", "EngineName": "mysql"},
            "statistic": "Average",
            "period": 60,
            "unit": "Percent",
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 70,
            "evaluationPeriods": 3,
            "datapointsToAlarm": 3,
            "tags": TAGS,
        },
        updates=[
            {"threshold": 82.5, "evaluationPeriods": 5, "datapointsToAlarm": 4, "period": 300},
            {"threshold": 0, "comparisonOperator": "LessThanThreshold", "treatMissingData": "breaching"},
            {"namespace": "AWS/EC2", "metricName": "StatusCheckFailed", "dimensions": {"InstanceId": "i-1"}},
            {"statistic": "Maximum", "unit": None, "datapointsToAlarm": None, "dimensions": None},
            {"alarmActions": TOPICS, "okActions": TOPICS[:1], "insufficientDataActions": TOPICS[1:]},
            {"alarmActions": TOPICS[1:], "okActions": None, "actionsEnabled": False},
            {"alarmDescription": "The server is gone"},
            {"alarmDescription": None},
            {"statistic": None, "extendedStatistic": "p99", "evaluateLowSampleCountPercentiles": "ignore"},
        ],
    )


@SAMPLES.case(METRIC_ALARM)
def alarm_on_an_expression(aws: Aws) -> Case:
    def count(query_id: str, name: str) -> dict[str, object]:
        dimensions = {"LoadBalancer": "app/site/1"}
        metric = {"namespace": "AWS/ApplicationELB", "metricName": name, "dimensions": dimensions}
        return {"id": query_id, "metric": {**metric, "period": 60, "stat": "Sum"}}

    result = {"id": "result", "expression": "FILL(every, 0) - FILL(unavailable, 0)", "returnData": True}
    return Case(
        inputs={
            "name": "errors",
            "metricQueries": [result, count("every", "HTTPCode_ELB_5XX_Count"), count("unavailable", "HTTPCode_503")],
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 10,
            "evaluationPeriods": 3,
        },
        updates=[
            {
                "metricQueries": [
                    {"id": "result", "expression": "SELECT MAX(x) FROM y", "period": 60, "returnData": True}
                ]
            },
            {
                "comparisonOperator": "GreaterThanUpperThreshold",
                "threshold": None,
                "thresholdMetricId": "band",
                "metricQueries": [
                    {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m, 2)", "label": "Band", "returnData": True},
                    {**count("m", "RequestCount"), "returnData": True},
                ],
            },
        ],
    )


@SAMPLES.case(COMPOSITE_ALARM)
def alarm_on_alarms(aws: Aws) -> Case:
    for name in ("load", "DB CPU Prod of a group"):
        create(
            aws,
            METRIC_ALARM,
            {
                "name": name,
                "namespace": "AWS/RDS",
                "metricName": "CPUUtilization",
                "statistic": "Average",
                "period": 60,
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 70,
                "evaluationPeriods": 3,
            },
        )
    return Case(
        inputs={"alarmName": "database", "alarmRule": "ALARM(load)", "alarmActions": TOPICS, "tags": TAGS},
        updates=[
            {"alarmRule": 'ALARM("load") OR ALARM("DB CPU Prod of a group")', "alarmDescription": "The database"},
            {"alarmActions": TOPICS[1:], "okActions": TOPICS, "insufficientDataActions": TOPICS[:1]},
            {"actionsSuppressor": {"alarm": "load", "waitPeriod": 120, "extensionPeriod": 60}},
            {"actionsSuppressor": None, "okActions": None, "alarmDescription": None},
        ],
    )


@SAMPLES.case(COMPOSITE_ALARM)
def alarm_that_tells_nobody(aws: Aws) -> Case:
    return Case(inputs={"alarmName": "quiet", "alarmRule": "FALSE", "actionsEnabled": False})


def a_dashboard(title: str) -> str:
    widget = {"type": "metric", "properties": {"region": REGION, "title": title, "metrics": [["AWS/RDS", "CPU"]]}}
    return json.dumps({"widgets": [widget]})


@SAMPLES.case(DASHBOARD)
def dashboard(aws: Aws) -> Case:
    return Case(
        inputs={"dashboardName": "client-prod", "dashboardBody": a_dashboard("CPU")},
        updates=[{"dashboardBody": a_dashboard("Database CPU")}],
    )


@SAMPLES.case(EVENTS)
def database_events(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "failovers",
            "snsTopic": TOPICS[0],
            "sourceType": "db-instance",
            "sourceIds": ["site", "shared"],
            "eventCategories": ["failover", "failure"],
            "tags": TAGS,
        },
        updates=[
            {"snsTopic": TOPICS[1], "enabled": False},
            {"sourceIds": ["shared", "other"], "eventCategories": ["failover"]},
            {"eventCategories": None, "enabled": True},
            {"sourceIds": None, "sourceType": "db-snapshot"},
        ],
    )


@SAMPLES.case(VAULT)
def vault(aws: Aws) -> Case:
    return Case(inputs={"name": "client-prod", "kmsKeyArn": KEY_ARN, "forceDestroy": True, "tags": TAGS})


def a_rule(name: str, days: int) -> dict[str, object]:
    return {"ruleName": name, "targetVaultName": "kept", "lifecycle": {"deleteAfter": days}}


@SAMPLES.case(PLAN)
def plan(aws: Aws) -> Case:
    create(aws, VAULT, {"name": "kept"})
    daily = {**a_rule("daily", 35), "schedule": "cron(30 5 * * ? *)", "recoveryPointTags": TAGS}
    copied = {
        "destinationVaultArn": f"arn:aws:backup:eu-west-1:{ACCOUNT_ID}:backup-vault:far",
        "lifecycle": {"deleteAfter": 90, "coldStorageAfter": 30, "optInToArchiveForSupportedResources": True},
    }
    windows = {"startWindow": 60, "completionWindow": 480, "scheduleExpressionTimezone": "Europe/Paris"}
    return Case(
        inputs={"name": "copies", "rules": [daily], "tags": TAGS},
        updates=[
            {"rules": [daily, {**a_rule("monthly", 365), "schedule": "cron(0 6 1 * ? *)", "copyActions": [copied]}]},
            {"rules": [{**daily, **windows, "enableContinuousBackup": True}]},
            {"rules": [a_rule("daily", 7)]},
            {"advancedBackupSettings": [{"resourceType": "EC2", "backupOptions": {"WindowsVSS": "enabled"}}]},
            {"advancedBackupSettings": None},
        ],
    )


def a_plan(aws: Aws, name: str) -> str:
    return create(aws, PLAN, {"name": name, "rules": [a_rule("daily", 35)]})


@SAMPLES.case(SELECTION)
def selection_by_kind_and_tag(aws: Aws) -> Case:
    def where(key: str, value: str) -> dict[str, str]:
        return {"key": f"aws:ResourceTag/{key}", "value": value}

    return Case(
        inputs={
            "planId": a_plan(aws, "by-kind"),
            "name": "data",
            "iamRoleArn": ROLE_ARN,
            "resources": ["arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:db:*"],
            "notResources": ["arn:aws:ec2:*:*:volume/vol-scratch"],
            "conditions": [
                {
                    "stringEquals": [where("Client", "client"), where("Environment", "prod")],
                    "stringNotEquals": [where("Backup", "no")],
                    "stringLikes": [where("Name", "client-*")],
                    "stringNotLikes": [where("Name", "*-scratch")],
                }
            ],
        }
    )


@SAMPLES.case(SELECTION)
def selection_by_tag(aws: Aws) -> Case:
    return Case(
        inputs={
            "planId": a_plan(aws, "by-tag"),
            "name": "tagged",
            "iamRoleArn": ROLE_ARN,
            "selectionTags": [{"type": "STRINGEQUALS", "key": "Backup", "value": "daily"}],
        }
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: Aws) -> None:
    """A property that no sample sets could be dropped without anybody noticing."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_putting_an_alarm_again_keeps_its_tags_and_its_state(aws: Aws) -> None:
    """CloudWatch has no "update": the same call makes an alarm and changes it."""
    inputs = {**alarm_on_a_metric(aws).inputs, "name": "kept"}
    adapter = find_adapter(METRIC_ALARM)
    id = create(aws, METRIC_ALARM, inputs)
    aws.client("cloudwatch").set_alarm_state(AlarmName=id, StateValue="ALARM", StateReason="test")
    adapter.update(aws, id, inputs, {**inputs, "actionsEnabled": True, "threshold": 80}, frozenset({"threshold"}))
    found = read(aws, METRIC_ALARM, id)
    assert found is not None
    assert found["tags"] == TAGS
    assert aws.client("cloudwatch").describe_alarms(AlarmNames=[id])["MetricAlarms"][0]["StateValue"] == "ALARM"


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        (METRIC_ALARM, {"metricQueries": [{"id": "m", "sql": "…"}]}, "metricQueries[0].sql"),
        (METRIC_ALARM, {"metricQueries": [{"metric": {"statistic": "…"}}]}, "metricQueries[0].metric.statistic"),
        (COMPOSITE_ALARM, {"actionsSuppressor": {"period": 1}}, "actionsSuppressor.period"),
        (PLAN, {"rules": [{"scanActions": []}]}, "rules[0].scanActions"),
        (SELECTION, {"conditions": [{"stringContains": []}]}, "conditions[0].stringContains"),
    ],
)
def test_what_is_not_handled_is_refused_at_preview(token: str, inputs: dict[str, object], path: str) -> None:
    """Nothing nested is silently dropped."""
    assert [where for where, _ in find_adapter(token).check(inputs)] == [path]
