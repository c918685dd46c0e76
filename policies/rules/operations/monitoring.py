"""Alarms reach people, logs are kept, and both are encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.policy_documents import conditions, is_for_everyone, statements
from policies.aws.policy_statements import not_public
from policies.generated.aws_types import cloudwatch, sns
from policies.model.expectations import accepted, is_not, is_set
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_RETENTION_DAYS = 90
"""PCI DSS 10.5.1 asks for three months that are available immediately; nine more may be in an archive."""


def _check_actions(alarm: Resource, stack: Stack, _: Config) -> Findings:
    if alarm.properties.read("actionsEnabled") == Known(False):
        yield Violation(resource=alarm, got="actions_enabled=False", expected="True", part="actions_enabled")
    if alarm.properties.read("alarmActions") not in (Absent(), Known(())):
        return
    # A composite alarm may notify on behalf of this one.
    if any(True for _ in stack.from_origin(cloudwatch.CompositeAlarm, "alarmRule", alarm)) or _is_named(alarm, stack):
        return
    yield Violation(
        resource=alarm,
        got="no alarm_actions",
        expected="a topic, or a composite alarm that names this one",
        part="alarm_actions",
    )


def _is_named(alarm: Resource, stack: Stack) -> bool:
    match alarm.properties.read("name"):
        case Known(str() as name):
            rules = (each.properties.read("alarmRule") for each in stack.of_type(cloudwatch.CompositeAlarm))
            return any(isinstance(rule, Known) and f'"{name}"' in str(rule.value) for rule in rules)
    return False


def _check_subscribers(topic: Resource, stack: Stack, _: Config) -> Findings:
    if not any(True for _ in stack.from_origin(sns.TopicSubscription, "topic", topic)):
        yield Violation(resource=topic, got="no subscription", expected="one")


def _check_topic_key(topic: Resource, _: Config) -> Findings:
    yield from is_set(topic, "kmsMasterKeyId")
    if topic.properties.read("kmsMasterKeyId") == Known(_AWS_OWN_KEY):
        yield Violation(
            resource=topic,
            got=f"kms_master_key_id={_AWS_OWN_KEY}",
            expected="the stack's key",
            part="kms_master_key_id",
        )


def _check_transport(topic: Resource, stack: Stack, _: Config) -> Findings:
    documents = list(_policies_of(topic, stack))
    if any(_denies_plain_http(each) for each in documents):
        return
    if any(isinstance(each, Unknown) for each in documents):
        yield Undecided(resource=topic, path="policy")
    else:
        yield Violation(
            resource=topic,
            got="a policy that accepts requests over plain HTTP",
            expected="a statement that denies all requests without aws:SecureTransport",
            part="policy",
        )


def _policies_of(topic: Resource, stack: Stack) -> Iterator[Reading]:
    yield topic.properties.read_json("policy")
    for policy in stack.from_origin(sns.TopicPolicy, "arn", topic):
        yield policy.properties.read_json("policy")


def _denies_plain_http(document: Reading) -> bool:
    return any(_is_denial(statement) for statement in statements(document))


def _is_denial(statement: Properties) -> bool:
    return (
        statement.read("Effect") == Known("Deny")
        and is_for_everyone(statement)
        and any(key == "aws:securetransport" and values == {"false"} for _, key, values in conditions(statement))
    )


def _check_retention(group: Resource, config: Config) -> Findings:
    days = int(config.get("minimumDays", _RETENTION_DAYS))
    # AWS keeps logs forever for 0, which laws on personal data forbid.
    yield from accepted(
        group,
        "retentionInDays",
        group.properties.read("retentionInDays"),
        lambda found: found >= days,
        f"{days} or more",
    )


def _check_log_key(group: Resource, _: Config) -> Findings:
    yield from is_set(group, "kmsKeyId")


def _check_dashboard(dashboard: Resource, _: Config) -> Findings:
    match dashboard.properties.read_json("dashboardBody"):
        case Known(Properties() as body) if any(True for _ in body.each("widgets")):
            return
        case Unknown():
            yield Undecided(resource=dashboard, path="dashboardBody")
        case _:
            yield Violation(resource=dashboard, got="a dashboard_body without widgets", expected="JSON with widgets")


_AWS_OWN_KEY = "alias/aws/sns"
"""A key that alarms may not use: their notifications would be lost silently."""

ALARM_HAS_ACTION = StackRule(
    id="alarm-has-action",
    severity=Severity.HIGH,
    why="An alarm without an action notifies no one.",
    fix="add the alarm to MonitoringSuiteArgs.mails, or set alarm_actions=[topic.arn].",
    sources=Sources(fsbp=("CloudWatch.15", "CloudWatch.17"), pci=("10.4.1",)),
    applies_to=(cloudwatch.MetricAlarm, cloudwatch.CompositeAlarm),
    check=_check_actions,
)

TOPIC_HAS_SUBSCRIBER = StackRule(
    id="topic-has-subscriber",
    severity=Severity.HIGH,
    why="Messages to a topic without subscribers are lost.",
    fix="add recipients to magento:monitoring.recipients, or add an aws.sns.TopicSubscription.",
    sources=Sources(other="AWS Well-Architected Framework, REL06-BP03"),
    production_only=True,
    applies_to=(sns.Topic,),
    check=_check_subscribers,
)

SNS_ENCRYPTED = ResourceRule(
    id="sns-encrypted",
    severity=Severity.HIGH,
    why="Alarm messages say what is broken and where, and SNS stores them until they are delivered.",
    fix="set kms_master_key_id to the stack's key, which CloudWatch and RDS may use.",
    sources=Sources(fsbp=("SNS.1",), pci=("3.5.1",)),
    applies_to=(sns.Topic,),
    check=_check_topic_key,
)

SNS_NOT_PUBLIC = ResourceRule(
    id="sns-not-public",
    severity=Severity.HIGH,
    why="Anyone can read a public topic and send messages through it in the shop's name.",
    fix="name services in Principal, with a condition on aws:SourceAccount.",
    sources=Sources(fsbp=("SNS.4",), pci=("7.2.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(sns.Topic, sns.TopicPolicy),
    check=not_public,
)

SNS_TLS_ONLY = StackRule(
    id="sns-tls-only",
    severity=Severity.MEDIUM,
    why="SNS also answers over plain HTTP, where anyone on the network can read the messages.",
    fix='add components.shared.iam.only_over_tls("sns:Publish", arn) to the topic\'s policy.',
    sources=Sources(pci=("4.2.1",), other="Amazon SNS security best practices"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(sns.Topic,),
    check=_check_transport,
)

SNS_NO_HTTP = ResourceRule(
    id="sns-no-http",
    severity=Severity.HIGH,
    why="Anyone on the network can read and change a message that is sent to a plain HTTP address.",
    fix='set protocol="https", or another encrypted protocol.',
    sources=Sources(pci=("4.2.1",), other="Amazon SNS security best practices"),
    applies_to=(sns.TopicSubscription,),
    check=lambda subscription, _: is_not(subscription, "protocol", "http"),
)

LOG_RETENTION = ResourceRule(
    id="log-retention",
    severity=Severity.MEDIUM,
    why="Break-ins are often found weeks later, and then only the logs show what happened.",
    fix="raise retention_in_days; for flow logs, network.flow_log_retention_days in the stack file.",
    sources=Sources(fsbp=("CloudWatch.16",), pci=("10.5.1",)),
    applies_to=(cloudwatch.LogGroup,),
    check=_check_retention,
    config_schema=PolicyConfigSchema(
        properties={"minimumDays": {"type": "integer", "default": _RETENTION_DAYS, "minimum": 1}}
    ),
)

LOG_ENCRYPTED = ResourceRule(
    id="log-encrypted",
    severity=Severity.LOW,
    why="With the stack's key, reading a log needs two permissions: for the log and for the key.",
    fix="set kms_key_id to the stack's key.",
    sources=Sources(pci=("10.3.1",), other="Encrypt log data in CloudWatch Logs using AWS Key Management Service"),
    applies_to=(cloudwatch.LogGroup,),
    check=_check_log_key,
)

DASHBOARD_VALID = ResourceRule(
    id="dashboard-valid",
    severity=Severity.LOW,
    why="CloudWatch accepts a dashboard that shows nothing without an error.",
    fix="build dashboard_body with components.monitoring.dashboard.dashboard_body.",
    sources=Sources(other="Amazon CloudWatch, Dashboard body structure and syntax"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(cloudwatch.Dashboard,),
    check=_check_dashboard,
)

RULES = (
    ALARM_HAS_ACTION,
    TOPIC_HAS_SUBSCRIBER,
    SNS_ENCRYPTED,
    SNS_NOT_PUBLIC,
    SNS_TLS_ONLY,
    SNS_NO_HTTP,
    LOG_RETENTION,
    LOG_ENCRYPTED,
    DASHBOARD_VALID,
)
