"""Pending maintenance: there is none, since every change is applied at once and AWS's own never come."""

from __future__ import annotations

from typing import Any

from moto.rds.responses import RDSResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation


@operation(RDSResponse)
def describe_pending_maintenance_actions(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    if arn := parameters.get("ResourceIdentifier"):
        _database(response, arn)
    return {"PendingMaintenanceActions": []}


@operation(RDSResponse)
def apply_pending_maintenance_action(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    _database(response, parameters["ResourceIdentifier"])
    raise AwsError("InvalidParameterCombination", f"No pending {parameters['ApplyAction']} action for this resource.")


def _database(response: RDSResponse, arn: str) -> None:
    """Raise AWS's error if no database has this ARN."""
    if not any(each.arn == arn for each in response.backend.databases.values()):
        raise AwsError("ResourceNotFoundFault", f"The specified resource {arn} does not exist.")
