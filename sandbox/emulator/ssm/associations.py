"""State Manager's associations: documents that are to run on instances at times. None of them runs here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.schedules import is_at, is_cron, rate_minutes

_LEAST_MINUTES, _MOST_MINUTES = 30, 31 * 24 * 60
_NOT_KEPT = ("Tags", "AssociationVersion")


@operation(SimpleSystemManagerResponse)
def create_association(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Of a document of AWS's, by its name, or of the account's own."""
    _check(response, parameters)
    id = str(uuid4())
    _kept(_backend(response))[id] = made = {
        "AssociationId": id,
        "AssociationVersion": "1",
        "DocumentVersion": "$DEFAULT",
        "Date": datetime.now(UTC),
        "ApplyOnlyAtCronInterval": False,
        **{name: value for name, value in parameters.items() if name not in _NOT_KEPT},
    }
    tags = {each["Key"]: each["Value"] for each in parameters.get("Tags", [])}
    _backend(response).add_tags_to_resource("Association", id, tags)
    return {"AssociationDescription": made}


@operation(SimpleSystemManagerResponse)
def update_association(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """What the request does not say is taken away, as AWS does it ("UpdateAssociation")."""
    before = _association(response, parameters)
    _check(response, {"Name": before["Name"], **parameters})
    after = {name: before[name] for name in ("AssociationId", "DocumentVersion", "Date", "Name", "Targets")} | {
        "AssociationVersion": str(int(before["AssociationVersion"]) + 1),
        "LastUpdateAssociationDate": datetime.now(UTC),
        "ApplyOnlyAtCronInterval": False,
        **{name: value for name, value in parameters.items() if name not in _NOT_KEPT},
    }
    _kept(_backend(response))[before["AssociationId"]] = after
    return {"AssociationDescription": after}


@operation(SimpleSystemManagerResponse)
def describe_association(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"AssociationDescription": _association(response, parameters)}


@operation(SimpleSystemManagerResponse)
def list_associations(response: SimpleSystemManagerResponse, _parameters: dict[str, Any]) -> dict[str, Any]:
    """All of them: filters are not looked at."""
    return {"Associations": list(_kept(_backend(response)).values())}


@operation(SimpleSystemManagerResponse)
def delete_association(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    del _kept(_backend(response))[_association(response, parameters)["AssociationId"]]
    return {}


def _check(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> None:
    name = parameters["Name"]
    if not name.startswith("AWS-") and name not in _backend(response)._documents:
        raise AwsError("InvalidDocument", f"Document with name {name} does not exist.")
    schedule = parameters.get("ScheduleExpression")
    if schedule is not None and not _is_schedule(schedule):
        raise AwsError("InvalidSchedule", f"The schedule is invalid: {schedule}.")


def _is_schedule(schedule: str) -> bool:
    """Whether an association can have it ("Reference: Cron and rate expressions for Systems Manager")."""
    if minutes := rate_minutes(schedule):
        return _LEAST_MINUTES <= minutes < _MOST_MINUTES
    # Its cron expressions have no months.
    return is_at(schedule) or (is_cron(schedule) and schedule.split()[3] == "*")


def _backend(response: SimpleSystemManagerResponse) -> SimpleSystemManagerBackend:
    return ssm_backends[response.current_account][response.region]


def _kept(backend: SimpleSystemManagerBackend) -> dict[str, dict[str, Any]]:
    """The associations of the account and region, kept on moto's backend, so that a reset deletes them."""
    associations: dict[str, dict[str, Any]] = vars(backend).setdefault("associations", {})
    return associations


def _association(response: SimpleSystemManagerResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    found = _kept(_backend(response)).get(parameters.get("AssociationId", ""))
    if found is None:
        raise AwsError("AssociationDoesNotExist", "The specified association does not exist.")
    return found


@patch(
    "moto.ssm.models:SimpleSystemManagerBackend._validate_resource_type_and_id",
    sha256="95baa422d156b175d5e3dcdd017171dd07eebb99298f77908434fd76e9399a7d",
)
def _validate_resource_type_and_id(
    original: Callable[..., str], backend: SimpleSystemManagerBackend, resource_type: str, resource_id: str
) -> str:
    """Associations have tags too."""
    if resource_type == "Association" and resource_id in _kept(backend):
        return resource_id
    return original(backend, resource_type, resource_id)
