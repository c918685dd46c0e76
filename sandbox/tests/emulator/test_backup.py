"""AWS Backup of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

ROLE = "arn:aws:iam::123456789012:role/backup"


@pytest.fixture
def backup(embedded_aws: None) -> Any:
    backup = client("backup", "eu-west-3")
    backup.create_backup_vault(BackupVaultName="vault")
    return backup


def document(days: int = 35) -> dict[str, Any]:
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault", "Lifecycle": {"DeleteAfterDays": days}}
    return {"BackupPlanName": "copies", "Rules": [rule]}


def create_plan(backup: Any, **more: Any) -> str:
    plan_id: str = backup.create_backup_plan(BackupPlan=document(), **more)["BackupPlanId"]
    return plan_id


def select(backup: Any, plan_id: str, name: str = "data", **more: Any) -> str:
    selection = {"SelectionName": name, "IamRoleArn": ROLE, "Resources": ["*"], **more}
    answer = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    selection_id: str = answer["SelectionId"]
    return selection_id


def test_a_changed_plan_is_its_next_version(backup: Any) -> None:
    plan_id = create_plan(backup)
    before = backup.get_backup_plan(BackupPlanId=plan_id)
    backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=document(days=7))
    after = backup.get_backup_plan(BackupPlanId=plan_id)
    assert after["BackupPlan"]["Rules"][0]["Lifecycle"] == {"DeleteAfterDays": 7}
    assert after["VersionId"] != before["VersionId"]
    assert after["BackupPlanArn"] == before["BackupPlanArn"]


def test_the_same_plan_twice_is_refused_until_the_first_is_deleted(backup: Any) -> None:
    plan_id = create_plan(backup)
    with aws_refuses("AlreadyExistsException"):
        create_plan(backup)
    backup.delete_backup_plan(BackupPlanId=plan_id)
    assert create_plan(backup) != plan_id


def test_a_selection_reads_back(backup: Any) -> None:
    """Conditions of all four kinds are answered, whichever were said."""
    plan_id = create_plan(backup)
    condition = {"ConditionKey": "aws:ResourceTag/Client", "ConditionValue": "client"}
    selection_id = select(backup, plan_id, Conditions={"StringEquals": [condition]})
    found = backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)["BackupSelection"]
    assert found["Resources"] == ["*"]
    assert found["Conditions"] == {
        "StringEquals": [condition],
        "StringNotEquals": [],
        "StringLike": [],
        "StringNotLike": [],
    }
    [listed] = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    assert (listed["SelectionId"], listed["SelectionName"], listed["IamRoleArn"]) == (selection_id, "data", ROLE)


def test_a_plan_is_deleted_after_its_selections(backup: Any) -> None:
    plan_id = create_plan(backup)
    selection_id = select(backup, plan_id)
    with aws_refuses("InvalidRequestException"):
        backup.delete_backup_plan(BackupPlanId=plan_id)
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)
    backup.delete_backup_plan(BackupPlanId=plan_id)
    assert backup.list_backup_plans()["BackupPlansList"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [({}, "AlreadyExistsException"), ({"name": "other", "Resources": []}, "InvalidParameterValueException")],
)
def test_a_selection_has_a_name_of_its_own_and_selects_something(backup: Any, more: dict[str, Any], code: str) -> None:
    plan_id = create_plan(backup)
    select(backup, plan_id)
    with aws_refuses(code):
        select(backup, plan_id, **more)


@pytest.mark.parametrize("operation", ["get_backup_selection", "delete_backup_selection"])
def test_a_selection_that_is_not_there_is_not_found(backup: Any, operation: str) -> None:
    plan_id = create_plan(backup)
    with aws_refuses("ResourceNotFoundException"):
        getattr(backup, operation)(BackupPlanId=plan_id, SelectionId="none")


def test_a_vault_of_a_deleted_ones_name_has_none_of_its_tags(backup: Any) -> None:
    arn = backup.create_backup_vault(BackupVaultName="other", BackupVaultTags={"Client": "client"})["BackupVaultArn"]
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"Client": "client"}
    backup.delete_backup_vault(BackupVaultName="other")
    backup.create_backup_vault(BackupVaultName="other")
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {}


@pytest.mark.parametrize("end", ["", "/"])
def test_tags_are_listed_with_and_without_a_slash_at_the_end(backup: Any, end: str) -> None:
    """boto3 sends one, and Go's SDK does not."""
    vault = backup.create_backup_vault(BackupVaultName="tagged", BackupVaultTags={"Client": "client"})

    def end_the_path(request: Any, **_event: Any) -> None:
        request.url = request.url.rstrip("/") + end

    backup.meta.events.register("before-sign.backup.ListTags", end_the_path)
    assert backup.list_tags(ResourceArn=vault["BackupVaultArn"])["Tags"] == {"Client": "client"}


@pytest.fixture
def volume(embedded_aws: None) -> str:
    """The ARN of a volume."""
    made = client("ec2", "eu-west-3").create_volume(AvailabilityZone="eu-west-3a", Size=10)
    return f"arn:aws:ec2:eu-west-3:123456789012:volume/{made['VolumeId']}"


def test_a_copy_of_a_volume_is_listed_and_makes_a_new_volume(backup: Any, volume: str) -> None:
    job = backup.start_backup_job(BackupVaultName="vault", ResourceArn=volume, IamRoleArn=ROLE)
    assert backup.describe_backup_job(BackupJobId=job["BackupJobId"])["State"] == "COMPLETED"
    [point] = backup.list_recovery_points_by_resource(ResourceArn=volume)["RecoveryPoints"]
    assert point["RecoveryPointArn"] == job["RecoveryPointArn"]
    snapshot = point["RecoveryPointArn"].rpartition("/")[2]
    restored = client("ec2", "eu-west-3").create_volume(AvailabilityZone="eu-west-3a", SnapshotId=snapshot)
    assert (restored["SnapshotId"], restored["Size"]) == (snapshot, 10)
    [kept] = backup.list_recovery_points_by_backup_vault(BackupVaultName="vault")["RecoveryPoints"]
    described = backup.describe_recovery_point(BackupVaultName="vault", RecoveryPointArn=kept["RecoveryPointArn"])
    assert (described["ResourceArn"], described["ResourceType"]) == (volume, "EBS")
    other = f"{volume}0"
    assert backup.list_recovery_points_by_resource(ResourceArn=other)["RecoveryPoints"] == []
    assert backup.list_backup_jobs(ByResourceArn=other)["BackupJobs"] == []


def test_a_vault_with_copies_is_not_deleted(backup: Any, volume: str) -> None:
    point = backup.start_backup_job(BackupVaultName="vault", ResourceArn=volume, IamRoleArn=ROLE)["RecoveryPointArn"]
    with aws_refuses("InvalidRequestException", "recovery points"):
        backup.delete_backup_vault(BackupVaultName="vault")
    backup.delete_recovery_point(BackupVaultName="vault", RecoveryPointArn=point)
    of_the_volume = [{"Name": "volume-id", "Values": [volume.rpartition("/")[2]]}]
    assert client("ec2", "eu-west-3").describe_snapshots(Filters=of_the_volume)["Snapshots"] == []
    backup.delete_backup_vault(BackupVaultName="vault")


def test_a_copy_goes_to_a_vault_that_there_is(backup: Any, volume: str) -> None:
    with aws_refuses("ResourceNotFoundException"):
        backup.start_backup_job(BackupVaultName="other", ResourceArn=volume, IamRoleArn=ROLE)


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 5 ? * * *)",
        "cron(15 * ? * * *)",
        "cron(0 12 * * ? *)",
        "cron(0 6 L * ? *)",
        "cron(0 6 15W JAN-MAR,dec ? 2026-2030)",
        "cron(0/30 8-18 ? * MON-FRI *)",
        "cron(*/15 5 ? * TUE#2 *)",
        "cron(0 5 ? * 6L *)",
        "cron(0 5 ? * L *)",
    ],
)
def test_a_rule_has_a_schedule(backup: Any, schedule: str) -> None:
    plan = document()
    plan["Rules"][0]["ScheduleExpression"] = schedule
    made = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    [rule] = backup.get_backup_plan(BackupPlanId=made)["BackupPlan"]["Rules"]
    assert rule["ScheduleExpression"] == schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(a b c d e f)",
        "cron(60 5 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 5 32 * ? *)",
        "cron(0 5 0 * ? *)",
        "cron(0 5 * 13 ? *)",
        "cron(0 5 ? * 8 *)",
        "cron(0 5 ? * MOO *)",
        "cron(0 5 ? * MON#6 *)",
        "cron(0 5 ? * MOOL *)",
        "cron(0 5 * * ? 1969)",
        # Both days, and neither of them.
        "cron(0 5 * * * *)",
        "cron(0 5 ? * ? *)",
        "cron(0/0 5 * * ? *)",
        "cron(9-5 5 * * ? *)",
        "cron(0 5 * * ?)",
        "cron(0  5 * * ? *)",
        "rate(1 day)",
        "0 5 * * ? *",
        "",
    ],
)
def test_a_schedule_that_is_none_is_refused(backup: Any, schedule: str) -> None:
    """In a new plan, and in the change of one that is there."""
    plan = document()
    plan["Rules"][0]["ScheduleExpression"] = schedule
    with aws_refuses("InvalidParameterValueException", "Invalid schedule expression"):
        backup.create_backup_plan(BackupPlan=plan)
    plan_id = create_plan(backup)
    with aws_refuses("InvalidParameterValueException", "Invalid schedule expression"):
        backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=plan)
