"""Backup selections: the resources that a plan backs up."""

from __future__ import annotations

from typing import Any

from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.responses import BackupResponse
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random

from sandbox.emulator.backup.plans import live_plan
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

_CONDITIONS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")


@operation(BackupResponse)
def create_backup_selection(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    plan = live_plan(response, parameters["BackupPlanId"])
    said = parameters["BackupSelection"]
    if any(each["BackupSelection"]["SelectionName"] == said["SelectionName"] for each in plan.selections.values()):
        raise AwsError("AlreadyExistsException", f"Backup selection {said['SelectionName']} already exists")
    if not (said.get("Resources") or said.get("ListOfTags")):
        raise AwsError("InvalidParameterValueException", "Backup selection must name resources or tags")
    selection = {
        "SelectionId": str(mock_random.uuid4()),
        "BackupPlanId": plan.backup_plan_id,
        "CreationDate": unix_time(),
        "CreatorRequestId": parameters.get("CreatorRequestId"),
        "BackupSelection": {
            "Resources": [],
            "NotResources": [],
            "ListOfTags": [],
            **said,
            "Conditions": {name: said.get("Conditions", {}).get(name, []) for name in _CONDITIONS},
        },
    }
    plan.selections[selection["SelectionId"]] = selection
    return selection


@operation(BackupResponse)
def get_backup_selection(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _selection(response, parameters)


@operation(BackupResponse)
def list_backup_selections(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    plan = live_plan(response, parameters["BackupPlanId"])
    return {
        "BackupSelectionsList": [
            {
                **{key: value for key, value in each.items() if key != "BackupSelection"},
                "SelectionName": each["BackupSelection"]["SelectionName"],
                "IamRoleArn": each["BackupSelection"]["IamRoleArn"],
            }
            for each in plan.selections.values()
        ]
    }


@operation(BackupResponse)
def delete_backup_selection(response: BackupResponse, parameters: dict[str, Any]) -> None:
    selection = _selection(response, parameters)
    del live_plan(response, parameters["BackupPlanId"]).selections[selection["SelectionId"]]


def _selection(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    selections = live_plan(response, parameters["BackupPlanId"]).selections
    if parameters["SelectionId"] not in selections:
        raise ResourceNotFoundException(msg=f"Cannot find backup selection {parameters['SelectionId']}")
    return selections[parameters["SelectionId"]]
