"""Log groups: a KMS key that is added or removed later."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from sandbox.emulator.patching import operation


@operation(LogsResponse)
def associate_kms_key(response: LogsResponse, parameters: dict[str, Any]) -> None:
    _group(response, parameters).kms_key_id = parameters["kmsKeyId"]


@operation(LogsResponse)
def disassociate_kms_key(response: LogsResponse, parameters: dict[str, Any]) -> None:
    _group(response, parameters).kms_key_id = None


def _group(response: LogsResponse, parameters: dict[str, Any]) -> Any:
    """The log group of the request, by name or ARN."""
    name = parameters.get("logGroupName") or parameters["resourceIdentifier"].partition(":log-group:")[2].removesuffix(
        ":*"
    )
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException()
    return response.logs_backend.groups[name]
