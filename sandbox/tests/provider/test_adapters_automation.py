"""The adapters of Step Functions and EventBridge Scheduler, against the embedded AWS."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from sandbox.provider.adapter import Aws, Values
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    LoopbackAws,
    Sample,
    Samples,
    create,
    round_trip,
    unexercised,
)
from sandbox.tests.refusals import aws_refuses

SAMPLES = Samples()
MACHINE = "aws:sfn/stateMachine:StateMachine"
SCHEDULE = "aws:scheduler/schedule:Schedule"
TAGS = {"Name": "watch", "Client": "client"}


def definition(**states: Any) -> str:
    """A machine that begins with ``Look``."""
    return json.dumps({"StartAt": "Look", "States": states or {"Look": {"Type": "Pass", "End": True}}})


def role(aws: Aws, service: str) -> str:
    """The ARN of a new role that a service may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    answer = aws.client("iam").create_role(RoleName=f"watch-{uuid4()}", AssumeRolePolicyDocument=document)
    return str(answer["Role"]["Arn"])


def schedule(aws: Aws, **change: Any) -> Values:
    """What a program says of a schedule, with changes by name."""
    target = {
        "arn": "arn:aws:states:eu-west-3:123456789012:stateMachine:watch",
        "roleArn": change.pop("role", None) or role(aws, "scheduler.amazonaws.com"),
        "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 1},
    }
    return {
        "name": "watch",
        "scheduleExpression": "rate(5 minutes)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {**target, **change.pop("target", {})},
        **change,
    }


@SAMPLES.case(MACHINE)
def a_state_machine(aws: Aws) -> Case:
    pass_on = {"Type": "Pass", "Next": "Done"}
    return Case(
        inputs={
            "name": "watch",
            "definition": definition(),
            "roleArn": role(aws, "states.amazonaws.com"),
            "type": "EXPRESS",
            "tags": TAGS,
        },
        updates=[
            {"definition": definition(Look=pass_on, Done={"Type": "Succeed"})},
            {"roleArn": role(aws, "states.eu-west-3.amazonaws.com")},
        ],
    )


@SAMPLES.case(SCHEDULE)
def a_schedule(aws: Aws) -> Case:
    said = schedule(aws, description="Looks", groupName="default", scheduleExpressionTimezone="Europe/Paris")
    return Case(
        inputs=said,
        updates=[
            {"scheduleExpression": "cron(0 3 * * ? *)"},
            {"state": "DISABLED"},
            {"scheduleExpressionTimezone": None, "description": "Looks again"},
            {"flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5}},
            {"target": {**said["target"], "input": "{}", "retryPolicy": {"maximumRetryAttempts": 0}}},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: LoopbackAws, sample: Sample) -> None:
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: LoopbackAws) -> None:
    assert unexercised(SAMPLES.all, aws) == {}


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({"See": {"Type": "Pass", "End": True}}, "MISSING_TRANSITION_TARGET"),
        ({"Look": {"Type": "Pass", "Next": "Nowhere"}}, "Missing 'Next' target: Nowhere at /States/Look/Next"),
        ({"Look": {"Type": "Choice", "Default": "Nowhere"}}, "Nowhere at /States/Look/Default"),
        ({"Look": {"Type": "Choice", "Choices": [{"Next": "Nowhere"}]}}, r"Nowhere at /States/Look/Choices\[0\]/Next"),
        ({"Look": {"Type": "Pass", "Next": "Look"}}, "MISSING_END_STATE: Workflow has no terminal state at null"),
        (
            {"Look": {"Type": "Succeed"}, "See": {"Type": "Pass", "Next": "Look"}},
            'MISSING_TRANSITION_TARGET: State "See" is not reachable. at /States/See',
        ),
        ({"Look": {"Type": "Pass", "Next": "No"}}, "at /States/Look/Next, MISSING_END_STATE"),
        ({"Look": {"Type": "Pass"}}, "'Next' or 'End'"),
        ({"Look": {"Type": "Glance", "End": True}}, "'Type'"),
        ({"Look": {"Type": "Task", "Resource": "describeRules", "End": True}}, "/States/Look/Resource"),
    ],
)
def test_a_definition_that_aws_refuses_is_refused(aws: LoopbackAws, states: Values, message: str) -> None:
    inputs = {"name": "watch", "definition": definition(**states), "roleArn": role(aws, "states.amazonaws.com")}
    with aws_refuses("InvalidDefinition", message):
        create(aws, MACHINE, inputs)


def test_a_definition_is_judged_before_there_is_a_machine(aws: LoopbackAws) -> None:
    """As Terraform's provider asks: each fault apart, and where it is."""
    judge = aws.client("stepfunctions").validate_state_machine_definition
    judged = judge(definition=definition(Look={"Type": "Pass", "Next": "Nowhere"}))
    missing = {"code": "MISSING_TRANSITION_TARGET", "message": "Missing 'Next' target: Nowhere"}
    endless = {"code": "MISSING_END_STATE", "message": "Workflow has no terminal state"}
    assert judged["result"] == "FAIL"
    assert judged["diagnostics"] == [
        {"severity": "ERROR", **missing, "location": "/States/Look/Next"},
        {"severity": "ERROR", **endless},
    ]
    judged = judge(definition=definition())
    assert (judged["result"], judged["diagnostics"]) == ("OK", [])


def test_a_role_that_does_not_trust_step_functions_is_refused(aws: LoopbackAws) -> None:
    for arn in (role(aws, "scheduler.amazonaws.com"), "arn:aws:iam::123456789012:role/none"):
        with aws_refuses("AccessDeniedException", "authorized to assume the provided role"):
            create(aws, MACHINE, {"name": "watch", "definition": definition(), "roleArn": arn})


def test_another_state_machine_of_the_same_name_is_refused(aws: LoopbackAws) -> None:
    """moto answers with the machine that exists."""
    inputs = {"name": "twice", "definition": definition(), "roleArn": role(aws, "states.amazonaws.com")}
    arn = create(aws, MACHINE, inputs)
    assert create(aws, MACHINE, inputs) == arn
    with aws_refuses("StateMachineAlreadyExists"):
        create(aws, MACHINE, {**inputs, "definition": definition(Look={"Type": "Succeed"})})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scheduleExpression": "rate(0 minutes)"}, "Invalid Schedule Expression"),
        ({"scheduleExpression": "every 5 minutes"}, "Invalid Schedule Expression"),
        ({"scheduleExpression": "at(tomorrow)"}, "Invalid Schedule Expression"),
        ({"role": "arn:aws:iam::123456789012:role/none"}, "must allow AWS EventBridge Scheduler to assume the role"),
        ({"target": {"arn": "arn:aws:scheduler:::aws-sdk:elasticloadbalancingv2:describeRules"}}, "describeRules"),
        ({"flexibleTimeWindow": {"mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 1441}}, "less than or equal to 1440"),
        ({"target": {"retryPolicy": {"maximumEventAgeInSeconds": 86_401}}}, "less than or equal to 86400"),
        ({"target": {"retryPolicy": {"maximumRetryAttempts": 186}}}, "less than or equal to 185"),
    ],
)
def test_a_schedule_that_aws_refuses_is_refused(aws: LoopbackAws, change: Values, message: str) -> None:
    with aws_refuses("ValidationException", message):
        create(aws, SCHEDULE, schedule(aws, **change))


def test_a_schedule_of_a_group_that_is_not_there_is_refused(aws: LoopbackAws) -> None:
    with aws_refuses("ResourceNotFoundException", "Schedule group none does not exist"):
        create(aws, SCHEDULE, schedule(aws, groupName="none"))


def test_a_change_that_aws_refuses_is_refused(aws: LoopbackAws) -> None:
    said = schedule(aws, name="changed")
    id = create(aws, SCHEDULE, said)
    with aws_refuses("ValidationException", "Invalid Schedule Expression"):
        find_adapter(SCHEDULE).update(
            aws,
            id,
            said,
            {**said, "groupName": "default", "scheduleExpression": "rate(five minutes)"},
            frozenset({"scheduleExpression"}),
        )
