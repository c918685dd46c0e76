"""Copies that somebody asks for with StartBackupJob. They are there at once. Plans make none: no time passes here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import moto.backup.urls
from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.models import BackupBackend, Vault
from moto.backup.responses import BackupResponse
from moto.core.utils import get_service_model
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

_VOLUME, _DATABASE = "EBS", "RDS"
"""AWS Backup's own names of the resource types."""


@dataclass(kw_only=True)
class RecoveryPoint:
    """A copy, the job that made it, and the vault that has it."""

    arn: str
    resource_arn: str
    resource_type: str
    vault: Vault
    role: str
    gib: int
    delete_after: int | None
    job_id: str = field(default_factory=lambda: str(uuid4()).upper())
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def lifecycle(self) -> dict[str, Any]:
        if self.delete_after is None:
            return {}
        deleted = self.created + timedelta(days=self.delete_after)
        return {
            "Lifecycle": {"DeleteAfterDays": self.delete_after},
            "CalculatedLifecycle": {"DeleteAt": deleted},
        }

    def describe(self) -> dict[str, Any]:
        return {
            **self._origin(),
            "Status": "COMPLETED",
            "IsEncrypted": True,
            "StorageClass": "WARM",
            **self.lifecycle,
        }

    def describe_job(self) -> dict[str, Any]:
        return {**self._origin(), "BackupJobId": self.job_id, "State": "COMPLETED", "PercentDone": "100.0"}

    def _origin(self) -> dict[str, Any]:
        return {
            "RecoveryPointArn": self.arn,
            "BackupVaultName": self.vault.backup_vault_name,
            "BackupVaultArn": self.vault.backup_vault_arn,
            "EncryptionKeyArn": self.vault.encryption_key_arn,
            "ResourceArn": self.resource_arn,
            "ResourceType": self.resource_type,
            "IamRoleArn": self.role,
            "BackupSizeInBytes": self.gib * 2**30,
            "CreationDate": self.created,
            "CompletionDate": self.created,
        }


def recovery_points(backend: BackupBackend) -> dict[str, RecoveryPoint]:
    """The copies of the account and region by ARN, kept on moto's backend, so that a reset deletes them."""
    points: dict[str, RecoveryPoint] = vars(backend).setdefault("recovery_points", {})
    return points


@operation(BackupResponse)
def start_backup_job(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    backend = response.backup_backend
    vault = _vault(backend, parameters["BackupVaultName"])
    resource = parameters["ResourceArn"]
    arn, kind, gib = _copy(response, resource)
    point = RecoveryPoint(
        arn=arn,
        resource_arn=resource,
        resource_type=kind,
        vault=vault,
        role=parameters["IamRoleArn"],
        gib=gib,
        delete_after=parameters.get("Lifecycle", {}).get("DeleteAfterDays"),
    )
    recovery_points(backend)[arn] = point
    vault.num_of_recovery_points += 1
    return {"BackupJobId": point.job_id, "RecoveryPointArn": arn, "CreationDate": point.created}


@operation(BackupResponse)
def describe_backup_job(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    for point in recovery_points(response.backup_backend).values():
        if point.job_id == parameters["BackupJobId"]:
            return point.describe_job()
    raise ResourceNotFoundException(msg=f"Backup job with ID {parameters['BackupJobId']} does not exist.")


@operation(BackupResponse)
def list_backup_jobs(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    asked = {"ByResourceArn": "ResourceArn", "ByBackupVaultName": "BackupVaultName", "ByState": "State"}
    jobs = [point.describe_job() for point in _newest_first(response)]
    wanted = {member: parameters[name] for name, member in asked.items() if name in parameters}
    return {"BackupJobs": [job for job in jobs if wanted.items() <= job.items()]}


@operation(BackupResponse)
def list_recovery_points_by_resource(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    resource = parameters["ResourceArn"]
    return {
        "RecoveryPoints": [
            {
                **{name: value for name, value in point.describe().items() if name in _OF_A_RESOURCE},
                "BackupSizeBytes": point.gib * 2**30,
            }
            for point in _newest_first(response)
            if point.resource_arn == resource
        ]
    }


_OF_A_RESOURCE = ("RecoveryPointArn", "CreationDate", "Status", "EncryptionKeyArn", "BackupVaultName")
"""Members of ``RecoveryPointByResource``. The size has another name there."""


@operation(BackupResponse)
def list_recovery_points_by_backup_vault(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    vault = _vault(response.backup_backend, parameters["BackupVaultName"])
    return {"RecoveryPoints": [point.describe() for point in _newest_first(response) if point.vault is vault]}


@operation(BackupResponse)
def describe_recovery_point(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _point(response, parameters).describe()


@operation(BackupResponse)
def delete_recovery_point(response: BackupResponse, parameters: dict[str, Any]) -> None:
    """The snapshot goes with it."""
    point = _point(response, parameters)
    account, region = response.current_account, response.region
    if point.resource_type == _VOLUME:
        ec2_backends[account][region].delete_snapshot(point.arn.rpartition("/")[2])
    else:
        rds_backends[account][region].delete_db_snapshot(_database_snapshot(point.arn))
    del recovery_points(response.backup_backend)[point.arn]
    point.vault.num_of_recovery_points -= 1


def _copy(response: BackupResponse, resource: str) -> tuple[str, str, int]:
    """The snapshot of a volume or a database: its ARN, AWS Backup's name of the type, and its size in GiB."""
    account, region = response.current_account, response.region
    _, _, service, _, _, name = resource.split(":", 5)
    if service == "ec2" and name.startswith("volume/"):
        snapshot = ec2_backends[account][region].create_snapshot(
            name.removeprefix("volume/"), description="This snapshot is created by the AWS Backup service."
        )
        return f"arn:aws:ec2:{region}::snapshot/{snapshot.id}", _VOLUME, int(snapshot.volume.size)
    if service == "rds" and name.startswith("db:"):
        made = rds_backends[account][region].create_db_snapshot(
            name.removeprefix("db:"), f"awsbackup:job-{uuid4()}", snapshot_type="awsbackup"
        )
        return made.db_snapshot_arn, _DATABASE, int(made.allocated_storage)
    raise AwsError("InvalidParameterValueException", f"Unsupported resource type: {resource}")


def _database_snapshot(arn: str) -> str:
    return arn.partition(":snapshot:")[2]


def _newest_first(response: BackupResponse) -> list[RecoveryPoint]:
    return list(reversed(recovery_points(response.backup_backend).values()))


def _vault(backend: BackupBackend, name: str) -> Vault:
    if name not in backend.vaults:
        raise ResourceNotFoundException(msg=f"Backup Vault {name} does not exist")
    return backend.vaults[name]


def _point(response: BackupResponse, parameters: dict[str, Any]) -> RecoveryPoint:
    arn = parameters["RecoveryPointArn"]
    point = recovery_points(response.backup_backend).get(arn)
    if point is None or point.vault.backup_vault_name != parameters["BackupVaultName"]:
        raise ResourceNotFoundException(msg=f"Cannot find recovery point {arn}")
    return point


# moto takes a parameter of the path to end at a slash, unless it is the last one; the ARN of a volume has a slash.
get_service_model("backup")._service_description["operations"]["ListRecoveryPointsByResource"]["http"]["requestUri"] = (
    "/resources/{resourceArn+}/recovery-points/"
)
for _path in (
    "/backup-jobs/?$",
    "/backup-jobs/(?P<job>[^/]+)$",
    "/backup-vaults/(?P<name>[^/]+)/recovery-points/$",
    "/backup-vaults/(?P<name>[^/]+)/recovery-points/(?P<arn>.+)$",
    "/resources/(?P<arn>.+)$",
):
    moto.backup.urls.url_paths[f"{{0}}{_path}"] = BackupResponse.dispatch
