"""CloudWatch of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.emulator.cloudwatch.alarm_rule import InvalidRuleError, parse
from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

BODY = {"widgets": [{"type": "metric", "properties": {"region": "eu-west-3", "metrics": [["AWS/RDS", "CPU"]]}}]}


@pytest.fixture
def topic(embedded_aws: None) -> str:
    arn: str = client("sns", "eu-west-3").create_topic(Name="alarms")["TopicArn"]
    return arn


@pytest.fixture
def sent(topic: str) -> Any:
    """The messages that the topic has sent since the last call, as (subject, message)."""
    sqs = client("sqs", "eu-west-3")
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns", "eu-west-3").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def messages() -> list[tuple[str, dict[str, Any]]]:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        bodies = [json.loads(each["Body"]) for each in received]
        return [(body["Subject"], json.loads(body["Message"])) for body in bodies]

    return messages


def put_alarm(cloudwatch: Any, name: str, **more: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/RDS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        Threshold=70,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=3,
        **more,
    )


def put_composite(cloudwatch: Any, name: str, rule: str, **more: Any) -> None:
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)


def set_state(cloudwatch: Any, name: str, state: str) -> None:
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def state_of(cloudwatch: Any, name: str) -> str:
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    [alarm] = found["MetricAlarms"] + found["CompositeAlarms"]
    state: str = alarm["StateValue"]
    return state


def test_several_alarms_of_a_group_are_one_message(cloudwatch: Any, topic: str, sent: Any) -> None:
    """The first child sends the message, which names it. The others send nothing."""
    for name in ("DB CPU Prod", "connections"):
        put_alarm(cloudwatch, name)
    put_composite(cloudwatch, "database", 'ALARM("DB CPU Prod") OR ALARM(connections)', AlarmActions=[topic])
    assert state_of(cloudwatch, "database") == "OK"
    set_state(cloudwatch, "DB CPU Prod", "ALARM")
    set_state(cloudwatch, "connections", "ALARM")
    assert state_of(cloudwatch, "database") == "ALARM"
    [(subject, message)] = sent()
    assert subject == 'ALARM: "database"'
    [child] = message["TriggeringChildren"]
    assert child["Arn"].endswith(":alarm:DB CPU Prod")
    set_state(cloudwatch, "DB CPU Prod", "OK")
    assert state_of(cloudwatch, "database") == "ALARM"
    set_state(cloudwatch, "connections", "OK")
    assert state_of(cloudwatch, "database") == "OK"
    assert sent() == []


def test_a_suppressed_alarm_sends_nothing(cloudwatch: Any, topic: str, sent: Any) -> None:
    """While a link is down, its tunnels send no messages of their own."""
    for name in ("link", "tunnel"):
        put_alarm(cloudwatch, name)
    put_composite(cloudwatch, "down", "ALARM(link)", AlarmActions=[topic])
    put_composite(
        cloudwatch,
        "redundancy",
        "ALARM(tunnel)",
        AlarmActions=[topic],
        ActionsSuppressor="down",
        ActionsSuppressorWaitPeriod=60,
        ActionsSuppressorExtensionPeriod=60,
    )
    set_state(cloudwatch, "link", "ALARM")
    set_state(cloudwatch, "tunnel", "ALARM")
    assert state_of(cloudwatch, "redundancy") == "ALARM"
    assert [subject for subject, _ in sent()] == ['ALARM: "down"']


def put_data(cloudwatch: Any, metric: str, *values: float, **dimensions: str) -> None:
    """A value a minute, the last one now."""
    now = datetime.now(UTC)
    cloudwatch.put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                "Timestamp": now - timedelta(minutes=age),
                "Value": value,
            }
            for age, value in enumerate(reversed(values))
        ],
    )


def test_an_alarm_follows_the_data_of_its_metric(cloudwatch: Any, topic: str, sent: Any) -> None:
    """Three of three values above 70 raise it, one below ends it; the data of another database say nothing."""
    put_alarm(cloudwatch, "cpu", AlarmActions=[topic], Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "shop"}])
    put_data(cloudwatch, "CPUUtilization", 90, 90, 90, DBInstanceIdentifier="other")
    assert state_of(cloudwatch, "cpu") == "INSUFFICIENT_DATA"
    put_data(cloudwatch, "CPUUtilization", 90, 60, 90, DBInstanceIdentifier="shop")
    assert state_of(cloudwatch, "cpu") == "OK"
    put_data(cloudwatch, "CPUUtilization", 90, 90, 90, DBInstanceIdentifier="shop")
    assert state_of(cloudwatch, "cpu") == "ALARM"
    assert [subject for subject, _ in sent()] == ['ALARM: "cpu"']
    put_data(cloudwatch, "CPUUtilization", 10, DBInstanceIdentifier="shop")
    assert state_of(cloudwatch, "cpu") == "OK"


@pytest.mark.parametrize(("missing", "state"), [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "OK")])
def test_a_period_without_data_counts_as_the_alarm_says(cloudwatch: Any, missing: str, state: str) -> None:
    put_alarm(cloudwatch, "cpu", TreatMissingData=missing)
    put_data(cloudwatch, "CPUUtilization", 90)
    assert state_of(cloudwatch, "cpu") == state


def test_composites_follow_composites(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "leaf")
    put_composite(cloudwatch, "system", "ALARM(leaf)")
    put_composite(cloudwatch, "platform", "ALARM(system)")
    set_state(cloudwatch, "leaf", "ALARM")
    assert state_of(cloudwatch, "platform") == "ALARM"


def test_a_new_alarm_knows_nothing_and_a_changed_one_keeps_what_it_knows(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "cpu", Tags=[{"Key": "Client", "Value": "client"}])
    assert state_of(cloudwatch, "cpu") == "INSUFFICIENT_DATA"
    set_state(cloudwatch, "cpu", "ALARM")
    put_alarm(cloudwatch, "cpu", Tags=[{"Key": "Client", "Value": "other"}])
    assert state_of(cloudwatch, "cpu") == "ALARM"
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["cpu"])["MetricAlarms"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "Client", "Value": "client"}]


def test_an_alarm_of_a_deleted_ones_name_has_none_of_its_tags(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "cpu", Tags=[{"Key": "Client", "Value": "client"}])
    cloudwatch.delete_alarms(AlarmNames=["cpu"])
    put_alarm(cloudwatch, "cpu")
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["cpu"])["MetricAlarms"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == []


def test_a_rule_over_an_alarm_that_is_not_there_is_refused(cloudwatch: Any) -> None:
    with aws_refuses("ValidationError", r"alarms \[cpu\] in the alarm rule do not exist"):
        put_composite(cloudwatch, "database", "ALARM(cpu)")


def test_an_alarm_that_a_composite_names_cannot_be_deleted(cloudwatch: Any) -> None:
    """Nor can other alarms in the same request. Together with the composite alarm it can be deleted."""
    for name in ("cpu", "spare"):
        put_alarm(cloudwatch, name)
    put_composite(cloudwatch, "database", "ALARM(cpu)")
    with aws_refuses("ValidationError", r"Cannot delete cpu as there are composite alarm\(s\) depending on it"):
        cloudwatch.delete_alarms(AlarmNames=["cpu", "spare"])
    assert state_of(cloudwatch, "spare") == "INSUFFICIENT_DATA"
    cloudwatch.delete_alarms(AlarmNames=["database", "cpu"])
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["spare"]


@pytest.mark.parametrize(
    ("filters", "metric", "composite"),
    [
        ({}, ["cpu", "disk"], []),
        ({"AlarmTypes": ["CompositeAlarm"]}, [], ["database"]),
        ({"AlarmNamePrefix": "c"}, ["cpu"], []),
        ({"StateValue": "OK", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}, ["disk"], ["database"]),
        ({"StateValue": "OK", "AlarmNames": ["cpu"]}, [], []),
        ({"ChildrenOfAlarmName": "database"}, ["cpu"], []),
        ({"ParentsOfAlarmName": "cpu", "AlarmTypes": ["CompositeAlarm"]}, [], ["database"]),
    ],
)
def test_alarms_are_found_by_every_filter(
    cloudwatch: Any, filters: dict[str, Any], metric: list[str], composite: list[str]
) -> None:
    """Together, and composites only when they are asked for."""
    for name in ("cpu", "disk"):
        put_alarm(cloudwatch, name)
    put_composite(cloudwatch, "database", "ALARM(cpu)")
    set_state(cloudwatch, "disk", "OK")
    found = cloudwatch.describe_alarms(**filters)
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == metric
    assert [alarm["AlarmName"] for alarm in found["CompositeAlarms"]] == composite


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(red)", True),
        ("OK(red)", False),
        ('ALARM("red") AND NOT OK(green)', False),
        ("OK(green) OR ALARM(green) AND ALARM(red)", True),
        ("(OK(green) OR ALARM(green)) AND ALARM(green)", False),
        ("NOT (ALARM(green) OR FALSE)", True),
        ("ALARM(arn:aws:cloudwatch:eu-west-3:123456789012:alarm:red)", True),
        ("INSUFFICIENT_DATA(grey) AND TRUE", True),
    ],
)
def test_a_rule_is_read_as_aws_reads_it(rule: str, holds: bool) -> None:
    """AND binds tighter than OR, NOT tighter than both."""
    states = {"red": "ALARM", "green": "OK", "grey": "INSUFFICIENT_DATA"}
    assert parse(rule).holds(states.__getitem__) is holds


def test_a_name_may_hold_blanks_and_quotes() -> None:
    assert parse(r'ALARM("DB \"CPU\" (Prod)")').children == {'DB "CPU" (Prod)'}


@pytest.mark.parametrize("rule", ["", "cpu", "ALARM(cpu", "ALARM(cpu) ALARM(disk)", "ALARM(cpu) OR", "MAYBE(cpu)", '"'])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(InvalidRuleError):
        parse(rule)


def test_a_malformed_rule_is_refused_by_the_service(cloudwatch: Any) -> None:
    with aws_refuses("ValidationError", "The AlarmRule is malformed: unexpected end"):
        put_composite(cloudwatch, "database", "ALARM(")


def test_a_dashboard_reads_back(cloudwatch: Any) -> None:
    cloudwatch.put_dashboard(DashboardName="client-prod", DashboardBody=json.dumps(BODY))
    assert json.loads(cloudwatch.get_dashboard(DashboardName="client-prod")["DashboardBody"]) == BODY


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("nothing", "must be a valid JSON object"),
        ("{}", "/widgets: must be an array"),
        ('{"widgets": [{"type": "chart"}]}', "/widgets/0/type: must be one of"),
        ('{"widgets": [{"type": "text"}]}', "/widgets/0/properties: must be an object"),
        (
            '{"widgets": [{"type": "metric", "properties": {"metrics": []}}]}',
            "/widgets/0/properties/region: is required",
        ),
        ('{"widgets": [{"type": "metric", "properties": {"region": "x"}}]}', "must have metrics or annotations"),
        ('{"widgets": [{"type": "text", "x": 20, "width": 6, "properties": {}}]}', "must end within 24 columns"),
    ],
)
def test_a_dashboard_that_could_not_be_drawn_is_refused(cloudwatch: Any, body: str, fault: str) -> None:
    with aws_refuses("InvalidParameterInput", fault):
        cloudwatch.put_dashboard(DashboardName="client-prod", DashboardBody=body)
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
