"""RDS: a database survives the loss of a zone, a full disk and an accidental deletion."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

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
"""Ratio of the storage's limit to its size ("Managing capacity automatically with Amazon RDS storage autoscaling")."""
_ANY_DATABASE = "arn:aws:rds:eu-west-3:123456789012:db:any"


def _is_replica(database: Resource) -> bool:
    """Whether the database is a replica: its source has the data, and RDS takes no final snapshot of it."""
    return not isinstance(database.properties.read("replicateSourceDb"), Absent)


def _check_retention(database: Resource, config: Config) -> Findings:
    path = "backupRetentionPeriod"
    if _is_replica(database):
        return
    for finding in at_least(database, path, int(config.get("days", _BACKUP_DAYS))):
        match finding, database.properties.read(path):
            # An exception for one day does not cover zero days.
            case Violation() as violation, Known(days):
                yield replace(violation, part=f"{violation.part}={days}")
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
                f"{ceil(gib * _HEADROOM)} or more ({_HEADROOM} times allocated_storage)",
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
    yield Violation(resource=database, got="no backup.Selection that includes it", expected="one")


RDS_MULTI_AZ = ResourceRule(
    id="rds-multi-az",
    severity=Severity.MEDIUM,
    why="A database in one zone is unavailable while the zone is down, or until last night's snapshot is restored.",
    fix="set multi_az=True.",
    sources=Sources(fsbp=("RDS.5",), cis=("3.2.4",)),
    production_only=True,
    applies_to=(rds.Instance,),
    check=require("multiAz", True),
)

RDS_BACKUP_RETENTION = ResourceRule(
    id="rds-backup-retention",
    severity=Severity.MEDIUM,
    why="A wrong import is often noticed only after a weekend, when yesterday's snapshot contains the damage too.",
    fix="raise backup_retention_period to the days in the policy's config, at most 35.",
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
    why="RDS deletes the automated backups with the database, so only a final snapshot can restore it.",
    fix="set skip_final_snapshot=False, final_snapshot_identifier and delete_automated_backups=False.",
    sources=Sources(other="RDS User Guide: Deleting a DB instance"),
    production_only=True,
    applies_to=(rds.Instance, rds.Cluster),
    check=_check_end,
)

RDS_DELETION_PROTECTION = ResourceRule(
    id="rds-deletion-protection",
    severity=Severity.MEDIUM,
    why="Without deletion protection, one wrong click in the console deletes a shop's orders.",
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
    why="A database whose disk is full stops taking orders until the storage is increased by hand.",
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
    why="The owner of a snapshot without tags is unknown, so its cost and its deletion are not assigned to anyone.",
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
    why="RDS keeps its own snapshots for at most 35 days, and anyone who may delete the database may delete them.",
    fix="include the database in a backup.Selection, by its ARN or by its tags.",
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
