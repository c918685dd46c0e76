"""DB subnet groups: change within the VPC, and no deletion while an instance uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.ec2.models.subnets import Subnet
from moto.rds.exceptions import DBSubnetGroupNotFoundError
from moto.rds.models import DBSubnetGroup, RDSBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch


@patch(
    "moto.rds.models:RDSBackend.modify_db_subnet_group",
    sha256="e28463a95f8ad0da649069970ac751ae9aa9bd34f6349ae3520c30eaf76ba909",
    upstream="ModifyDBSubnetGroup removes the group from the account.",
)
def _modify_db_subnet_group(original: Any, backend: RDSBackend, subnet_name: str, *changes: Any) -> Any:
    """Refuse to leave the VPC, and to take out a subnet in whose zone an instance is."""
    if subnet_name not in backend.subnet_groups:
        raise DBSubnetGroupNotFoundError(subnet_name)
    _check(backend, backend.subnet_groups[subnet_name], changes[-1])
    backend.subnet_groups[subnet_name] = group = original(backend, subnet_name, *changes)
    return group


def _check(backend: RDSBackend, group: DBSubnetGroup, wanted: Sequence[Subnet]) -> None:
    if any(subnet.vpc_id != group.vpc_id for subnet in wanted):
        raise AwsError("InvalidParameterValue", "The new Subnets are not in the same Vpc as the existing subnet group")
    zones = {
        zone
        for instance in backend.databases.values()
        if getattr(instance, "db_subnet_group", None) is group
        for zone in (instance.availability_zone, getattr(instance, "secondary_availability_zone", None))
    }
    left = {subnet.availability_zone for subnet in wanted}
    lost = [
        each.id for each in group._subnets if each.availability_zone in zones and each.availability_zone not in left
    ]
    if lost:
        raise AwsError(
            "InvalidParameterValue", f"Some of the subnets to be deleted are currently in use: {', '.join(lost)}"
        )


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
