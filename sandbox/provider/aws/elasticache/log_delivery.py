"""Where a cache's slow log and engine log go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Values

DETAILS = {
    "cloudwatch-logs": ("CloudWatchLogsDetails", "LogGroup"),
    "kinesis-firehose": ("KinesisFirehoseDetails", "DeliveryStream"),
}
"""A destination type's structure in the API, and the field of it that names the destination."""


def as_written(deliveries: Sequence[Mapping[str, Any]]) -> list[Values]:
    """The deliveries of a cache in pulumi-aws's shape."""
    return [_as_written(delivery) for delivery in deliveries]


def requests(old: Sequence[Values], new: Sequence[Values]) -> list[dict[str, Any]]:
    """The arguments that bring a cache from one list of deliveries to another: a log no longer listed is turned off."""
    listed = {delivery["logType"] for delivery in new}
    ended = [delivery["logType"] for delivery in old if delivery["logType"] not in listed]
    changed = [_request(delivery) for delivery in new if delivery not in old]
    return changed + [{"LogType": log_type, "Enabled": False} for log_type in ended]


def _request(delivery: Values) -> dict[str, Any]:
    structure, field = DETAILS[delivery["destinationType"]]
    return {
        "LogType": delivery["logType"],
        "LogFormat": delivery["logFormat"],
        "DestinationType": delivery["destinationType"],
        "DestinationDetails": {structure: {field: delivery["destination"]}},
        "Enabled": True,
    }


def _as_written(delivery: Mapping[str, Any]) -> Values:
    structure, field = DETAILS[delivery["DestinationType"]]
    return {
        "destination": delivery["DestinationDetails"][structure][field],
        "destinationType": delivery["DestinationType"],
        "logFormat": delivery["LogFormat"],
        "logType": delivery["LogType"],
    }
