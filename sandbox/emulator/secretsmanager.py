"""Secrets Manager: a description that is removed."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

from sandbox.emulator.patching import patch


@patch(
    "moto.secretsmanager.models:SecretsManagerBackend.update_secret",
    sha256="39267367299877da5f982094c8e862a220002300977d94c33ed234cd488b29e3",
    upstream="UpdateSecret with an empty Description keeps the old description.",
)
def _update_secret(original: Any, backend: SecretsManagerBackend, secret_id: str, **changes: Any) -> str:
    answer: str = original(backend, secret_id, **changes)
    if changes.get("description") == "":
        backend.secrets[secret_id].description = ""
    return answer
