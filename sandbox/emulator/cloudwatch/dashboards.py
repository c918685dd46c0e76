"""Dashboards: an invalid body is refused with the reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

_COLUMNS, _MOST_WIDGETS = 24, 500
"""Sources: "Dashboard body structure and syntax"; "CloudWatch service quotas"."""
_KINDS = frozenset({"alarm", "custom", "explorer", "log", "metric", "text"})


@operation(CloudWatchResponse)
def put_dashboard(response: CloudWatchResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    faults = list(_faults(parameters["DashboardBody"]))
    if faults:
        raise AwsError(
            "InvalidParameterInput",
            f"The dashboard body is invalid, there are {len(faults)} validation errors: {'; '.join(faults)}",
        )
    response.cloudwatch_backend.put_dashboard(parameters["DashboardName"], parameters["DashboardBody"])
    return {"DashboardValidationMessages": []}


def _faults(text: str) -> Iterator[str]:
    try:
        body = json.loads(text)
    except ValueError:
        yield "the field DashboardBody must be a valid JSON object"
        return
    if not isinstance(body, dict) or not isinstance(body.get("widgets"), list):
        yield "/widgets: must be an array"
        return
    if len(body["widgets"]) > _MOST_WIDGETS:
        yield f"/widgets: must have at most {_MOST_WIDGETS}"
    for index, widget in enumerate(body["widgets"]):
        yield from (f"/widgets/{index}{fault}" for fault in _widget_faults(widget))


def _widget_faults(widget: Any) -> Iterator[str]:
    if not isinstance(widget, dict) or widget.get("type") not in _KINDS:
        yield f"/type: must be one of {', '.join(sorted(_KINDS))}"
        return
    if widget.get("x", 0) + widget.get("width", 6) > _COLUMNS:
        yield f"/width: must end within {_COLUMNS} columns"
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        yield "/properties: must be an object"
    elif widget["type"] == "metric":
        if not {"metrics", "annotations"} & properties.keys():
            yield "/properties: must have metrics or annotations"
        if "region" not in properties:
            yield "/properties/region: is required"
