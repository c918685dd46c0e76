"""Alarms and events reach somebody, logs are kept, and neither is anybody else's business."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.documents import conditions, is_for_everybody, statements
from policies.aws.iam_grants import not_public
from policies.generated.aws_types import cloudwatch, sns
from policies.model.expectations import accepted, is_not, is_set
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_RETENTION_DAYS = 90
"""The three months that PCI DSS 10.5.1 wants at hand; the nine others may lie in an archive."""


def _check_actions(alarm: Resource, stack: Stack, _: Config) -> Findings:
    if alarm.properties.read("actionsEnabled") == Known(False):
        yield Violation(resource=alarm, has="actionsEnabled false", must="its actions enabled", part="actionsEnabled")
    if alarm.properties.read("alarmActions") not in (Absent(), Known(())):
        return
    # An alarm that tells nobody itself may be one of those that a composite alarm speaks for.
    if any(True for _ in stack.from_origin(cloudwatch.CompositeAlarm, "alarmRule", alarm)) or _is_named(alarm, stack):
        return
    yield Violation(
        resource=alarm,
        has="no alarmActions",
        must="a topic in them, or a composite alarm that has one and names it",
        part="alarmActions",
    )


def _is_named(alarm: Resource, stack: Stack) -> bool:
    match alarm.properties.read("name"):
        case Known(str() as name):
            rules = (each.properties.read("alarmRule") for each in stack.of_type(cloudwatch.CompositeAlarm))
            return any(isinstance(rule, Known) and f'"{name}"' in str(rule.value) for rule in rules)
    return False


def _check_subscribers(topic: Resource, stack: Stack, _: Config) -> Findings:
    if not any(True for _ in stack.from_origin(sns.TopicSubscription, "topic", topic)):
        yield Violation(resource=topic, has="no subscription", must="somebody who is told")


def _check_topic_key(topic: Resource, _: Config) -> Findings:
    yield from is_set(topic, "kmsMasterKeyId")
    if topic.properties.read("kmsMasterKeyId") == Known(_AWS_OWN_KEY):
        yield Violation(
            resource=topic, has=f"kmsMasterKeyId {_AWS_OWN_KEY}", must="a key of the stack's own", part="kmsMasterKeyId"
        )


def _check_transport(topic: Resource, stack: Stack, _: Config) -> Findings:
    documents = list(_policies_of(topic, stack))
    if any(_denies_clear_text(each) for each in documents):
        return
    if any(isinstance(each, Unknown) for each in documents):
        yield Undecided(resource=topic, path="policy")
    else:
        yield Violation(
            resource=topic,
            has="a policy that accepts what is sent in the clear",
            must="a statement that denies everybody everything without aws:SecureTransport",
            part="policy",
        )


def _policies_of(topic: Resource, stack: Stack) -> Iterator[Reading]:
    yield topic.properties.read_json("policy")
    for policy in stack.from_origin(sns.TopicPolicy, "arn", topic):
        yield policy.properties.read_json("policy")


def _denies_clear_text(document: Reading) -> bool:
    return any(_is_denial(statement) for statement in statements(document))


def _is_denial(statement: Properties) -> bool:
    return (
        statement.read("Effect") == Known("Deny")
        and is_for_everybody(statement)
        and any(key == "aws:securetransport" and values == {"false"} for _, key, values in conditions(statement))
    )


def _check_retention(group: Resource, config: Config) -> Findings:
    days = int(config.get("minimumDays", _RETENTION_DAYS))
    # Zero is AWS's word for ever, which no law on personal data agrees with.
    yield from accepted(
        group,
        "retentionInDays",
        group.properties.read("retentionInDays"),
        lambda found: found >= days,
        f"retentionInDays of at least {days}",
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
            yield Violation(resource=dashboard, has="a dashboardBody without widgets", must="JSON that has some")


_AWS_OWN_KEY = "alias/aws/sns"
"""A key that alarms may not use: they would tell nobody, and say nothing of it."""

ALARM_HAS_ACTION = StackRule(
    id="alarm-has-action",
    severity=Severity.HIGH,
    why="An alarm that tells nobody is a note in a console that nobody looks at.",
    fix="make it one of an AlarmGroup of components.monitoring.monitoring_suite, or set alarm_actions=[topic.arn].",
    sources=Sources(fsbp=("CloudWatch.15", "CloudWatch.17"), pci=("10.4.1",)),
    applies_to=(cloudwatch.MetricAlarm, cloudwatch.CompositeAlarm),
    check=_check_actions,
)

TOPIC_HAS_SUBSCRIBER = StackRule(
    id="topic-has-subscriber",
    severity=Severity.HIGH,
    why="What is published to a topic without subscribers is gone.",
    fix="name people in magento:monitoring.recipients, or add an aws.sns.TopicSubscription.",
    sources=Sources(other="AWS Well-Architected Framework, REL06-BP03"),
    production_only=True,
    applies_to=(sns.Topic,),
    check=_check_subscribers,
)

SNS_ENCRYPTED = ResourceRule(
    id="sns-encrypted",
    severity=Severity.HIGH,
    why="Alarms tell what is broken and where, and lie in a topic's queue until they are delivered.",
    fix="set kms_master_key_id to the stack's key, which lets CloudWatch and RDS use it.",
    sources=Sources(fsbp=("SNS.1",), pci=("3.5.1",)),
    applies_to=(sns.Topic,),
    check=_check_topic_key,
)

SNS_NOT_PUBLIC = ResourceRule(
    id="sns-not-public",
    severity=Severity.HIGH,
    why="A topic for everybody is read by strangers, and sends whatever they please in the shop's name.",
    fix="name services in Principal, with a condition on aws:SourceAccount.",
    sources=Sources(fsbp=("SNS.4",), pci=("7.2.1",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(sns.Topic, sns.TopicPolicy),
    check=not_public,
)

SNS_TLS_ONLY = StackRule(
    id="sns-tls-only",
    severity=Severity.MEDIUM,
    why="SNS also answers over plain HTTP, where anybody on the way can read along.",
    fix='put components.shared.iam.only_over_tls("sns:Publish", arn) into its policy.',
    sources=Sources(pci=("4.2.1",), other="Amazon SNS security best practices"),
    on_unknown=OnUnknown.DEFER,
    applies_to=(sns.Topic,),
    check=_check_transport,
)

SNS_NO_HTTP = ResourceRule(
    id="sns-no-http",
    severity=Severity.HIGH,
    why="A message to a plain HTTP address is read and changed by anybody on the way.",
    fix='set protocol="https", or another that is encrypted.',
    sources=Sources(pci=("4.2.1",), other="Amazon SNS security best practices"),
    applies_to=(sns.TopicSubscription,),
    check=lambda subscription, _: is_not(subscription, "protocol", "http"),
)

LOG_RETENTION = ResourceRule(
    id="log-retention",
    severity=Severity.MEDIUM,
    why="A break-in is found weeks later, and what is left of it then is in the logs.",
    fix="set retention_in_days, for flow logs by network.flow_log_retention_days in the stack file.",
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
    why="With a key of the stack's own, who may read a log is decided in two places instead of one.",
    fix="set kms_key_id to the stack's key.",
    sources=Sources(pci=("10.3.1",), other="Encrypt log data in CloudWatch Logs using AWS Key Management Service"),
    applies_to=(cloudwatch.LogGroup,),
    check=_check_log_key,
)

DASHBOARD_VALID = ResourceRule(
    id="dashboard-valid",
    severity=Severity.LOW,
    why="CloudWatch keeps a dashboard that shows nothing without a complaint.",
    fix="make its body with components.monitoring.dashboard.dashboard_body.",
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
