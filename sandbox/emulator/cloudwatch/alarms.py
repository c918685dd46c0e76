"""Metric alarms and composite alarms: create, change, find, and delete unless a composite alarm names them."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from sandbox.emulator.cloudwatch.alarm_rule import InvalidRuleError, parse
from sandbox.emulator.cloudwatch.alarm_states import follow
from sandbox.emulator.cloudwatch.composite_alarms import CompositeAlarm, composites
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch


@patch(
    "moto.cloudwatch.models:CloudWatchBackend.put_metric_alarm",
    sha256="885a9447244195992add8a22881775c2729b7e4d09a656b80f87545e4a73fca6",
    upstream="A new alarm is OK instead of INSUFFICIENT_DATA, and a changed alarm loses its state.",
)
def _put_metric_alarm(original: Any, backend: CloudWatchBackend, **settings: Any) -> Alarm:
    """A new alarm has INSUFFICIENT_DATA. A changed alarm keeps its state and its tags."""
    before = backend.alarms.get(settings["name"])
    alarm: Alarm = original(backend, **{**settings, "tags": None if before else settings.get("tags")})
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        _keep_state(before, alarm)
    return alarm


@operation(CloudWatchResponse)
def put_composite_alarm(response: CloudWatchResponse, parameters: dict[str, Any]) -> None:
    """Create or change a composite alarm. The alarms in its rule must exist."""
    backend = response.cloudwatch_backend
    try:
        children = parse(parameters["AlarmRule"]).children
    except InvalidRuleError as fault:
        raise AwsError("ValidationError", f"The AlarmRule is malformed: {fault}") from None
    missing = sorted(children - backend.alarms.keys())
    if missing:
        raise AwsError(
            "ValidationError",
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist",
        )
    alarm = CompositeAlarm(backend, parameters)
    before = backend.alarms.get(alarm.name)
    backend.alarms[alarm.name] = alarm
    if before is not None:
        _keep_state(before, alarm)
    elif parameters.get("Tags"):
        backend.tagger.tag_resource(alarm.alarm_arn, parameters["Tags"])
    follow(backend, alarm)


@patch(
    "moto.cloudwatch.models:CloudWatchBackend.delete_alarms",
    sha256="48aee661bc688516dc9f259b215d34de793f777d5c522b8348fd4683893850ce",
    upstream="A new alarm has the tags of a deleted alarm of the same name.",
)
def _delete_alarms(original: Any, backend: CloudWatchBackend, alarm_names: list[str]) -> None:
    needed = {
        child
        for composite in composites(backend)
        if composite.name not in alarm_names
        for child in composite.parsed.children
    }
    held = [name for name in alarm_names if name in needed]
    if held:
        them = "it" if len(held) == 1 else "them"
        raise AwsError(
            "ValidationError",
            f"Cannot delete {','.join(held)} as there are composite alarm(s) depending on {them}.",
        )
    for name in alarm_names:
        if name in backend.alarms:
            backend.tagger.delete_all_tags_for_resource(backend.alarms[name].alarm_arn)
    original(backend, alarm_names)


@operation(CloudWatchResponse)
def describe_alarms(response: CloudWatchResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The alarms that match all filters. Composite alarms only if ``AlarmTypes`` names them, as in AWS."""
    backend = response.cloudwatch_backend
    kinds = parameters.get("AlarmTypes", ["MetricAlarm"])
    found = [alarm for alarm in backend.alarms.values() if _matches(backend, alarm, parameters)]
    return {
        "MetricAlarms": [alarm for alarm in found if "MetricAlarm" in kinds and not isinstance(alarm, CompositeAlarm)],
        "CompositeAlarms": [
            alarm.description_of(backend)
            for alarm in found
            if "CompositeAlarm" in kinds and isinstance(alarm, CompositeAlarm)
        ],
    }


def _matches(backend: CloudWatchBackend, alarm: Alarm, parameters: dict[str, Any]) -> bool:
    names, prefix = parameters.get("AlarmNames"), parameters.get("AlarmNamePrefix", "")
    state, action = parameters.get("StateValue"), parameters.get("ActionPrefix")
    parent, child = parameters.get("ChildrenOfAlarmName"), parameters.get("ParentsOfAlarmName")
    return (
        (names is None or alarm.name in names)
        and alarm.name.startswith(prefix)
        and state in (None, alarm.state_value)
        and (action is None or any(each.startswith(action) for each in alarm.alarm_actions))
        and (parent is None or alarm.name in _children_of(backend, parent))
        and (child is None or child in _children_of(backend, alarm.name))
    )


def _children_of(backend: CloudWatchBackend, name: str) -> frozenset[str]:
    alarm = backend.alarms.get(name)
    return alarm.parsed.children if isinstance(alarm, CompositeAlarm) else frozenset()


def _keep_state(before: Alarm, now: Alarm) -> None:
    for name in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
        setattr(now, name, getattr(before, name))
