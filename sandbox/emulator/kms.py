"""KMS: the period of a key's rotation, and AWS's own keys."""

from __future__ import annotations

import json
from typing import Any

from moto.kms.models import Alias, KmsBackend
from moto.kms.responses import KmsResponse

from sandbox.emulator.patching import patch

YEARLY = 365
"""Days between rotations, by default."""


@patch(
    "moto.kms.responses:KmsResponse.enable_key_rotation",
    sha256="37c33f285c50fedf4d63dc227b7e368f316506cca6da6a8ce97dae65b051b423",
    upstream="EnableKeyRotation ignores RotationPeriodInDays.",
)
def _enable_key_rotation(original: Any, response: KmsResponse) -> str:
    answer: str = original(response)
    _key(response).rotation_period = response._get_param("RotationPeriodInDays") or YEARLY
    return answer


@patch(
    "moto.kms.responses:KmsResponse.get_key_rotation_status",
    sha256="e45fdad27f1bf626a22add86f5f705750be6f29e2c038e0f77befc84b5e600b1",
    upstream="GetKeyRotationStatus answers no RotationPeriodInDays.",
)
def _get_key_rotation_status(original: Any, response: KmsResponse) -> str:
    status = json.loads(original(response))
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = getattr(_key(response), "rotation_period", YEARLY)
    return json.dumps(status)


@patch(
    "moto.kms.models:KmsBackend.create_alias",
    sha256="db18b3f5a4b798d7b82f1a37fb5e37df078e7c8558e53e2e3841d0747c3d8a0a",
    upstream="The keys behind AWS's aliases, such as alias/aws/ebs, look like keys of a customer.",
)
def _create_alias(original: Any, backend: KmsBackend, target_key_id: str, alias_name: str) -> Alias:
    alias: Alias = original(backend, target_key_id, alias_name)
    if alias_name.startswith("alias/aws/"):
        key = backend.keys[backend.get_key_id(target_key_id)]
        key.key_manager = "AWS"
        # AWS rotates them every year ("AWS managed keys").
        key.key_rotation_status = True
    return alias


def _key(response: KmsResponse) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]
