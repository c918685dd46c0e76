"""DB instances: all the settings that AWS answers, reboot with failover, and deletion."""

from __future__ import annotations

import secrets
import string
from collections.abc import MutableMapping
from copy import copy
from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.rds.models import DBInstance, Event, RDSBackend
from moto.rds.responses import RDSResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.in_process import client
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.rds import certificates, pending_changes, sizes, snapshots
from sandbox.emulator.rds.engines import mysql_version

ENDPOINT_ZONES = {"eu-west-3": "ZMESEXB7ZGGQ3", "us-east-1": "Z2R2ITUGPM61AM"}
"""Hosted zones of the DNS names of DB instances. Source: AWS General Reference, RDS endpoints."""

Event.EVENT_MAP.update(
    {
        "DB_INSTANCE_RESTART": {"Categories": ["availability"], "Message": "DB instance restarted"},
        "DB_INSTANCE_FAILOVER_START": {"Categories": ["failover"], "Message": "Multi-AZ instance failover started"},
        "DB_INSTANCE_FAILOVER_FINISH": {"Categories": ["failover"], "Message": "Multi-AZ instance failover completed"},
    }
)


@patch(
    "moto.rds.models:DBInstance.__init__",
    sha256="c8e2706a99276562fdc287ceba231bec57f32b41fb2189046d3e1f9a3f95f3fd",
    upstream="Every DB instance has the same DbiResourceId, and Performance Insights and NetworkType are not kept.",
)
def _init(original: Any, instance: DBInstance, *args: Any, **settings: Any) -> None:
    if settings.get("engine") == "mysql":
        settings["engine_version"] = mysql_version(settings.get("engine_version"))
    settings.setdefault("ca_certificate_identifier", certificates.DEFAULT)
    if settings.get("storage_encrypted") and not settings.get("kms_key_id"):
        settings["kms_key_id"] = _default_key(settings.get("backend") or args[0])
    sizes.check(settings["engine"], settings, region=(settings.get("backend") or args[0]).region_name)
    original(instance, *args, **settings)
    instance.dbi_resource_id = _resource_id()
    instance.publicly_accessible = bool(instance.publicly_accessible)
    instance.dedicated_log_volume = settings.get("dedicated_log_volume", False)
    instance.network_type = settings.get("network_type", "IPV4")
    instance.database_insights_mode = settings.get("database_insights_mode", "standard")
    instance.engine_lifecycle_support = settings.get("engine_lifecycle_support", "open-source-rds-extended-support")
    instance.backup_target = settings.get("backup_target", "region")
    instance.customer_owned_ip_enabled = settings.get("enable_customer_owned_ip", False)
    instance.performance_insights_enabled = False
    zones = _zones(instance)
    if not settings.get("availability_zone") and instance.availability_zone not in zones:
        instance.availability_zone = zones[0]
    _apply_performance_insights(instance, settings)
    if instance.db_cluster_identifier is None:
        _apply_gp3_baseline(instance)
    _derive(instance)
    _make_log_groups(instance)


@patch(
    "moto.rds.models:RDSBackend.restore_db_instance_from_db_snapshot",
    sha256="83783a00fefa71d5f0986d552d1cba77fec49d54697a1680933acd99a2feb151",
    upstream="A restore asks for the IOPS of a small gp3 volume, which RDS refuses, and ignores the snapshot's status.",
)
def _restore(original: Any, backend: RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]) -> DBInstance:
    """A volume with the baseline gets it again, without asking."""
    name = from_snapshot_id.rpartition(":snapshot:")[2]
    [snapshot] = backend.describe_db_snapshots(None, name)
    snapshots.check_available(snapshot)
    taken_of = snapshot.database
    if not sizes.is_striped(taken_of.engine, int(taken_of.allocated_storage)):
        snapshot.database = copy(taken_of)
        snapshot.database.iops = snapshot.database.storage_throughput = None
    try:
        restored: DBInstance = original(backend, from_snapshot_id, overrides)
        restored.restored_from = snapshot.db_snapshot_identifier
        _set_what_was_asked(restored, overrides)
        return restored
    finally:
        snapshot.database = taken_of


@patch(
    "moto.rds.models:RDSBackend.restore_db_instance_to_point_in_time",
    sha256="be97ebae808d1994f7225fb6ce61ca82a0aed3d5d0eb7d180242442176ab8603",
    upstream="A database that is restored to a point in time is a read replica of its source.",
)
def _restore_to_point_in_time(
    original: Any, backend: RDSBackend, source: str, target: str, overrides: dict[str, Any]
) -> DBInstance:
    """A database for itself. A volume with the baseline gets it again, without asking."""
    [of] = backend.describe_db_instances(source)
    baseline = of.iops, of.storage_throughput
    if not sizes.is_striped(of.engine, int(of.allocated_storage)):
        of.iops = of.storage_throughput = None
    try:
        restored: DBInstance = original(backend, source, target, overrides)
    finally:
        of.iops, of.storage_throughput = baseline
    restored.source_db_instance_identifier = None
    _set_what_was_asked(restored, overrides)
    return restored


def _set_what_was_asked(restored: DBInstance, asked: dict[str, Any]) -> None:
    """In one zone and without protection unless asked for ("RestoreDBInstanceFromDBSnapshot"). moto hears no False."""
    for name in ("multi_az", "deletion_protection", "publicly_accessible"):
        setattr(restored, name, bool(asked.get(name)))


@patch(
    "moto.rds.models:DBInstance.update",
    sha256="fff8f1fc3835e2d34f61fec68c5b2eac1d5ea90314a8ab42db48a975c3706844",
    upstream="ModifyDBInstance fails on disabling a log export that is off, and ignores DBPortNumber.",
)
def _update(original: Any, instance: DBInstance, **settings: Any) -> None:
    """Check a change, and put off what waits for the maintenance window."""
    if instance.engine == "mysql" and settings.get("engine_version"):
        settings["engine_version"] = mysql_version(settings["engine_version"])
    if instance.db_cluster_identifier is None:
        sizes.check(instance.engine, settings, region=instance.region, before=_sizes_of(instance))
        pending_changes.check_upgrade(instance.backend, instance, settings)
        pending_changes.postpone(instance, settings)
    exports = settings.pop("cloudwatch_logs_export_configuration", None) or {}
    original(instance, **settings)
    if exports:
        kept = [
            log for log in instance.enabled_cloudwatch_logs_exports if log not in (exports.get("DisableLogTypes") or [])
        ]
        added = [log for log in exports.get("EnableLogTypes") or [] if log not in kept]
        instance.enabled_cloudwatch_logs_exports = kept + added
    if settings.get("db_port_number"):
        instance.port = settings["db_port_number"]
    if instance.monitoring_interval == 0:
        instance.monitoring_role_arn = None
    _apply_performance_insights(instance, settings)
    if instance.db_cluster_identifier is None:
        _apply_gp3_baseline(instance)
    _derive(instance)
    _make_log_groups(instance)


@patch(
    "moto.rds.models:DBInstance.endpoint",
    sha256="27101459a1a9bf55295a89a04880f0d9f5db031eb37f3c2fd40b557dcb5aa9ab",
    upstream="A DB instance's endpoint has no HostedZoneId.",
)
def _endpoint(original: Any, instance: DBInstance) -> dict[str, Any]:
    zone = ENDPOINT_ZONES.get(instance.region)
    return {**original(instance), **({"HostedZoneId": zone} if zone else {})}


@patch(
    "moto.rds.models:DBInstance.set_as_replica",
    sha256="588163c0b4620129d6df394037f66ce2cedca4ed05b09c28695e06ac3edd6344",
    upstream="A read replica has the DbiResourceId of its source.",
)
def _set_as_replica(original: Any, instance: DBInstance) -> None:
    """moto copies the source, its identity included."""
    original(instance)
    instance.dbi_resource_id = _resource_id()
    _derive(instance)


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
    instance.restarts = restarts(instance) + 1
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
    """Require exactly one of the final snapshot's name and SkipFinalSnapshot."""
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


def restarts(instance: DBInstance) -> int:
    """How often it was rebooted. Its host restarts the server when this grows."""
    return getattr(instance, "restarts", 0)


def fail_over(instance: DBInstance) -> None:
    """Fail over to the standby: the two availability zones change places."""
    standby = instance.secondary_availability_zone
    instance.secondary_availability_zone, instance.availability_zone = instance.availability_zone, standby


def _apply_performance_insights(instance: DBInstance, settings: MutableMapping[str, Any]) -> None:
    wanted = settings.get("enable_performance_insights")
    if wanted is not None:
        instance.performance_insights_enabled = wanted
    if not instance.performance_insights_enabled:
        instance.performance_insights_retention_period = None
        instance.performance_insights_kms_key_id = None
        return
    days = settings.get("performance_insights_retention_period")
    instance.performance_insights_retention_period = (
        days or getattr(instance, "performance_insights_retention_period", None) or 7
    )
    key = settings.get("performance_insights_kms_key_id")
    instance.performance_insights_kms_key_id = (
        key or getattr(instance, "performance_insights_kms_key_id", None) or _default_key(instance.backend)
    )


def _sizes_of(instance: DBInstance) -> dict[str, Any]:
    """What ``sizes.check`` compares a change with."""
    return {
        "allocated_storage": instance.allocated_storage,
        "max_allocated_storage": instance.max_allocated_storage,
        "storage_type": instance.storage_type,
        "db_instance_class": instance.db_instance_class,
        "engine_version": instance.engine_version,
        "enable_performance_insights": instance.performance_insights_enabled,
    }


def _apply_gp3_baseline(instance: DBInstance) -> None:
    """Set IOPS and throughput of a gp3 volume to at least its baseline, as AWS answers them."""
    if instance.storage_type != "gp3":
        return
    striped = sizes.is_striped(instance.engine, int(instance.allocated_storage))
    iops, mib_per_second = sizes.STRIPED_BASELINE if striped else sizes.BASELINE
    instance.iops = max(int(instance.iops or 0), iops)
    instance.storage_throughput = max(int(instance.storage_throughput or 0), mib_per_second)


def _derive(instance: DBInstance) -> None:
    """Set the fields that follow from others."""
    others = [zone for zone in _zones(instance) if zone != instance.availability_zone]
    standby = getattr(instance, "secondary_availability_zone", None)
    instance.secondary_availability_zone = (standby or others[0]) if instance.multi_az else None
    instance.certificate_details = certificates.details(instance)
    instance.enhanced_monitoring_resource_arn = (
        f"arn:{instance.partition}:logs:{instance.region}:{instance.account_id}"
        f":log-group:RDSOSMetrics:log-stream:{instance.dbi_resource_id}"
        if instance.monitoring_interval
        else None
    )


def _resource_id() -> str:
    alphabet = string.ascii_uppercase + string.digits
    return "db-" + "".join(secrets.choice(alphabet) for _ in range(26))


def _make_log_groups(instance: DBInstance) -> None:
    """Make the groups that the instance writes to, unless they exist. They stay when it is deleted.

    Those of exported logs never expire ("Publishing MySQL logs to Amazon CloudWatch Logs"); the account's one group for
    Enhanced Monitoring does after 30 days ("Viewing OS metrics using CloudWatch Logs").
    """
    logs = client("logs", instance.region, instance.account_id)
    kept_days: dict[str, int | None] = {
        f"/aws/rds/instance/{instance.db_instance_identifier}/{log}": None
        for log in instance.enabled_cloudwatch_logs_exports or []
    }
    if instance.monitoring_interval:
        kept_days["RDSOSMetrics"] = 30
    for name, days in kept_days.items():
        try:
            logs.create_log_group(logGroupName=name)
        except logs.exceptions.ResourceAlreadyExistsException:
            continue
        if days is not None:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)


def _zones(instance: DBInstance) -> list[str]:
    """The availability zones for the instance: those of its subnet group, or all of the region."""
    group = getattr(instance, "db_subnet_group", None)
    if group is not None:
        return list(dict.fromkeys(subnet.availability_zone for subnet in group._subnets))
    return [zone.name for zone in RegionsAndZonesBackend.zones[instance.region]]


def _default_key(backend: Any) -> str:
    """The ARN of the account's AWS managed key for RDS."""
    kms = client("kms", backend.region_name, backend.account_id)
    arn: str = kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"]
    return arn
