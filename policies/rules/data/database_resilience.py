"""RDS: what is left of a database when a zone, a disk or somebody's command takes it away."""

from __future__ import annotations

from dataclasses import replace

from pulumi_policy import EnforcementLevel, PolicyConfigSchema, Severity

from policies.aws.backup_coverage import selections_of, unclear_selections
from policies.generated.aws_types import rds
from policies.model.expectations import accepted, at_least, is_, is_not, is_set, require
from policies.model.properties import Absent, Known
from policies.model.resources import Resource, Stack
from policies.model.rule import (
    Config,
    Findings,
    OnUnknown,
    Remedy,
    ResourceRule,
    Sources,
    StackRule,
    Undecided,
    Violation,
)

_BACKUP_DAYS = 7
_HEADROOM = 1.26
"""Of the storage's limit to its size ("Managing capacity automatically with Amazon RDS storage autoscaling")."""
_ANY_DATABASE = "arn:aws:rds:eu-west-3:123456789012:db:any"


def _is_replica(database: Resource) -> bool:
    """A replica's data is its source's, and RDS refuses a last snapshot of it."""
    return not isinstance(database.properties.read("replicateSourceDb"), Absent)


def _check_retention(database: Resource, config: Config) -> Findings:
    path = "backupRetentionPeriod"
    if _is_replica(database):
        return
    for finding in at_least(database, path, int(config.get("days", _BACKUP_DAYS))):
        match finding, database.properties.read(path):
            # Whoever excepts one day has not excepted none.
            case Violation() as violation, Known(days):
                yield replace(violation, part=f"{path} {days}")
            case _:
                yield finding


def _check_end(database: Resource, _: Config) -> Findings:
    if _is_replica(database):
        return
    yield from is_not(database, "skipFinalSnapshot", True)
    yield from is_set(database, "finalSnapshotIdentifier")
    yield from is_(database, "deleteAutomatedBackups", False)


def _check_growth(database: Resource, _: Config) -> Findings:
    allocated = database.properties.read("allocatedStorage")
    match allocated:
        case Known(int() | float() as gib):
            yield from accepted(
                database,
                "maxAllocatedStorage",
                database.properties.read("maxAllocatedStorage"),
                lambda limit: isinstance(limit, int | float) and limit >= gib * _HEADROOM,
                f"maxAllocatedStorage of {_HEADROOM} times its allocatedStorage of {gib} GiB",
            )
        case Absent():
            # A copy has its source's storage.
            yield from is_set(database, "maxAllocatedStorage")
        case _:
            yield Undecided(resource=database, path="allocatedStorage")


def _check_copies(database: Resource, stack: Stack, _: Config) -> Findings:
    if any(True for _ in selections_of(stack, database, arn=_ANY_DATABASE)):
        return
    for selection in unclear_selections(stack):
        yield Undecided(resource=selection, path="resources")
        return
    yield Violation(
        resource=database, has="no backup selection that holds it", must="copies apart from RDS's own snapshots"
    )


RDS_MULTI_AZ = ResourceRule(
    id="rds-multi-az",
    severity=Severity.MEDIUM,
    why="A database in one zone is down for as long as the zone is, or for a restore from last night.",
    fix="set multi_az=True.",
    sources=Sources(fsbp=("RDS.5",), cis=("3.2.4",)),
    production_only=True,
    applies_to=(rds.Instance,),
    check=require("multiAz", True),
)

RDS_BACKUP_RETENTION = ResourceRule(
    id="rds-backup-retention",
    severity=Severity.MEDIUM,
    why="A wrong import is often noticed after a weekend, when yesterday's snapshot holds the damage too.",
    fix="raise backup_retention_period to the days of the policy's config, at most 35.",
    sources=Sources(fsbp=("RDS.11",), pci=("10.3.3",)),
    applies_to=(rds.Instance, rds.Cluster),
    check=_check_retention,
    config_schema=PolicyConfigSchema(
        properties={"days": {"type": "integer", "default": _BACKUP_DAYS, "minimum": 1, "maximum": 35}}
    ),
)

RDS_FINAL_SNAPSHOT = ResourceRule(
    id="rds-final-snapshot",
    severity=Severity.HIGH,
    why="A database that is deleted takes its automated backups along, and only a last snapshot brings it back.",
    fix="set skip_final_snapshot=False, a final_snapshot_identifier and delete_automated_backups=False.",
    sources=Sources(other="RDS User Guide: Deleting a DB instance"),
    production_only=True,
    applies_to=(rds.Instance, rds.Cluster),
    check=_check_end,
)

RDS_DELETION_PROTECTION = ResourceRule(
    id="rds-deletion-protection",
    severity=Severity.MEDIUM,
    why="One wrong click in the console deletes a shop's orders, unless RDS itself refuses.",
    fix="set deletion_protection=True.",
    sources=Sources(fsbp=("RDS.7", "RDS.8")),
    production_only=True,
    applies_to=(rds.Instance, rds.Cluster),
    check=require("deletionProtection", True),
    remedy=Remedy(path=("deletionProtection",), value=True),
)

RDS_STORAGE_AUTOSCALING = ResourceRule(
    id="rds-storage-autoscaling",
    severity=Severity.MEDIUM,
    why="A database whose disk is full takes no order, and growing it by hand means that somebody is awake.",
    fix="set max_allocated_storage to 1.26 times allocated_storage or more.",
    sources=Sources(
        other="RDS User Guide: Managing capacity automatically with Amazon RDS storage autoscaling",
    ),
    production_only=True,
    applies_to=(rds.Instance,),
    check=_check_growth,
)

RDS_COPY_TAGS = ResourceRule(
    id="rds-copy-tags",
    severity=Severity.LOW,
    why="A snapshot without tags belongs to nobody: neither its cost nor its deletion finds an owner.",
    fix="set copy_tags_to_snapshot=True.",
    sources=Sources(fsbp=("RDS.16", "RDS.17")),
    applies_to=(rds.Instance, rds.Cluster),
    check=require("copyTagsToSnapshot", True),
    remedy=Remedy(path=("copyTagsToSnapshot",), value=True),
)

RDS_IN_BACKUP_PLAN = StackRule(
    id="rds-in-backup-plan",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    why="RDS's own snapshots end after 35 days, and whoever may delete the database may delete them.",
    fix="let a backup.Selection hold the database, by its ARN or by its tags.",
    sources=Sources(fsbp=("RDS.26",), pci=("10.3.3",)),
    production_only=True,
    on_unknown=OnUnknown.DEFER,
    applies_to=(rds.Instance,),
    check=_check_copies,
)

RULES = (
    RDS_MULTI_AZ,
    RDS_BACKUP_RETENTION,
    RDS_FINAL_SNAPSHOT,
    RDS_DELETION_PROTECTION,
    RDS_STORAGE_AUTOSCALING,
    RDS_COPY_TAGS,
    RDS_IN_BACKUP_PLAN,
)
