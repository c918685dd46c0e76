"""DB parameter groups: the user's values and how they are applied, reset, and existing families only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.rds.engines import MYSQL_FAMILIES
from sandbox.emulator.rds.parameters import apply_type, check


@operation(RDSResponse)
def describe_db_parameters(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """The user's values. The hundreds of defaults of the engine are not listed."""
    if parameters.get("Source", "user") != "user":
        return {"Parameters": []}
    return {
        "Parameters": [
            {
                "ParameterName": name,
                "ParameterValue": value.get("ParameterValue"),
                "ApplyMethod": value.get("ApplyMethod", "pending-reboot"),
                "ApplyType": apply_type(name),
                "Source": "user",
                "IsModifiable": True,
            }
            for name, value in _group(response, parameters).parameters.items()
        ]
    }


@patch(
    "moto.rds.models:RDSBackend.describe_db_parameter_groups",
    sha256="13c4092f1d9db454e8e0fda15e44c348ed0c4e0311c7aad058cc727ce5e32e8a",
    upstream="DescribeDBParameterGroups answers an unknown name with an empty list instead of an error.",
)
def _describe(original: Any, backend: RDSBackend, settings: Any) -> list[DBParameterGroup]:
    name = settings.get("db_parameter_group_name")
    found: list[DBParameterGroup] = original(backend, settings)
    if name and not found:
        raise DBParameterGroupNotFoundError(name)
    return found


@patch(
    "moto.rds.models:RDSBackend.modify_db_parameter_group",
    sha256="0e8b70b4692727218a483cb299cc52c2b37b80b6adb1b87950f3336abda06c24",
    upstream="ModifyDBParameterGroup applies static parameters at once instead of refusing it.",
)
def _modify(
    original: Any,
    backend: RDSBackend,
    db_parameter_group_name: str,
    db_parameter_group_parameters: Iterable[dict[str, Any]],
) -> DBParameterGroup:
    """Refuse the whole change if AWS refuses one of its parameters."""
    parameters = list(db_parameter_group_parameters)
    _check(backend.db_parameter_groups.get(db_parameter_group_name), parameters)
    group: DBParameterGroup = original(backend, db_parameter_group_name, parameters)
    return group


@operation(RDSResponse)
def reset_db_parameter_group(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    group = _group(response, parameters)
    _check(group, parameters.get("Parameters", []))
    if parameters.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in parameters.get("Parameters", []):
        group.parameters.pop(parameter["ParameterName"], None)
    return {"DBParameterGroupName": group.name}


@patch(
    "moto.rds.models:RDSBackend.create_db_parameter_group",
    sha256="a984a32eaef7a1a16bfd57f7338ee472d861e1e547f3ad59e3ed326fd7fb6f6b",
)
def _create(original: Any, backend: RDSBackend, settings: Any) -> DBParameterGroup:
    family = settings.get("db_parameter_group_family") or ""
    if family.startswith("mysql") and family not in MYSQL_FAMILIES:
        raise AwsError("InvalidParameterValue", f"ParameterGroupFamily {family} is not a valid parameter group family")
    return original(backend, settings)


@patch(
    "moto.rds.models:RDSBackend.delete_db_parameter_group",
    sha256="260b7dde3b34b4d1d6829d7d152cd82c2083e9721245292a8769821775150032",
    upstream="DeleteDBParameterGroup deletes a group in use, and every later DescribeDBInstances fails.",
)
def _delete(original: Any, backend: RDSBackend, db_parameter_group_name: str) -> DBParameterGroup:
    if any(instance.db_parameter_group_name == db_parameter_group_name for instance in backend.databases.values()):
        raise AwsError(
            "InvalidDBParameterGroupState",
            f"One or more database instances are still members of this parameter group {db_parameter_group_name}, "
            "so the group cannot be deleted",
        )
    return original(backend, db_parameter_group_name)


def _check(group: DBParameterGroup | None, parameters: Iterable[dict[str, Any]]) -> None:
    if group is not None and (group.family or "").startswith("mysql"):
        for parameter in parameters:
            check(parameter)


def _group(response: RDSResponse, parameters: dict[str, Any]) -> DBParameterGroup:
    name = parameters["DBParameterGroupName"]
    if name not in response.backend.db_parameter_groups:
        raise DBParameterGroupNotFoundError(name)
    return response.backend.db_parameter_groups[name]
