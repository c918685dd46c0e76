"""Backup vaults: a vault with copies stays, and deletion removes the tags."""

from __future__ import annotations

from typing import Any

from moto.backup.models import BackupBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.backup.models:BackupBackend.delete_backup_vault",
    sha256="82fc3accecb9946c3781000969b558eadea5c43cc5b8debfe9045c8bbc39b320",
    upstream="A new backup vault has the tags of a deleted vault of the same name.",
)
def _delete_backup_vault(original: Any, backend: BackupBackend, backup_vault_name: str) -> None:
    vault = backend.vaults.get(backup_vault_name)
    if vault is not None and vault.num_of_recovery_points:
        raise AwsError(
            "InvalidRequestException",
            f"Backup vault cannot be deleted (contains {vault.num_of_recovery_points} recovery points)",
        )
    if vault is not None:
        backend.tagger.delete_all_tags_for_resource(vault.backup_vault_arn)
    original(backend, backup_vault_name)
