"""Log groups: a KMS key that is added or removed later, and the retention that AWS offers."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch

RETENTION_DAYS = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)
"""Source: CloudWatch Logs API reference, "PutRetentionPolicy"."""


@patch(
    "moto.logs.models:LogsBackend.put_retention_policy",
    sha256="74d8b313ab3fdd40e131bcea2308727e3ef1c8b7008502956f4828d41ae9e080",
    upstream="PutRetentionPolicy accepts every number of days.",
)
def _put_retention_policy(original: Any, backend: LogsBackend, log_group_name: str, retention_in_days: str) -> None:
    if int(retention_in_days) not in RETENTION_DAYS:
        raise AwsError(
            "InvalidParameterException",
            f"1 validation error detected: Value '{retention_in_days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: {sorted(RETENTION_DAYS)}",
        )
    original(backend, log_group_name, retention_in_days)


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
