"""Composite alarms, which moto does not have: alarms over the states of other alarms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from sandbox.emulator.cloudwatch.alarm_rule import AlarmRule, parse


class CompositeAlarm(Alarm):
    """An alarm without a metric; ``rule`` is the text of its rule."""

    def __init__(self, backend: CloudWatchBackend, settings: dict[str, Any]) -> None:
        super().__init__(
            account_id=backend.account_id,
            region_name=backend.region_name,
            name=settings["AlarmName"],
            namespace="",
            metric_name="",
            metric_data_queries=None,
            comparison_operator="",
            evaluation_periods=0,
            datapoints_to_alarm=None,
            period=0,
            threshold=0,
            statistic="",
            extended_statistic=None,
            description=settings.get("AlarmDescription", ""),
            dimensions=[],
            alarm_actions=settings.get("AlarmActions", []),
            ok_actions=settings.get("OKActions", []),
            insufficient_data_actions=settings.get("InsufficientDataActions", []),
            unit=None,
            actions_enabled=settings.get("ActionsEnabled", True),
            treat_missing_data=None,
            evaluate_low_sample_count_percentile=None,
            threshold_metric_id=None,
            rule=settings["AlarmRule"],
        )
        self.suppressor: str | None = settings.get("ActionsSuppressor")
        self.suppressor_wait: int | None = settings.get("ActionsSuppressorWaitPeriod")
        self.suppressor_extension: int | None = settings.get("ActionsSuppressorExtensionPeriod")

    @property
    def parsed(self) -> AlarmRule:
        return parse(self.rule)

    def is_set_off(self, backend: CloudWatchBackend) -> bool:
        return self.parsed.holds(lambda child: str(backend.alarms[child].state_value))

    def description_of(self, backend: CloudWatchBackend) -> dict[str, Any]:
        """As DescribeAlarms answers it."""
        said = {
            "ActionsSuppressor": self.suppressor,
            "ActionsSuppressorWaitPeriod": self.suppressor_wait,
            "ActionsSuppressorExtensionPeriod": self.suppressor_extension,
            "AlarmDescription": self.description or None,
        }
        return {
            "AlarmName": self.name,
            "AlarmArn": self.alarm_arn,
            "AlarmRule": self.rule,
            "AlarmActions": self.alarm_actions,
            "OKActions": self.ok_actions,
            "InsufficientDataActions": self.insufficient_data_actions,
            "ActionsEnabled": self.actions_enabled,
            "AlarmConfigurationUpdatedTimestamp": self.configuration_updated_timestamp,
            "StateValue": self.state_value,
            "StateReason": self.state_reason,
            "StateReasonData": self.state_reason_data,
            "StateUpdatedTimestamp": self.state_updated_timestamp,
            **{name: value for name, value in said.items() if value is not None},
        }


def composites(backend: CloudWatchBackend) -> Iterator[CompositeAlarm]:
    """All composite alarms."""
    yield from [alarm for alarm in backend.alarms.values() if isinstance(alarm, CompositeAlarm)]
