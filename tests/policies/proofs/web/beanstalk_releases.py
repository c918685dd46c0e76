"""Beanstalk's releases: see ``policies/rules/web/beanstalk_releases.py``."""

from __future__ import annotations

from dataclasses import replace

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.web.beanstalk_releases import (
    EB_ENHANCED_HEALTH,
    EB_LOGS_STREAMED,
    EB_MIN_INSTANCES,
    EB_PLATFORM_CURRENT,
    EB_SAFE_DEPLOY,
)
from tests.policies.analyzer import UNKNOWN, node
from tests.policies.environments import Options, environment, with_settings
from tests.policies.networks import VPC
from tests.policies.proof import Breakage, Nodes, Proof, changed, replaced

COMMAND = "aws:elasticbeanstalk:command"
HEALTH = "aws:elasticbeanstalk:healthreporting:system"
LOGS = "aws:elasticbeanstalk:cloudwatch:logs"
MANAGED = "aws:elasticbeanstalk:managedactions"
SIZES = "aws:autoscaling:asg"
VARIABLES = "aws:elasticbeanstalk:application:environment"

ONE_BY_ONE = {"DeploymentPolicy": "Rolling", "BatchSizeType": "Fixed", "BatchSize": "1", "IgnoreHealthCheck": "false"}
KEPT = {"StreamLogs": "true", "RetentionInDays": "90", "DeleteOnTerminate": "false"}
PINNED = environment(
    "web",
    {MANAGED: {"ManagedActionsEnabled": "false"}},
    solutionStackName="64bit Amazon Linux 2023 v4.13.13 running PHP 8.4",
)
FLOATING = replace(
    with_settings(PINNED, {MANAGED: {"ManagedActionsEnabled": "true"}}), ignore_changes=("solutionStackName",)
)
NOTHING = (environment("web", {}),)
ALL_UNKNOWN = node(aws.elasticbeanstalk.Environment, "web").but(settings=UNKNOWN)


def _deploying(**command: object) -> Nodes:
    return (environment("web", {COMMAND: {**ONE_BY_ONE, **command}}),)


def _with_additional_batch(oldest_of: object) -> Nodes:
    command = {**ONE_BY_ONE, "DeploymentPolicy": "RollingWithAdditionalBatch"}
    return (environment("web", {COMMAND: command, VARIABLES: {"MAGENTO_CRON_ON_OLDEST_OF": oldest_of}}),)


def _logging(**logs: object) -> Nodes:
    return (environment("web", {LOGS: {**KEPT, **logs}}),)


def _sized(tier: object, **sizes: object) -> Nodes:
    return (environment("web", {VARIABLES: {"MAGENTO_TIER": tier}, SIZES: sizes}),)


def _broken(name: str, options: Options) -> Breakage:
    """Production with some options of one environment changed."""
    return replaced(aws.elasticbeanstalk.Environment, name, lambda web: with_settings(web, options))


PROOFS = (
    Proof(
        rule=EB_LOGS_STREAMED,
        passing={"kept": _logging(), "kept by default": _logging(DeleteOnTerminate=None)},
        failing={
            "on the instance": _logging(StreamLogs="false"),
            "a week": _logging(RetentionInDays="7"),
            "gone with the environment": _logging(DeleteOnTerminate="True"),
        },
        absent=NOTHING,
        unknown=_logging(DeleteOnTerminate=UNKNOWN),
        not_applicable=(VPC,),
        breakage=_broken("site-front-environment", {LOGS: {"RetentionInDays": "7"}}),
    ),
    Proof(
        rule=EB_SAFE_DEPLOY,
        passing={
            "one by one": _deploying(),
            "in other spellings": _deploying(DeploymentPolicy="rolling", IgnoreHealthCheck=None),
            "with a second instance without cron": _with_additional_batch("client-prod-back-office"),
        },
        failing={
            "all at once": _deploying(DeploymentPolicy="AllAtOnce"),
            "failed instances deleted": _deploying(DeploymentPolicy="Immutable"),
            "half at a time": _deploying(BatchSizeType="Percentage", BatchSize="50"),
            "two at a time": _deploying(BatchSize="2"),
            "whatever their health": _deploying(IgnoreHealthCheck="true"),
            "with a second instance that runs cron": _deploying(DeploymentPolicy="RollingWithAdditionalBatch"),
            "two at a time, with more instances": (
                environment(
                    "web",
                    {
                        COMMAND: {**ONE_BY_ONE, "DeploymentPolicy": "RollingWithAdditionalBatch", "BatchSize": "2"},
                        VARIABLES: {"MAGENTO_CRON_ON_OLDEST_OF": "client-prod-back-office"},
                    },
                ),
            ),
        },
        absent=NOTHING,
        unknown=_deploying(IgnoreHealthCheck=UNKNOWN),
        not_applicable=(VPC,),
        breakage=_broken("site-front-environment", {COMMAND: {"BatchSize": "2"}}),
    ),
    Proof(
        rule=EB_PLATFORM_CURRENT,
        passing={
            "pinned": (PINNED,),
            "later": (PINNED.but(solutionStackName="64bit Amazon Linux 2023 v4.20.0 running PHP 8.4"),),
            "managed": (FLOATING.but(solutionStackName="64bit Amazon Linux 2023 v4.0.0 running PHP 8.4"),),
            "of a branch with other numbers": (
                PINNED.but(solutionStackName="64bit Amazon Linux 2023 v1.0.0 running Docker"),
            ),
        },
        failing={
            "old": (PINNED.but(solutionStackName="64bit Amazon Linux 2023 v4.9.1 running PHP 8.4"),),
            "with the holes of PHP of October 2026": (
                PINNED.but(solutionStackName="64bit Amazon Linux 2023 v4.13.12 running PHP 8.5"),
            ),
            "old system": (PINNED.but(solutionStackName="64bit Amazon Linux 2 v4.13.13 running PHP 8.1"),),
            "managed, and taken back": (replace(FLOATING, ignore_changes=()),),
        },
        absent=NOTHING,
        unknown=(ALL_UNKNOWN,),
        not_applicable=(VPC,),
        breakage=changed(
            aws.elasticbeanstalk.Environment,
            "pim-environment",
            solutionStackName="64bit Amazon Linux 2023 v4.5.0 running PHP 8.4",
        ),
    ),
    Proof(
        rule=EB_MIN_INSTANCES,
        passing={"two": _sized("front", MinSize="2"), "one back office": _sized("back-office", MinSize="1")},
        failing={"one": _sized("front", MinSize="1"), "unsaid": _sized("front")},
        # A satellite.
        absent=(environment("web", {SIZES: {"MinSize": "1"}}),),
        absent_is=Status.PASSED,
        unknown=_sized(UNKNOWN, MinSize="2"),
        not_applicable=(VPC,),
        breakage=_broken("site-front-environment", {SIZES: {"MinSize": "1"}}),
    ),
    Proof(
        rule=EB_ENHANCED_HEALTH,
        passing={"enhanced": (environment("web", {HEALTH: {"SystemType": "enhanced"}}),)},
        failing={"basic": (environment("web", {HEALTH: {"SystemType": "basic"}}),)},
        absent=NOTHING,
        unknown=(environment("web", {HEALTH: {"SystemType": UNKNOWN}}),),
        not_applicable=(VPC,),
        breakage=_broken("mirakl-cashout-environment", {HEALTH: {"SystemType": "basic"}}),
    ),
)
