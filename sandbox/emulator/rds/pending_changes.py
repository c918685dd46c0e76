"""Changes of DB instances that wait for the maintenance window, and upgrades that RDS refuses.

Sources: RDS user guide, "Using the schedule modifications setting" and "Upgrades of the RDS for MySQL DB engine".
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from moto.rds.models import DBInstance, RDSBackend

from sandbox.emulator import maintenance_window
from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

_WAITING = {
    "allocated_storage": "AllocatedStorage",
    "db_instance_class": "DBInstanceClass",
    "engine_version": "EngineVersion",
    "iops": "Iops",
    "multi_az": "MultiAZ",
    "storage_throughput": "StorageThroughput",
    "storage_type": "StorageType",
}
"""What waits for the window unless ApplyImmediately is given, and its name in PendingModifiedValues."""


def postpone(instance: DBInstance, settings: MutableMapping[str, Any]) -> None:
    """Take out of ``settings`` what waits for the window. With ApplyImmediately, put in what has waited."""
    waiting: dict[str, Any] = getattr(instance, "waiting_changes", {})
    if settings.get("apply_immediately"):
        settings.update({name: value for name, value in waiting.items() if settings.get(name) is None})
        waiting = {}
    else:
        asked = {name: settings.pop(name) for name in _WAITING if settings.get(name) is not None}
        waiting = {
            name: value for name, value in {**waiting, **asked}.items() if value != getattr(instance, name, None)
        }
        if waiting and not getattr(instance, "waiting_changes", {}):
            instance.waits_since = maintenance_window.now()
    _set(instance, waiting)


def check_upgrade(backend: RDSBackend, instance: DBInstance, settings: Mapping[str, Any]) -> None:
    """Raise ``AwsError`` for a change of the engine's version that RDS refuses."""
    wanted = settings.get("engine_version")
    before, after = _release(instance.engine_version), _release(wanted or instance.engine_version)
    if instance.engine != "mysql" or before == after:
        return
    if after < before:
        raise AwsError(
            "InvalidParameterCombination", f"Cannot upgrade mysql from {instance.engine_version} to {wanted}"
        )
    if not settings.get("allow_major_version_upgrade"):
        raise AwsError(
            "InvalidParameterCombination",
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
        )
    name = settings.get("db_parameter_group_name") or instance.db_parameter_group_name
    group = backend.db_parameter_groups.get(name)
    family = f"mysql{'.'.join(map(str, after))}"
    if group is not None and group.family != family:
        raise AwsError(
            "InvalidParameterCombination",
            f"The Parameter Group {name} with DBParameterGroupFamily {group.family} can't be used for this instance. "
            f"Please use a Parameter Group with DBParameterGroupFamily {family}.",
        )


@patch(
    "moto.rds.models:RDSBackend.describe_db_instances",
    sha256="064c3f8bd9d32f64d5649dcd20164dd1637b1bbe5be76f23d7da183b4bec0f2c",
    upstream="ModifyDBInstance makes changes at once that wait for the maintenance window.",
)
def _describe(original: Any, backend: RDSBackend, *args: Any, **kwargs: Any) -> list[DBInstance]:
    """Make the changes whose window has begun since they were asked for."""
    for instance in backend.databases.values():
        waiting = getattr(instance, "waiting_changes", {})
        if not waiting:
            continue
        begins = maintenance_window.next_window(instance.preferred_maintenance_window, instance.waits_since)
        if begins <= maintenance_window.now():
            instance.update(**waiting, apply_immediately=True)
    found: list[DBInstance] = original(backend, *args, **kwargs)
    return found


def _set(instance: DBInstance, waiting: dict[str, Any]) -> None:
    instance.waiting_changes = waiting
    instance.pending_modified_values = {_WAITING[name]: value for name, value in waiting.items()}


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
