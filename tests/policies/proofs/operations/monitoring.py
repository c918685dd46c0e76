"""Alarms, topics and logs: see ``policies/rules/operations/monitoring.py``."""

from __future__ import annotations

import json

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.operations.monitoring import (
    ALARM_HAS_ACTION,
    DASHBOARD_VALID,
    LOG_ENCRYPTED,
    LOG_RETENTION,
    SNS_ENCRYPTED,
    SNS_NO_HTTP,
    SNS_NOT_PUBLIC,
    SNS_TLS_ONLY,
    TOPIC_HAS_SUBSCRIBER,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.proof import Nodes, Proof, changed, removed, replaced

VPC = node(aws.ec2.Vpc, "vpc")
TOPIC = node(aws.sns.Topic, "alarms")
SUBSCRIPTION = node(aws.sns.TopicSubscription, "ops", topic=TOPIC, protocol="email", endpoint="ops@client.url")
ALARM = node(aws.cloudwatch.MetricAlarm, "cpu", name="shop-cpu", alarmActions=["arn:aws:sns:eu-west-3:1:alarms"])
SILENT = ALARM.but(alarmActions=None)
COMPOSITE = node(aws.cloudwatch.CompositeAlarm, "database", alarmActions=[TOPIC])
LOGS = node(aws.cloudwatch.LogGroup, "flow-logs", retentionInDays=90, kmsKeyId="arn:aws:kms:eu-west-3:1:key/1")
DASHBOARD = node(aws.cloudwatch.Dashboard, "shop", dashboardBody=json.dumps({"widgets": [{"type": "metric"}]}))
CLEAR_TEXT = {"Bool": {"aws:SecureTransport": "false"}}


def _document(**statement: object) -> str:
    base = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*", "Condition": CLEAR_TEXT}
    return json.dumps({"Statement": [{**base, **statement}]})


def _with_policy(document: str) -> Nodes:
    """A topic whose policy is a separate resource; the topic comes last, because the rule is about it."""
    return (node(aws.sns.TopicPolicy, "policy", arn=TOPIC, policy=document), TOPIC)


def _without_denials(topic: Node) -> Node:
    document = json.loads(topic.properties["policy"])
    allowed = [each for each in document["Statement"] if each["Effect"] == "Allow"]
    return topic.but(policy=json.dumps({**document, "Statement": allowed}))


def _for_everybody(topic: Node) -> Node:
    document = json.loads(topic.properties["policy"])
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    return topic.but(policy=json.dumps({**document, "Statement": [*document["Statement"], everyone]}))


PROOFS = (
    Proof(
        rule=ALARM_HAS_ACTION,
        passing={
            "topic": (ALARM,),
            "one of a composite's": (
                node(aws.cloudwatch.CompositeAlarm, "all", alarmActions=[TOPIC], alarmRule=SILENT),
                SILENT,
            ),
            "named by a composite": (COMPOSITE.but(alarmRule='ALARM("shop-cpu") OR ALARM("b")'), SILENT),
            "composite": (COMPOSITE,),
        },
        failing={
            "no actions": (ALARM.but(alarmActions=[]),),
            "disabled": (ALARM.but(actionsEnabled=False),),
            "another's composite": (
                COMPOSITE.but(alarmRule='ALARM("shop-cpu-of-another")'),
                SILENT,
            ),
            "composite": (node(aws.cloudwatch.CompositeAlarm, "all", alarmRule='ALARM("shop-cpu")'),),
        },
        absent=(SILENT,),
        unknown=(SILENT.derived(alarmActions=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=changed(aws.cloudwatch.MetricAlarm, "monitoring-database-storage", alarmActions=None),
    ),
    Proof(
        rule=TOPIC_HAS_SUBSCRIBER,
        passing={"one": (SUBSCRIPTION, TOPIC)},
        failing={"another's": (node(aws.sns.TopicSubscription, "ops", topic=node(aws.sns.Topic, "b")), TOPIC)},
        absent=(TOPIC,),
        unknown=(SUBSCRIPTION.but(endpoint=UNKNOWN), TOPIC),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=removed(aws.sns.TopicSubscription),
    ),
    Proof(
        rule=SNS_ENCRYPTED,
        passing={"own key": (TOPIC.but(kmsMasterKeyId="arn:aws:kms:eu-west-3:1:key/1"),)},
        failing={"AWS's key": (TOPIC.but(kmsMasterKeyId="alias/aws/sns"),)},
        absent=(TOPIC,),
        unknown=(TOPIC.but(kmsMasterKeyId=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=changed(aws.sns.Topic, kmsMasterKeyId=None),
    ),
    Proof(
        rule=SNS_NOT_PUBLIC,
        passing={
            "denial": (TOPIC.but(policy=_document()),),
            "own account": (
                TOPIC.but(policy=_document(Effect="Allow", Condition={"StringEquals": {"AWS:SourceAccount": "1"}})),
            ),
        },
        failing={
            "everyone": (TOPIC.but(policy=_document(Effect="Allow", Condition={})),),
            "its own resource": (_with_policy(_document(Effect="Allow"))[0],),
        },
        absent=(TOPIC,),
        absent_is=Status.PASSED,
        unknown=(TOPIC.but(policy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=replaced(aws.sns.Topic, None, _for_everybody),
    ),
    Proof(
        rule=SNS_TLS_ONLY,
        passing={
            "denied": (TOPIC.but(policy=_document()),),
            "of the object form": (TOPIC.but(policy=_document(Principal={"AWS": "*"})),),
            "in a separate policy": _with_policy(_document()),
        },
        failing={
            "another condition": (TOPIC.but(policy=_document(Condition={"Bool": {"aws:ViaAWSService": "false"}})),),
            "one account": (TOPIC.but(policy=_document(Principal={"AWS": "arn:aws:iam::1:root"})),),
            "the wrong way round": (TOPIC.but(policy=_document(Condition={"Bool": {"aws:SecureTransport": "true"}})),),
            "allowed": _with_policy(_document(Effect="Allow")),
        },
        absent=(TOPIC,),
        unknown=(TOPIC.derived(policy=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=replaced(aws.sns.Topic, None, _without_denials),
    ),
    Proof(
        rule=SNS_NO_HTTP,
        passing={"mail": (SUBSCRIPTION,), "https": (SUBSCRIPTION.but(protocol="https"),)},
        failing={"http": (SUBSCRIPTION.but(protocol="http"),)},
        absent=(SUBSCRIPTION.but(protocol=None),),
        absent_is=Status.PASSED,
        unknown=(SUBSCRIPTION.but(protocol=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.sns.TopicSubscription, protocol="http"),
    ),
    Proof(
        rule=LOG_RETENTION,
        passing={"a quarter": (LOGS,), "a year": (LOGS.but(retentionInDays=365),)},
        failing={"a month": (LOGS.but(retentionInDays=30),), "for ever": (LOGS.but(retentionInDays=0),)},
        absent=(LOGS.but(retentionInDays=None),),
        unknown=(LOGS.but(retentionInDays=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.cloudwatch.LogGroup, retentionInDays=30),
    ),
    Proof(
        rule=LOG_ENCRYPTED,
        passing={"own key": (LOGS,)},
        failing={"empty": (LOGS.but(kmsKeyId=""),)},
        absent=(LOGS.but(kmsKeyId=None),),
        unknown=(LOGS.but(kmsKeyId=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=changed(aws.cloudwatch.LogGroup, kmsKeyId=None),
    ),
    Proof(
        rule=DASHBOARD_VALID,
        passing={"a widget": (DASHBOARD,)},
        failing={
            "no JSON": (DASHBOARD.but(dashboardBody="{widgets: []}"),),
            "no widget": (DASHBOARD.but(dashboardBody='{"widgets": []}'),),
        },
        absent=(DASHBOARD.but(dashboardBody=None),),
        unknown=(DASHBOARD.but(dashboardBody=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(aws.cloudwatch.Dashboard, dashboardBody="{}"),
    ),
)
