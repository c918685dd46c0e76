"""Databases that are looked after: see ``policies/rules/data/database_upkeep.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.database_upkeep import (
    RDS_ENGINE_SUPPORTED,
    RDS_ENHANCED_MONITORING,
    RDS_EVENT_SUBSCRIPTION,
    RDS_LOGS_EXPORTED,
    RDS_MINOR_UPGRADE,
    RDS_NO_APPLY_IMMEDIATELY,
)
from tests.policies.analyzer import UNKNOWN, node
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed

DATABASE = node(aws.rds.Instance, "db", engine="mysql", engineVersion="8.4")
OTHER = node(aws.rds.Instance, "other")
LOGS = "enabledCloudwatchLogsExports"


def _subscribed(**subscription: object) -> Nodes:
    settings = {"sourceType": "db-instance", "sourceIds": [DATABASE], "eventCategories": ["failover", "failure"]}
    return (node(aws.rds.EventSubscription, "events", **{**settings, **subscription}), DATABASE)


PROOFS = (
    Proof(
        rule=RDS_MINOR_UPGRADE,
        passing={"by itself": (DATABASE.but(autoMinorVersionUpgrade=True),)},
        failing={
            "by hand": (DATABASE.but(autoMinorVersionUpgrade=False),),
            "member of a cluster": (node(aws.rds.ClusterInstance, "member", autoMinorVersionUpgrade=False),),
        },
        absent=(DATABASE,),
        absent_is=Status.PASSED,
        unknown=(DATABASE.but(autoMinorVersionUpgrade=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, autoMinorVersionUpgrade=False),
    ),
    Proof(
        rule=RDS_ENGINE_SUPPORTED,
        passing={
            "long-term": (DATABASE,),
            "exact": (DATABASE.but(engineVersion="8.4.7"),),
            "later": (DATABASE.but(engineVersion="10.0"),),
            "another engine": (DATABASE.but(engine="postgres", engineVersion="12"),),
        },
        failing={
            "out of support": (DATABASE.but(engineVersion="8.0.39"),),
            "no version": (DATABASE.but(engineVersion="latest"),),
        },
        absent=(DATABASE.but(engineVersion=None),),
        unknown=(DATABASE.but(engineVersion=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "shared-database-instance", engineVersion="8.0"),
    ),
    Proof(
        rule=RDS_LOGS_EXPORTED,
        passing={
            "both": (DATABASE.but(**{LOGS: ["slowquery", "error"]}),),
            "any of another engine": (DATABASE.but(engine="postgres", **{LOGS: ["postgresql"]}),),
        },
        failing={
            "no slow queries": (DATABASE.but(**{LOGS: ["error", "general"]}),),
            "none": (DATABASE.but(**{LOGS: []}),),
            "none of another engine": (DATABASE.but(engine="postgres"),),
        },
        absent=(DATABASE,),
        unknown=(DATABASE.but(**{LOGS: UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "site-database-instance", **{LOGS: ["error"]}),
    ),
    Proof(
        rule=RDS_NO_APPLY_IMMEDIATELY,
        passing={"planned": (DATABASE.but(applyImmediately=False, allowMajorVersionUpgrade=False),)},
        failing={
            "at once": (DATABASE.but(applyImmediately=True),),
            "a major version": (DATABASE.but(allowMajorVersionUpgrade=True),),
        },
        absent=(DATABASE,),
        absent_is=Status.PASSED,
        unknown=(DATABASE.but(applyImmediately=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, applyImmediately=True),
    ),
    Proof(
        rule=RDS_ENHANCED_MONITORING,
        passing={"each minute": (DATABASE.but(monitoringInterval=60),)},
        failing={"never": (DATABASE.but(monitoringInterval=0),)},
        absent=(DATABASE,),
        unknown=(DATABASE.but(monitoringInterval=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.rds.Instance, "shared-database-instance", monitoringInterval=0),
    ),
    Proof(
        rule=RDS_EVENT_SUBSCRIPTION,
        passing={
            "both": _subscribed(),
            "everything of every database": (node(aws.rds.EventSubscription, "events"), DATABASE),
            "one each": (
                _subscribed(eventCategories=["failover"])[0],
                node(aws.rds.EventSubscription, "failures", eventCategories=["failure"]),
                DATABASE,
            ),
            "unknown categories": _subscribed(eventCategories=UNKNOWN),
        },
        failing={
            "another database": (OTHER, *_subscribed(sourceIds=[OTHER])),
            "another stack's database": _subscribed(sourceIds=["other"]),
            "only failovers": _subscribed(eventCategories=["failover"]),
            "of snapshots": _subscribed(sourceType="db-snapshot"),
            "off": _subscribed(enabled=False),
        },
        absent=(DATABASE,),
        unknown=(DATABASE, node(aws.rds.EventSubscription, "events").derived(sourceIds=UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(aws.rds.EventSubscription, eventCategories=["failover"]),
    ),
)
