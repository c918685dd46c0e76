"""``aws.backup.Vault``: where copies are kept."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.backup.tagging import TAGGING
from sandbox.provider.aws.calls import arguments


@adapter
class Vault(Adapter):
    """Its id is its name."""

    token = "aws:backup/vault:Vault"
    service = "backup"
    tagging = TAGGING
    # AWS answers for a missing vault as for one that the caller may not see.
    not_found = ("ResourceNotFoundException", "AccessDeniedException")
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=50)),
        "kmsKeyArn": Property(replaces=True, computed=True),
        "forceDestroy": Property(default=False, kept="Tells the provider to delete the copies with the vault."),
        "tags": TAGS,
    }
    outputs = ("arn", "recoveryPoints")
    emulation = "A plan makes no copies: those of StartBackupJob are there."

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("backup").create_backup_vault(
            BackupVaultName=inputs["name"],
            BackupVaultTags=inputs["tagsAll"],
            **arguments(inputs, {"kmsKeyArn": "EncryptionKeyArn"}),
        )
        return str(inputs["name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        vault = aws.client("backup").describe_backup_vault(BackupVaultName=id)
        return {
            "name": vault["BackupVaultName"],
            "kmsKeyArn": vault.get("EncryptionKeyArn"),
            "tags": self.tagging.read(aws, vault["BackupVaultArn"]),
            "arn": vault["BackupVaultArn"],
            "recoveryPoints": vault.get("NumberOfRecoveryPoints", 0),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        backup = aws.client("backup")
        if state.get("forceDestroy"):
            pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=id)
            for point in [each for page in pages for each in page["RecoveryPoints"]]:
                backup.delete_recovery_point(BackupVaultName=id, RecoveryPointArn=point["RecoveryPointArn"])
        backup.delete_backup_vault(BackupVaultName=id)
