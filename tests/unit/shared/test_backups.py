"""Copies by AWS Backup: of what, when, for how long, and that they outlive the stack in production."""

from __future__ import annotations

import dataclasses

import pulumi_aws as aws
import pytest

from components.shared.backups import Backups, BackupsArgs
from settings.backups import BackupSettings
from settings.messages import message
from tests.unit.graph import Graph
from tests.unit.program import build, program
from tests.unit.settings.faults import faults_of
from tests.unit.surroundings import CONTEXT

DAILY = BackupSettings(name="daily", schedule="cron(30 5 * * ? *)", keep_days=35)
MONTHLY = BackupSettings(name="monthly", schedule="cron(30 6 1 * ? *)", keep_days=365)
KEY = CONTEXT.key_arn


def backups(*rules: BackupSettings, protect: bool = True) -> Graph:
    return build(
        lambda: Backups(
            "backups",
            BackupsArgs(context=dataclasses.replace(CONTEXT, protect=protect), rules=rules),
        )
    )


@pytest.fixture(scope="module")
def graph() -> Graph:
    return backups(DAILY, MONTHLY)


def test_each_rule_says_when_and_how_long(graph: Graph) -> None:
    rules = graph.one(aws.backup.Plan).inputs["rules"]
    assert [(rule["ruleName"], rule["schedule"], rule["lifecycle"]) for rule in rules] == [
        ("daily", "cron(30 5 * * ? *)", {"deleteAfter": 35}),
        ("monthly", "cron(30 6 1 * ? *)", {"deleteAfter": 365}),
    ]
    assert {rule["targetVaultName"] for rule in rules} == {"client-prod"}


def test_volumes_and_databases_of_this_stack_are_backed_up(graph: Graph) -> None:
    """By kind and by tag together: neither another environment's, nor a bucket."""
    selection = graph.one(aws.backup.Selection).inputs
    assert selection["resources"] == ["arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:db:*"]
    assert selection["conditions"] == [
        {
            "stringEquals": [
                {"key": "aws:ResourceTag/Client", "value": "client"},
                {"key": "aws:ResourceTag/Environment", "value": "prod"},
                {"key": "aws:ResourceTag/Backup", "value": "yes"},
            ]
        }
    ]
    assert "selectionTags" not in selection


def test_root_disks_are_not_backed_up() -> None:
    """A server and a Beanstalk instance are rebuilt, and a copy of each of their root disks a day would be paid for."""
    graph = program("prod")
    copied = {
        each.name
        for kind in (aws.ebs.Volume, aws.rds.Instance)
        for each in graph.of_type(kind)
        if each.inputs["tags"].get("Backup") == "yes"
    }
    assert copied == {each.name for kind in (aws.ebs.Volume, aws.rds.Instance) for each in graph.of_type(kind)}
    disks = [each.inputs["rootBlockDevice"]["tags"] for each in graph.of_type(aws.ec2.Instance)]
    environments = [each.inputs["tags"] for each in graph.of_type(aws.elasticbeanstalk.Environment)]
    assert not any("Backup" in tags for tags in [*disks, *environments])


def test_the_role_has_what_it_needs_before_the_first_copy(graph: Graph) -> None:
    attached = graph.of_type(aws.iam.RolePolicyAttachment)
    assert {each.inputs["policyArn"].rpartition("/")[2] for each in attached} == {
        "AWSBackupServiceRolePolicyForBackup",
        "AWSBackupServiceRolePolicyForRestores",
    }
    assert {each.urn for each in attached} <= graph.one(aws.backup.Selection).dependencies


@pytest.mark.parametrize("protect", [True, False])
def test_copies_outlive_a_protected_stack(protect: bool) -> None:
    vault = backups(DAILY, protect=protect).one(aws.backup.Vault)
    assert vault.protect is protect
    assert vault.inputs["forceDestroy"] is not protect
    assert vault.inputs["kmsKeyArn"] == KEY


_CRON = "cron(…) with the six fields of AWS, such as cron(30 5 * * ? *), and a day that exists"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("schedule", "daily", _CRON),
        ("schedule", "cron(30 5 * * *)", _CRON),
        ("keep_days", 0, "1 to 36500"),
        ("name", "every day", "1 to 50 letters, digits, hyphens, dots and underscores"),
    ],
)
def test_a_rule_that_aws_would_refuse_is_refused_offline(field: str, value: object, expected: str) -> None:
    assert faults_of(lambda: DAILY.changed(**{field: value})) == [message(field, got=value, expected=expected)]
