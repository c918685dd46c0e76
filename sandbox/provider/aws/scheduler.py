"""Adapters of pulumi-aws's ``scheduler`` module: EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Nested, Shape
from sandbox.provider.aws.calls import arguments

_WINDOW = Shape({"mode": "Mode", "maximumWindowInMinutes": "MaximumWindowInMinutes"})
_RETRY = Shape(
    {
        "maximumEventAgeInSeconds": Leaf("MaximumEventAgeInSeconds", default=86_400),
        "maximumRetryAttempts": Leaf("MaximumRetryAttempts", default=185),
    }
)
_TARGET = Shape({"arn": "Arn", "roleArn": "RoleArn", "input": "Input", "retryPolicy": Nested("RetryPolicy", _RETRY)})
_ARGUMENTS = {
    "description": "Description",
    "scheduleExpression": "ScheduleExpression",
    "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
    "state": "State",
}


@adapter
class Schedule(Adapter):
    """Its id is its group and its name, as pulumi-aws has it. It has no tags: its group would."""

    token = "aws:scheduler/schedule:Schedule"
    service = "scheduler"
    not_found = ("ResourceNotFoundException",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=64)),
        "groupName": Property(default="default", replaces=True),
        "description": Property(),
        "scheduleExpression": Property(required=True),
        "scheduleExpressionTimezone": Property(default="UTC"),
        "state": Property(default="ENABLED"),
        "flexibleTimeWindow": Property(required=True),
        "target": Property(required=True),
    }
    outputs = ("arn",)
    emulation = "The expression, the limits and the role's trust are checked; nothing is ever started."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        window, target = "flexibleTimeWindow", "target"
        return [
            *_WINDOW.unknown_keys(inputs.get(window), window),
            *_TARGET.unknown_keys(inputs.get(target), target),
        ]

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("scheduler").create_schedule(**_said(inputs))
        return f"{inputs['groupName']}/{inputs['name']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("scheduler").get_schedule(**_named(id))
        return {
            **{name: found.get(argument) for name, argument in _ARGUMENTS.items()},
            "name": found["Name"],
            "groupName": found["GroupName"],
            "flexibleTimeWindow": _WINDOW.from_aws(found["FlexibleTimeWindow"]),
            "target": _TARGET.from_aws(found["Target"], state.get("target")),
            "arn": found["Arn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # AWS takes away what an update does not say.
        aws.client("scheduler").update_schedule(**_said(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("scheduler").delete_schedule(**_named(id))


def _said(inputs: Values) -> dict[str, Any]:
    return {
        **arguments(inputs, _ARGUMENTS),
        "Name": inputs["name"],
        "GroupName": inputs["groupName"],
        "FlexibleTimeWindow": _WINDOW.to_aws(inputs["flexibleTimeWindow"]),
        "Target": _TARGET.to_aws(inputs["target"]),
    }


def _named(id: str) -> dict[str, str]:
    group, _, name = id.partition("/")
    return {"GroupName": group, "Name": name}
