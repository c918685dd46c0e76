"""Adapters of databases, against the embedded AWS."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
)
from sandbox.tests.provider.networks import security_groups, subnets

SAMPLES = Samples()
TAGS = {"Name": "main", "Client": "client"}
KEY_ARN = "arn:aws:kms:eu-west-3:123456789012:key/6f3c6a5e-0000-4000-8000-000000000000"
INSTANCE = "aws:rds/instance:Instance"


def database_subnet_group(aws: Aws, name: str, subnet_ids: list[str]) -> str:
    return create(aws, "aws:rds/subnetGroup:SubnetGroup", {"name": name, "subnetIds": subnet_ids})


def database_parameter_group(aws: Aws, name: str) -> str:
    return create(aws, "aws:rds/parameterGroup:ParameterGroup", {"name": name, "family": "mysql8.4"})


@SAMPLES.case("aws:rds/subnetGroup:SubnetGroup")
def database_subnets(aws: Aws) -> Case:
    first, second, third = subnets(aws)
    return Case(
        inputs={"name": "database-subnets", "subnetIds": [first, second], "tags": TAGS},
        updates=[{"subnetIds": [third, second]}, {"description": "private subnets"}],
    )


@SAMPLES.case("aws:rds/parameterGroup:ParameterGroup")
def database_parameters(aws: Aws) -> Case:
    timestamp = {"name": "explicit_defaults_for_timestamp", "value": "1", "applyMethod": "pending-reboot"}
    slow_log = {"name": "slow_query_log", "value": "1"}
    return Case(
        inputs={
            "name": "database-parameters",
            "family": "mysql8.4",
            "description": "Magento",
            "parameters": [timestamp, slow_log],
            "tags": TAGS,
        },
        updates=[
            {"parameters": [{"name": "slow_query_log", "value": "0"}, timestamp]},
            {"parameters": [timestamp, {"name": "long_query_time", "value": "2"}]},
            {"parameters": None},
        ],
    )


@SAMPLES.case(INSTANCE)
def production_database(aws: Aws) -> Case:
    subnet_ids = subnets(aws)
    first, second = security_groups(aws, subnet_ids[0])
    role = "arn:aws:iam::123456789012:role/rds-monitoring"
    return Case(
        inputs={
            "identifier": "production",
            "engine": "mysql",
            "engineVersion": "8.4.5",
            "instanceClass": "db.r6g.4xlarge",
            "allocatedStorage": 400,
            "maxAllocatedStorage": 1000,
            "storageType": "gp3",
            "iops": 12000,
            "storageThroughput": 500,
            "storageEncrypted": True,
            "kmsKeyId": KEY_ARN,
            "dbName": "magento",
            "username": "magento",
            "password": "kept out of AWS's answers",
            "port": 3307,
            "multiAz": True,
            "publiclyAccessible": False,
            "dbSubnetGroupName": database_subnet_group(aws, "production", subnet_ids),
            "vpcSecurityGroupIds": [second, first],
            "parameterGroupName": database_parameter_group(aws, "production"),
            "backupRetentionPeriod": 1,
            "backupWindow": "02:00-03:00",
            "maintenanceWindow": "sun:03:30-sun:04:30",
            "deletionProtection": True,
            "finalSnapshotIdentifier": "production-final",
            "copyTagsToSnapshot": True,
            "autoMinorVersionUpgrade": False,
            "applyImmediately": True,
            "enabledCloudwatchLogsExports": ["slowquery", "error"],
            "performanceInsightsEnabled": True,
            "performanceInsightsKmsKeyId": KEY_ARN,
            "performanceInsightsRetentionPeriod": 7,
            "monitoringInterval": 60,
            "monitoringRoleArn": role,
            "caCertIdentifier": "rds-ca-rsa2048-g1",
            "iamDatabaseAuthenticationEnabled": True,
            "tags": TAGS,
        },
        updates=[
            {"instanceClass": "db.r6g.2xlarge", "multiAz": False},
            {"allocatedStorage": 500, "maxAllocatedStorage": 1200},
            {"maxAllocatedStorage": None},
            {"iops": 13000, "storageThroughput": 600},
            {"backupRetentionPeriod": 7, "backupWindow": "01:00-02:00", "maintenanceWindow": "mon:03:30-mon:04:30"},
            {"enabledCloudwatchLogsExports": ["error", "general"]},
            {"enabledCloudwatchLogsExports": None},
            {"vpcSecurityGroupIds": [first]},
            {"parameterGroupName": database_parameter_group(aws, "production-next")},
            {"password": "rotated"},
            {"engineVersion": "8.4.6", "allowMajorVersionUpgrade": False},
            {"caCertIdentifier": "rds-ca-ecc384-g1", "iamDatabaseAuthenticationEnabled": False},
            {"copyTagsToSnapshot": False, "autoMinorVersionUpgrade": True},
            {
                "performanceInsightsEnabled": False,
                "performanceInsightsKmsKeyId": None,
                "performanceInsightsRetentionPeriod": None,
            },
            {"identifier": "production-renamed", "port": 3306},
            {"publiclyAccessible": True},
            {"storageType": "io2", "storageThroughput": None},
            {"monitoringInterval": 30, "monitoringRoleArn": f"{role}-next"},
            {"dbSubnetGroupName": database_subnet_group(aws, "production-next", subnets(aws))},
            {"password": None, "manageMasterUserPassword": True},
            {"password": "told again", "manageMasterUserPassword": None},
            {"deletionProtection": False, "skipFinalSnapshot": True},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_a_database_is_found_by_its_identifier_and_keeps_its_id_when_renamed(aws: Aws) -> None:
    """``pulumi import`` gives the identifier; the state holds the id that AWS never changes."""
    inputs = {"identifier": "before", "engine": "mysql", "instanceClass": "db.t4g.small", "allocatedStorage": 20}
    id = create(aws, INSTANCE, {**inputs, "username": "root", "password": "not so secret", "skipFinalSnapshot": True})
    imported = read(aws, INSTANCE, "before")
    assert imported is not None
    assert imported["resourceId"] == id
    aws.client("rds").modify_db_instance(
        DBInstanceIdentifier="before", NewDBInstanceIdentifier="after", ApplyImmediately=True
    )
    renamed = read(aws, INSTANCE, id)
    assert renamed is not None
    assert renamed["identifier"] == "after"
    assert renamed["endpoint"] == f"{renamed['address']}:3306"


def test_the_final_snapshot_is_taken_unless_skipped(aws: Aws) -> None:
    """A database deleted by a program that did not say otherwise leaves the snapshot it named."""
    inputs = {"identifier": "snapped", "engine": "mysql", "instanceClass": "db.t4g.small", "allocatedStorage": 20}
    inputs |= {"username": "root", "password": "not so secret"}
    id = create(aws, INSTANCE, inputs)
    find_adapter(INSTANCE).delete(
        aws, id, {**inputs, "skipFinalSnapshot": False, "finalSnapshotIdentifier": "snapped-final"}
    )
    snapshots = aws.client("rds").describe_db_snapshots(DBSnapshotIdentifier="snapped-final")["DBSnapshots"]
    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["snapped"]


@pytest.mark.parametrize(("said", "spelled"), [("8.4", "8.4"), ("8", "8"), (None, "8.4.5"), ("8.0", "8.4.5")])
def test_a_shorter_version_is_the_same_version(aws: Aws, said: str | None, spelled: str) -> None:
    """A program that asks for 8.4 sees 8.4 as long as some 8.4 runs, and the exact one beside it."""
    inputs = {"identifier": f"asked-for-{said}".replace(".", "-"), "engine": "mysql", "engineVersion": "8.4.5"}
    inputs |= {"instanceClass": "db.t4g.small", "username": "root", "password": "not so secret"}
    id = create(aws, INSTANCE, {**inputs, "allocatedStorage": 20})
    state = find_adapter(INSTANCE).read(aws, id, {"engineVersion": said} if said else {})
    assert state is not None
    assert (state["engineVersion"], state["engineVersionActual"]) == (spelled, "8.4.5")


def test_a_password_and_a_managed_one_exclude_each_other() -> None:
    """AWS refuses both; the preview already says which property is at fault."""
    problems = find_adapter(INSTANCE).check({"password": "x", "manageMasterUserPassword": True})
    assert [path for path, _ in problems] == ["password"]


def test_a_database_is_made_from_a_snapshot_with_the_rest_as_the_program_says(aws: Aws) -> None:
    """Its schema, user and key are the snapshot's, which a program that made the snapshot says too."""
    inputs = {"engine": "mysql", "engineVersion": "8.4", "instanceClass": "db.t4g.medium", "allocatedStorage": 20}
    inputs |= {"dbName": "magento", "username": "magento", "password": "not so secret", "storageEncrypted": True}
    inputs |= {"kmsKeyId": KEY_ARN, "identifier": "lost", "backupRetentionPeriod": 1}
    lost = create(aws, INSTANCE, inputs)
    find_adapter(INSTANCE).delete(aws, lost, {**inputs, "finalSnapshotIdentifier": "lost-final"})
    again = {**inputs, "identifier": "again", "allocatedStorage": 30, "backupRetentionPeriod": 7}
    restored = create(aws, INSTANCE, {**again, "snapshotIdentifier": "lost-final"})
    found = read(aws, INSTANCE, restored)
    assert found is not None
    assert restored != lost
    assert {name: found.get(name) for name in again if name not in ("password", "engineVersion")} == {
        name: value for name, value in again.items() if name not in ("password", "engineVersion")
    }
