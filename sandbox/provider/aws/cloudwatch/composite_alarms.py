"""``aws.cloudwatch.CompositeAlarm``: an alarm over the states of other alarms."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging, to_records

_ARGUMENTS = {
    "alarmName": "AlarmName",
    "alarmRule": "AlarmRule",
    "alarmDescription": "AlarmDescription",
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
}
_SUPPRESSOR = Shape(
    {
        "alarm": "ActionsSuppressor",
        "waitPeriod": "ActionsSuppressorWaitPeriod",
        "extensionPeriod": "ActionsSuppressorExtensionPeriod",
    }
)


@adapter
class CompositeAlarm(Adapter):
    """Its id is its name."""

    token = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    service = "cloudwatch"
    tagging = Tagging(service="cloudwatch", by_arn=True, resource="ResourceARN")
    properties = {
        "alarmName": Property(required=True, replaces=True),
        "alarmRule": Property(required=True),
        "alarmDescription": Property(),
        "actionsEnabled": Property(default=True, replaces=True),
        "alarmActions": Property(unordered=True),
        "okActions": Property(unordered=True),
        "insufficientDataActions": Property(unordered=True),
        "actionsSuppressor": Property(),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "Follows its children's states at once: a suppressor's periods of waiting pass in no time."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return list(_SUPPRESSOR.unknown_keys(inputs.get("actionsSuppressor"), "actionsSuppressor"))

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs, Tags=to_records(inputs["tagsAll"]))
        return str(inputs["alarmName"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        answer = aws.client("cloudwatch").describe_alarms(AlarmNames=[id], AlarmTypes=["CompositeAlarm"])
        if not answer["CompositeAlarms"]:
            return None
        [alarm] = answer["CompositeAlarms"]
        return {
            **{name: alarm.get(argument) for name, argument in _ARGUMENTS.items()},
            "actionsSuppressor": _SUPPRESSOR.from_aws(alarm) or None,
            "tags": self.tagging.read(aws, alarm["AlarmArn"]),
            "arn": alarm["AlarmArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._put(aws, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[id])

    def _put(self, aws: Aws, inputs: Values, **more: Any) -> None:
        """Both makes an alarm and replaces all that it says."""
        aws.client("cloudwatch").put_composite_alarm(
            **arguments(inputs, _ARGUMENTS), **_SUPPRESSOR.to_aws(inputs.get("actionsSuppressor") or {}), **more
        )
