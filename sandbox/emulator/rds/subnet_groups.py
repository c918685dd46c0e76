"""DB subnet groups: change, and no deletion while an instance uses them."""

from __future__ import annotations

from typing import Any

from moto.rds.exceptions import DBSubnetGroupNotFoundError
from moto.rds.models import RDSBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.rds.models:RDSBackend.modify_db_subnet_group",
    sha256="e28463a95f8ad0da649069970ac751ae9aa9bd34f6349ae3520c30eaf76ba909",
    upstream="ModifyDBSubnetGroup removes the group from the account.",
)
def _modify_db_subnet_group(original: Any, backend: RDSBackend, subnet_name: str, *changes: Any) -> Any:
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
