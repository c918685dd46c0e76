"""Changes of an alarm's state: composite alarms follow, and actions notify SNS topics."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudwatch.models import Alarm, CloudWatchBackend

from sandbox.emulator.cloudwatch.composite_alarms import CompositeAlarm, composites
from sandbox.emulator.in_process import client
from sandbox.emulator.patching import patch

_ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


@patch(
    "moto.cloudwatch.models:CloudWatchBackend.set_alarm_state",
    sha256="9e13379de1ee9d5624144e653a0c0abe8dfb7a121674fbd8c448cfa27e00f1b0",
)
def _set_alarm_state(
    original: Any, backend: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
) -> None:
    """Notify the alarm's topics, then update the composite alarms that name it."""
    alarm = backend.alarms.get(alarm_name)
    before = alarm.state_value if alarm else ""
    original(backend, alarm_name, reason, reason_data, state_value)
    if alarm and before != state_value:
        _changed(backend, alarm, before)


def _changed(backend: CloudWatchBackend, alarm: Alarm, before: str) -> None:
    if alarm.actions_enabled and not _is_suppressed(backend, alarm):
        for action in getattr(alarm, _ACTIONS[alarm.state_value]):
            _notify(backend, alarm, before, action)
    for composite in composites(backend):
        if alarm.name in composite.parsed.children:
            follow(backend, composite)


def follow(backend: CloudWatchBackend, composite: CompositeAlarm) -> None:
    """Set the state of a composite alarm by its rule."""
    before, now = composite.state_value, "ALARM" if composite.is_set_off(backend) else "OK"
    if before == now:
        return
    children = ", ".join(sorted(composite.parsed.children))
    composite.update_state(f"The rule over {children} is {'met' if now == 'ALARM' else 'not met'}", "{}", now)
    _changed(backend, composite, before)


def _is_suppressed(backend: CloudWatchBackend, alarm: Alarm) -> bool:
    """Whether the suppressor is in ALARM now. The wait period is not emulated."""
    if not isinstance(alarm, CompositeAlarm) or not alarm.suppressor:
        return False
    suppressor = backend.alarms.get(alarm.suppressor.rpartition(":alarm:")[2])
    return suppressor is not None and suppressor.state_value == "ALARM"


def _notify(backend: CloudWatchBackend, alarm: Alarm, before: str, action: str) -> None:
    """Publish AWS's message to a topic ("Notifying users on alarm changes"). Other actions do nothing."""
    if ":sns:" not in action:
        return
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": alarm.state_updated_timestamp.isoformat(),
        "Region": backend.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
    }
    if isinstance(alarm, CompositeAlarm):
        message["AlarmRule"] = alarm.rule
        message["TriggeringChildren"] = [
            {"Arn": backend.alarms[child].alarm_arn, "State": {"Value": "ALARM"}}
            for child in sorted(alarm.parsed.children)
            if backend.alarms[child].state_value == "ALARM"
        ]
    try:
        client("sns", backend.region_name, backend.account_id).publish(
            TopicArn=action, Subject=f'{alarm.state_value}: "{alarm.name}"', Message=json.dumps(message)
        )
    except ClientError:
        # The topic is deleted: at AWS a line in the alarm's history, not an error of SetAlarmState.
        return
