"""What follows when an alarm changes its state: composites over it do too, and topics are told."""

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
    """Tell the alarm's topics, then see what follows for the composites over it."""
    alarm = backend.alarms.get(alarm_name)
    before = alarm.state_value if alarm else ""
    original(backend, alarm_name, reason, reason_data, state_value)
    if alarm and before != state_value:
        _changed(backend, alarm, before)


def _changed(backend: CloudWatchBackend, alarm: Alarm, before: str) -> None:
    if alarm.actions_enabled and not _is_suppressed(backend, alarm):
        for action in getattr(alarm, _ACTIONS[alarm.state_value]):
            _tell(backend, alarm, before, action)
    for composite in composites(backend):
        if alarm.name in composite.parsed.children:
            follow(backend, composite)


def follow(backend: CloudWatchBackend, composite: CompositeAlarm) -> None:
    """Put a composite alarm into the state that its children are in."""
    before, now = composite.state_value, "ALARM" if composite.is_set_off(backend) else "OK"
    if before == now:
        return
    children = ", ".join(sorted(composite.parsed.children))
    composite.update_state(f"The rule over {children} is {'met' if now == 'ALARM' else 'not met'}", "{}", now)
    _changed(backend, composite, before)


def _is_suppressed(backend: CloudWatchBackend, alarm: Alarm) -> bool:
    """By its suppressor as it is now: no time passes here, so that nothing waits for it to speak first."""
    if not isinstance(alarm, CompositeAlarm) or not alarm.suppressor:
        return False
    suppressor = backend.alarms.get(alarm.suppressor.rpartition(":alarm:")[2])
    return suppressor is not None and suppressor.state_value == "ALARM"


def _tell(backend: CloudWatchBackend, alarm: Alarm, before: str, action: str) -> None:
    """A message of the shape that subscribers parse ("Notifying users on alarm changes"). Other actions than a topic's
    have nothing to act on."""
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
        # A topic that is gone is a line in the alarm's history at AWS, and no error of whoever changed the state.
        return
