"""Databases that come back: see ``policies/rules/data/database_resilience.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.database_resilience import (
    RDS_BACKUP_RETENTION,
    RDS_COPY_TAGS,
    RDS_DELETION_PROTECTION,
    RDS_FINAL_SNAPSHOT,
    RDS_IN_BACKUP_PLAN,
    RDS_MULTI_AZ,
    RDS_STORAGE_AUTOSCALING,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed

DATABASE = node(aws.rds.Instance, "db", tags={"Client": "client", "Environment": "prod"})
SOURCE = node(aws.rds.Instance, "source")
REPLICA = node(aws.rds.Instance, "replica", replicateSourceDb=SOURCE)
ENDED_WELL = DATABASE.but(
    skipFinalSnapshot=False, finalSnapshotIdentifier="client-prod-final", deleteAutomatedBackups=False
)
GROWING = DATABASE.but(allocatedStorage=100, maxAllocatedStorage=200)
OF_DATABASES = ["arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:db:*"]


def _tagged(value: object) -> dict[str, object]:
    return {"key": "aws:ResourceTag/Client", "value": value}


def _held_by(**selection: object) -> Nodes:
    return (node(aws.backup.Selection, "selection", **selection), DATABASE)


def _literal(arn: str) -> Node:
    """As in a state: the database's own ARN is known there."""
    return DATABASE.but(arn=arn)


PROOFS = (
    Proof(
        rule=RDS_MULTI_AZ,
        passing={"two zones": (DATABASE.but(multiAz=True),)},
        failing={"one zone": (DATABASE.but(multiAz=False),)},
        absent=(DATABASE,),
        unknown=(DATABASE.but(multiAz=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "site-database-instance", multiAz=False),
    ),
    Proof(
        rule=RDS_BACKUP_RETENTION,
        passing={
            "a week": (DATABASE.but(backupRetentionPeriod=7),),
            "a replica, whose source has them": (SOURCE.but(backupRetentionPeriod=7), REPLICA),
        },
        failing={
            "a day": (DATABASE.but(backupRetentionPeriod=1),),
            "none": (DATABASE.but(backupRetentionPeriod=0),),
            "a cluster": (node(aws.rds.Cluster, "cluster", backupRetentionPeriod=1),),
        },
        absent=(DATABASE,),
        unknown=(DATABASE.but(backupRetentionPeriod=UNKNOWN),),
        not_applicable=(VPC,),
        # The written exceptions are for row 5's one day, not for none.
        breakage=changed(aws.rds.Instance, "shared-database-instance", backupRetentionPeriod=0),
        # The exception for the one day is then for nothing.
        fires_too=frozenset({"exceptions-valid"}),
    ),
    Proof(
        rule=RDS_FINAL_SNAPSHOT,
        passing={
            "all kept": (ENDED_WELL,),
            "AWS's default of a last snapshot": (ENDED_WELL.but(skipFinalSnapshot=None),),
            "a replica": (ENDED_WELL, REPLICA.but(skipFinalSnapshot=True)),
        },
        failing={
            "no snapshot": (ENDED_WELL.but(skipFinalSnapshot=True),),
            "without a name": (ENDED_WELL.but(finalSnapshotIdentifier=None),),
            "its backups go along": (ENDED_WELL.but(deleteAutomatedBackups=True),),
        },
        absent=(DATABASE,),
        unknown=(ENDED_WELL.but(skipFinalSnapshot=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "shared-database-instance", skipFinalSnapshot=True),
    ),
    Proof(
        rule=RDS_DELETION_PROTECTION,
        passing={"protected": (DATABASE.but(deletionProtection=True),)},
        failing={"open": (DATABASE.but(deletionProtection=False),)},
        absent=(DATABASE,),
        unknown=(DATABASE.but(deletionProtection=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, deletionProtection=False),
    ),
    Proof(
        rule=RDS_STORAGE_AUTOSCALING,
        passing={
            "twice": (GROWING,),
            "just enough": (GROWING.but(maxAllocatedStorage=126),),
            "a copy, whose size is its source's": (GROWING.but(allocatedStorage=None),),
        },
        failing={"too close": (GROWING.but(maxAllocatedStorage=125),), "off": (GROWING.but(maxAllocatedStorage=0),)},
        absent=(DATABASE.but(allocatedStorage=100),),
        unknown=(GROWING.but(allocatedStorage=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "site-database-instance", maxAllocatedStorage=500),
    ),
    Proof(
        rule=RDS_COPY_TAGS,
        passing={"copied": (DATABASE.but(copyTagsToSnapshot=True),)},
        failing={"not copied": (DATABASE.but(copyTagsToSnapshot=False),)},
        absent=(DATABASE,),
        unknown=(DATABASE.but(copyTagsToSnapshot=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, copyTagsToSnapshot=False),
    ),
    Proof(
        rule=RDS_IN_BACKUP_PLAN,
        passing={
            "everything": _held_by(resources=["*"]),
            "databases with its tag": _held_by(
                resources=OF_DATABASES, conditions=[{"stringEquals": [_tagged("client")]}]
            ),
            "its name": (node(aws.backup.Selection, "selection", resources=[DATABASE]), DATABASE),
            "only its tag": _held_by(selectionTags=[{"type": "STRINGEQUALS", "key": "Client", "value": "client"}]),
            "its own address, once that is known": (
                _held_by(resources=["arn:aws:rds:eu-west-3:1:db:shop"])[0],
                _literal("arn:aws:rds:eu-west-3:1:db:shop"),
            ),
            "a tag that is unknown until the update": _held_by(
                resources=OF_DATABASES, conditions=[{"stringEquals": [_tagged(UNKNOWN)]}]
            ),
        },
        failing={
            "only volumes": _held_by(resources=OF_DATABASES[:1]),
            "another client's": _held_by(resources=OF_DATABASES, conditions=[{"stringEquals": [_tagged("other")]}]),
            "all but the client's": _held_by(
                resources=OF_DATABASES, conditions=[{"stringNotLikes": [_tagged("cli*")]}]
            ),
            "another database": (SOURCE, node(aws.backup.Selection, "selection", resources=[SOURCE]), DATABASE),
            "left out by name": _held_by(resources=["*"], notResources=["arn:aws:rds:*"]),
            "a tag that it has not": _held_by(selectionTags=[{"type": "STRINGEQUALS", "key": "Backup", "value": "1"}]),
        },
        absent=(DATABASE,),
        unknown=(DATABASE, node(aws.backup.Selection, "selection").derived(resources=UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(aws.backup.Selection, resources=OF_DATABASES[:1]),
    ),
)
