"""Reboot, deletion, changed subnet groups, and what may not be deleted while an instance uses it."""

from __future__ import annotations

from typing import Any

from moto.rds.exceptions import DBSubnetGroupNotFoundError
from moto.rds.models import Event, RDSBackend
from moto.rds.responses import RDSResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.rds.instances import fail_over

Event.EVENT_MAP.update(
    {
        "DB_INSTANCE_RESTART": {"Categories": ["availability"], "Message": "DB instance restarted"},
        "DB_INSTANCE_FAILOVER_START": {"Categories": ["failover"], "Message": "Multi-AZ instance failover started"},
        "DB_INSTANCE_FAILOVER_FINISH": {"Categories": ["failover"], "Message": "Multi-AZ instance failover completed"},
    }
)


@operation(RDSResponse)
def reboot_db_instance(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    [instance] = response.backend.describe_db_instances(parameters["DBInstanceIdentifier"])
    if parameters.get("ForceFailover"):
        if not instance.multi_az:
            raise AwsError(
                "InvalidParameterCombination",
                "A failover cannot be forced: the instance is not configured for Multi-AZ.",
            )
        instance.add_event("DB_INSTANCE_FAILOVER_START")
        fail_over(instance)
        instance.add_event("DB_INSTANCE_FAILOVER_FINISH")
    instance.add_event("DB_INSTANCE_RESTART")
    return {"DBInstance": instance}


@patch(
    "moto.rds.models:RDSBackend.delete_db_instance",
    sha256="cbbed3ced5f78510821ba926680156196cbdf20d79a11a402fd89fc97270ac40",
    upstream="DeleteDBInstance without SkipFinalSnapshot or FinalDBSnapshotIdentifier is accepted instead of refused.",
)
def _delete_db_instance(
    original: Any,
    backend: RDSBackend,
    db_instance_identifier: str,
    final_db_snapshot_identifier: str | None = None,
    skip_final_snapshot: bool | None = False,
    delete_automated_backups: bool | None = True,
) -> Any:
    """Ask for the final snapshot's name unless it is declined, as AWS does."""
    instance = backend.databases.get(db_instance_identifier)
    needs_name = instance is not None and not (instance.deletion_protection or instance.is_replica)
    if needs_name and instance.db_cluster_identifier is None:
        if not (skip_final_snapshot or final_db_snapshot_identifier):
            raise AwsError(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            )
        if skip_final_snapshot and final_db_snapshot_identifier:
            raise AwsError(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier can not be specified when deleting a database instance and skipping "
                "the final snapshot.",
            )
    return original(
        backend,
        db_instance_identifier,
        final_db_snapshot_identifier,
        skip_final_snapshot,
        delete_automated_backups,
    )


@patch(
    "moto.rds.models:RDSBackend.modify_db_subnet_group",
    sha256="e28463a95f8ad0da649069970ac751ae9aa9bd34f6349ae3520c30eaf76ba909",
    upstream="ModifyDBSubnetGroup removes the group from the account.",
)
def _modify_db_subnet_group(original: Any, backend: RDSBackend, subnet_name: str, *changes: Any) -> Any:
    """Upstream takes the group out of the account to change it, and does not put it back."""
    if subnet_name not in backend.subnet_groups:
        raise DBSubnetGroupNotFoundError(subnet_name)
    backend.subnet_groups[subnet_name] = group = original(backend, subnet_name, *changes)
    return group


@patch(
    "moto.rds.models:RDSBackend.delete_subnet_group",
    sha256="0d3cd3175c82276d0dfdd98e7e6292361e6c63be864a8e5a03b1ecc0502a3e17",
    upstream="DeleteDBSubnetGroup deletes a group that a DB instance uses.",
)
def _delete_subnet_group(original: Any, backend: RDSBackend, subnet_name: str) -> Any:
    for instance in backend.databases.values():
        group = getattr(instance, "db_subnet_group", None)
        if group is not None and group is backend.subnet_groups.get(subnet_name):
            raise AwsError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
                f"{instance.db_instance_identifier} is still using it.",
            )
    return original(backend, subnet_name)
