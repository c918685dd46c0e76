"""RDS of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.emulator import maintenance_window
from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"


@pytest.fixture
def rds(embedded_aws: None) -> Any:
    """A client of an empty region with the subnet group ``private`` (two zones) and the parameter group ``magento``."""
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("bc")
    ]
    rds = client("rds", REGION)
    rds.create_db_subnet_group(
        DBSubnetGroupName="private",
        DBSubnetGroupDescription="Databases",
        SubnetIds=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="magento", DBParameterGroupFamily="mysql8.4", Description="Magento"
    )
    return rds


def create_instance(rds: Any, name: str = "prod", **changes: Any) -> dict[str, Any]:
    settings = {
        "DBInstanceIdentifier": name,
        "Engine": "mysql",
        "EngineVersion": "8.4",
        "DBInstanceClass": "db.r6g.4xlarge",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "MasterUsername": "magento",
        "MasterUserPassword": "only-for-the-test",
        "MultiAZ": True,
        "DBSubnetGroupName": "private",
        "DBParameterGroupName": "magento",
    }
    instance: dict[str, Any] = rds.create_db_instance(**settings | changes)["DBInstance"]
    return instance


def describe(rds: Any, name: str = "prod") -> dict[str, Any]:
    [instance] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    found: dict[str, Any] = instance
    return found


def test_every_instance_has_an_id_of_its_own(rds: Any) -> None:
    assert create_instance(rds, "prod")["DbiResourceId"] != create_instance(rds, "preprod")["DbiResourceId"]


def test_a_read_replica_is_found_by_an_id_of_its_own(rds: Any) -> None:
    source = create_instance(rds)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="prod")
    replica = describe(rds, "copy")
    assert replica["DbiResourceId"] != source["DbiResourceId"]
    found = rds.describe_db_instances(Filters=[{"Name": "dbi-resource-id", "Values": [source["DbiResourceId"]]}])
    assert [each["DBInstanceIdentifier"] for each in found["DBInstances"]] == ["prod"]


def test_an_instances_certificate_and_its_authority_are_valid(rds: Any) -> None:
    details = create_instance(rds)["CertificateDetails"]
    [authority] = rds.describe_certificates(CertificateIdentifier=details["CAIdentifier"])["Certificates"]
    now = datetime.now(UTC)
    assert now < details["ValidTill"] < authority["ValidTill"]
    assert authority["ValidFrom"] < now
    with aws_refuses("CertificateNotFound"):
        rds.describe_certificates(CertificateIdentifier="rds-ca-2015")


def test_the_version_of_a_new_instance_is_one_that_rds_offers(rds: Any) -> None:
    version = create_instance(rds)["EngineVersion"]
    [offered] = rds.describe_db_engine_versions(Engine="mysql", EngineVersion=version)["DBEngineVersions"]
    assert (offered["MajorEngineVersion"], offered["DBParameterGroupFamily"]) == ("8.4", "mysql8.4")
    assert rds.describe_db_engine_versions(Engine="mysql", EngineVersion="5.7.44")["DBEngineVersions"] == []


def test_defaults_read_back_as_aws_fills_them_in(rds: Any) -> None:
    instance = create_instance(rds)
    assert instance["EngineVersion"] == "8.4.7"
    assert instance["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert instance["PubliclyAccessible"] is False
    assert (instance["Iops"], instance["StorageThroughput"]) == (3000, 125)
    assert instance["Endpoint"]["HostedZoneId"] == "ZMESEXB7ZGGQ3"
    assert instance["PerformanceInsightsEnabled"] is False
    assert instance["NetworkType"] == "IPV4"
    assert instance["DedicatedLogVolume"] is False
    assert instance["KmsKeyId"].startswith("arn:aws:kms:eu-west-3:")


def test_a_multi_az_instance_is_in_two_zones_of_its_subnet_group(rds: Any) -> None:
    instance = create_instance(rds)
    assert {instance["AvailabilityZone"], instance["SecondaryAvailabilityZone"]} == {"eu-west-3b", "eu-west-3c"}
    assert "SecondaryAvailabilityZone" not in create_instance(rds, "preprod", MultiAZ=False)


def test_reboot_with_failover_swaps_the_zones(rds: Any) -> None:
    before = create_instance(rds)
    rds.reboot_db_instance(DBInstanceIdentifier="prod", ForceFailover=True)
    after = describe(rds)
    assert after["AvailabilityZone"] == before["SecondaryAvailabilityZone"]
    assert after["SecondaryAvailabilityZone"] == before["AvailabilityZone"]
    events = rds.describe_events(SourceIdentifier="prod", SourceType="db-instance")["Events"]
    assert "Multi-AZ instance failover completed" in [event["Message"] for event in events]


def test_failover_of_a_single_instance_is_refused(rds: Any) -> None:
    create_instance(rds, MultiAZ=False)
    with aws_refuses("InvalidParameterCombination"):
        rds.reboot_db_instance(DBInstanceIdentifier="prod", ForceFailover=True)


def test_monitoring_and_logs_read_back(rds: Any) -> None:
    create_instance(
        rds,
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=31,
        MonitoringInterval=60,
        MonitoringRoleArn="arn:aws:iam::123456789012:role/monitoring",
        EnableCloudwatchLogsExports=["error", "slowquery"],
    )
    instance = describe(rds)
    assert instance["PerformanceInsightsEnabled"] is True
    assert instance["PerformanceInsightsRetentionPeriod"] == 31
    assert instance["PerformanceInsightsKMSKeyId"].startswith("arn:aws:kms:eu-west-3:")
    assert instance["EnhancedMonitoringResourceArn"].endswith(instance["DbiResourceId"])
    assert instance["EnabledCloudwatchLogsExports"] == ["error", "slowquery"]


def test_modification_reaches_every_field(rds: Any) -> None:
    """An export that is already on, or already off, changes nothing, as on AWS."""
    create_instance(
        rds,
        EnableCloudwatchLogsExports=["error", "slowquery"],
        MonitoringInterval=60,
        MonitoringRoleArn="arn:aws:iam::123456789012:role/monitoring",
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="prod",
        AllocatedStorage=500,
        StorageThroughput=600,
        MaxAllocatedStorage=1000,
        CACertificateIdentifier="rds-ca-ecc384-g1",
        CloudwatchLogsExportConfiguration={
            "EnableLogTypes": ["slowquery", "audit"],
            "DisableLogTypes": ["error", "general"],
        },
        EnablePerformanceInsights=True,
        MonitoringInterval=0,
        MultiAZ=False,
        EnableIAMDatabaseAuthentication=True,
        ApplyImmediately=True,
    )
    instance = describe(rds)
    assert (instance["AllocatedStorage"], instance["MaxAllocatedStorage"]) == (500, 1000)
    assert (instance["Iops"], instance["StorageThroughput"]) == (12000, 600)
    assert instance["CACertificateIdentifier"] == "rds-ca-ecc384-g1"
    assert instance["EnabledCloudwatchLogsExports"] == ["slowquery", "audit"]
    assert instance["PerformanceInsightsEnabled"] is True
    assert instance["PerformanceInsightsRetentionPeriod"] == 7
    assert "MonitoringRoleArn" not in instance
    assert "SecondaryAvailabilityZone" not in instance
    assert instance["IAMDatabaseAuthenticationEnabled"] is True


def test_storage_autoscaling_is_off_when_its_limit_is_the_size(rds: Any) -> None:
    create_instance(rds, MaxAllocatedStorage=500)
    assert describe(rds)["MaxAllocatedStorage"] == 500
    rds.modify_db_instance(DBInstanceIdentifier="prod", MaxAllocatedStorage=100, ApplyImmediately=True)
    assert "MaxAllocatedStorage" not in describe(rds)


def test_performance_of_a_small_gp3_volume_cannot_be_chosen(rds: Any) -> None:
    """A refused modification changes nothing."""
    with aws_refuses("InvalidParameterCombination"):
        create_instance(rds, "small", Iops=4000)
    create_instance(rds)
    with aws_refuses("InvalidParameterCombination"):
        rds.modify_db_instance(DBInstanceIdentifier="prod", StorageThroughput=300, CopyTagsToSnapshot=True)
    assert describe(rds)["CopyTagsToSnapshot"] is False


def test_a_mysql_version_that_does_not_exist_is_refused(rds: Any) -> None:
    with aws_refuses("InvalidParameterCombination"):
        create_instance(rds, EngineVersion="9.9")


def test_protected_instance_is_not_deleted(rds: Any) -> None:
    create_instance(rds, DeletionProtection=True)
    with aws_refuses("InvalidParameterCombination"):
        rds.delete_db_instance(DBInstanceIdentifier="prod", SkipFinalSnapshot=True)
    assert describe(rds)["DBInstanceStatus"] == "available"


def test_deletion_asks_for_the_final_snapshot_and_takes_it(rds: Any) -> None:
    create_instance(rds)
    with aws_refuses("InvalidParameterCombination"):
        rds.delete_db_instance(DBInstanceIdentifier="prod")
    rds.delete_db_instance(DBInstanceIdentifier="prod", FinalDBSnapshotIdentifier="last")
    with aws_refuses("DBInstanceNotFound"):
        describe(rds)
    [snapshot] = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"]
    assert (snapshot["SnapshotType"], snapshot["Status"]) == ("manual", "available")


def test_groups_in_use_are_not_deleted(rds: Any) -> None:
    """Subnet and parameter group outlive their instance, and can go after it."""
    create_instance(rds)
    with aws_refuses("InvalidDBParameterGroupState"):
        rds.delete_db_parameter_group(DBParameterGroupName="magento")
    with aws_refuses("InvalidDBSubnetGroupStateFault"):
        rds.delete_db_subnet_group(DBSubnetGroupName="private")
    rds.delete_db_instance(DBInstanceIdentifier="prod", SkipFinalSnapshot=True)
    rds.delete_db_parameter_group(DBParameterGroupName="magento")
    rds.delete_db_subnet_group(DBSubnetGroupName="private")


def test_parameter_group_lists_the_users_values_with_how_they_apply(rds: Any) -> None:
    rds.modify_db_parameter_group(
        DBParameterGroupName="magento",
        Parameters=[
            {
                "ParameterName": "explicit_defaults_for_timestamp",
                "ParameterValue": "1",
                "ApplyMethod": "pending-reboot",
            },
            {"ParameterName": "long_query_time", "ParameterValue": "2", "ApplyMethod": "immediate"},
        ],
    )
    [first, second] = rds.describe_db_parameters(DBParameterGroupName="magento", Source="user")["Parameters"]
    assert (first["ParameterName"], first["ParameterValue"]) == ("explicit_defaults_for_timestamp", "1")
    assert (first["ApplyMethod"], second["ApplyMethod"]) == ("pending-reboot", "immediate")
    assert first["Source"] == "user"
    rds.reset_db_parameter_group(
        DBParameterGroupName="magento",
        Parameters=[{"ParameterName": "long_query_time", "ApplyMethod": "immediate"}],
    )
    [left] = rds.describe_db_parameters(DBParameterGroupName="magento", Source="user")["Parameters"]
    assert left["ParameterName"] == "explicit_defaults_for_timestamp"


@pytest.mark.parametrize(
    ("wrong", "code", "why"),
    [
        ({"AllocatedStorage": 5}, "InvalidParameterValue", "Invalid storage size for engine name mysql"),
        ({"AllocatedStorage": 65_537}, "InvalidParameterValue", "Invalid storage size"),
        ({"MaxAllocatedStorage": 109}, "InvalidParameterCombination", "Invalid max storage size"),
        ({"DBInstanceClass": "r7g.4xlarge"}, "InvalidParameterValue", "Invalid DB Instance class: r7g.4xlarge"),
        ({"DBInstanceClass": "db.x9z.large"}, "InvalidParameterValue", "Invalid DB Instance class: db.x9z.large"),
        # In other regions, but not in Paris.
        ({"DBInstanceClass": "db.r7g.large"}, "InvalidParameterCombination", "DBInstanceClass=db.r7g.large, Engine=my"),
        (
            {"DBInstanceClass": "db.t4g.small", "EnablePerformanceInsights": True},
            "InvalidParameterCombination",
            "Performance Insights not supported for this configuration",
        ),
        ({"AllocatedStorage": 399, "Iops": 12_000}, "InvalidParameterCombination", "less than 400"),
        ({"AllocatedStorage": 400, "Iops": 3_000}, "InvalidParameterCombination", "IOPS of less than 12000"),
        ({"AllocatedStorage": 400, "StorageThroughput": 125}, "InvalidParameterCombination", "less than 500"),
    ],
)
def test_a_size_that_rds_does_not_offer_is_refused(rds: Any, wrong: dict[str, Any], code: str, why: str) -> None:
    with aws_refuses(code, why):
        create_instance(rds, **wrong)
    assert rds.describe_db_instances()["DBInstances"] == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"AllocatedStorage": 99}, "cannot be less than the current storage size"),
        ({"AllocatedStorage": 190}, "Invalid max storage size"),
        ({"AllocatedStorage": 400, "MaxAllocatedStorage": 1000, "Iops": 3_000}, "IOPS of less than 12000"),
        ({"DBInstanceClass": "db.t3.micro"}, "Performance Insights not supported"),
        ({"DBInstanceClass": "db.r7g.large"}, "DBInstanceClass=db.r7g.large, Engine=mysql, EngineVersion=8.4"),
    ],
)
def test_a_change_to_such_a_size_is_refused(rds: Any, wrong: dict[str, Any], why: str) -> None:
    create_instance(rds, MaxAllocatedStorage=200, EnablePerformanceInsights=True)
    with aws_refuses("InvalidParameterCombination", why):
        rds.modify_db_instance(DBInstanceIdentifier="prod", ApplyImmediately=True, **wrong)
    assert describe(rds)["AllocatedStorage"] == 100


def change(rds: Any, name: str, method: str) -> None:
    rds.modify_db_parameter_group(
        DBParameterGroupName="magento",
        Parameters=[
            {"ParameterName": "slow_query_log", "ParameterValue": "1", "ApplyMethod": "immediate"},
            {"ParameterName": name, "ParameterValue": "1", "ApplyMethod": method},
        ],
    )


def test_a_static_parameter_is_not_applied_at_once(rds: Any) -> None:
    """The refused change leaves nothing behind, and neither can the parameter be reset at once."""
    with aws_refuses("InvalidParameterCombination", "cannot use immediate apply method for static parameter"):
        change(rds, "explicit_defaults_for_timestamp", "immediate")
    assert rds.describe_db_parameters(DBParameterGroupName="magento", Source="user")["Parameters"] == []
    change(rds, "explicit_defaults_for_timestamp", "pending-reboot")
    listed = rds.describe_db_parameters(DBParameterGroupName="magento", Source="user")["Parameters"]
    assert {each["ParameterName"]: each["ApplyType"] for each in listed} == {
        "slow_query_log": "dynamic",
        "explicit_defaults_for_timestamp": "static",
    }
    with aws_refuses("InvalidParameterCombination"):
        rds.reset_db_parameter_group(
            DBParameterGroupName="magento",
            Parameters=[{"ParameterName": "explicit_defaults_for_timestamp", "ApplyMethod": "immediate"}],
        )


def test_an_unknown_parameter_is_applied_by_a_reboot_only(rds: Any) -> None:
    with aws_refuses("InvalidParameterCombination", "does not know rpl_stop_slave_timeout"):
        change(rds, "rpl_stop_slave_timeout", "immediate")
    change(rds, "rpl_stop_slave_timeout", "pending-reboot")


def test_a_fixed_parameter_is_not_changed(rds: Any) -> None:
    with aws_refuses("InvalidParameterValue", "log_bin"):
        change(rds, "log_bin", "pending-reboot")


def test_parameter_group_family_must_exist(rds: Any) -> None:
    with aws_refuses("InvalidParameterValue"):
        rds.create_db_parameter_group(
            DBParameterGroupName="other", DBParameterGroupFamily="mysql99", Description="Other"
        )


def test_a_daily_backup_is_there_from_the_start(rds: Any) -> None:
    create_instance(rds, BackupRetentionPeriod=1)
    [snapshot] = rds.describe_db_snapshots(DBInstanceIdentifier="prod")["DBSnapshots"]
    assert snapshot["SnapshotType"] == "automated"


def test_a_database_is_made_again_at_once_while_its_backups_are_kept(rds: Any) -> None:
    for _ in range(2):
        create_instance(rds)
        rds.delete_db_instance(DBInstanceIdentifier="prod", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    kept = rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]
    assert len({each["DBSnapshotIdentifier"] for each in kept}) == 2


def test_a_changed_subnet_group_is_still_there(rds: Any) -> None:
    [group] = rds.describe_db_subnet_groups(DBSubnetGroupName="private")["DBSubnetGroups"]
    one = [group["Subnets"][0]["SubnetIdentifier"]]
    rds.modify_db_subnet_group(DBSubnetGroupName="private", SubnetIds=one)
    [group] = rds.describe_db_subnet_groups(DBSubnetGroupName="private")["DBSubnetGroups"]
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == one


def test_a_parameter_group_that_is_not_there_is_an_error(rds: Any) -> None:
    with aws_refuses("DBParameterGroupNotFound"):
        rds.describe_db_parameter_groups(DBParameterGroupName="other")


def test_a_changed_port_is_the_endpoints(rds: Any) -> None:
    create_instance(rds)
    rds.modify_db_instance(DBInstanceIdentifier="prod", DBPortNumber=3307, ApplyImmediately=True)
    assert describe(rds)["Endpoint"]["Port"] == 3307


def other_subnet(zone: str, vpc: str | None = None) -> str:
    """A subnet of another VPC, or of a given one."""
    ec2 = client("ec2", REGION)
    vpc = vpc or ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
    return str(subnet["SubnetId"])


def test_a_subnet_group_stays_in_its_vpc_and_keeps_the_zones_in_use(rds: Any) -> None:
    create_instance(rds, MultiAZ=False, AvailabilityZone=f"{REGION}b")
    [group] = rds.describe_db_subnet_groups(DBSubnetGroupName="private")["DBSubnetGroups"]
    of_b, of_c = (each["SubnetIdentifier"] for each in group["Subnets"])
    with aws_refuses("InvalidParameterValue", "not in the same Vpc as the existing subnet group"):
        rds.modify_db_subnet_group(DBSubnetGroupName="private", SubnetIds=[other_subnet("b"), other_subnet("c")])
    of_a = other_subnet("a", group["VpcId"])
    with aws_refuses("InvalidParameterValue", f"currently in use: {of_b}"):
        rds.modify_db_subnet_group(DBSubnetGroupName="private", SubnetIds=[of_a, of_c])
    rds.modify_db_subnet_group(DBSubnetGroupName="private", SubnetIds=[of_a, of_b])


@pytest.mark.parametrize(("gib", "iops"), [(100, 3000), (500, 12_000)])
def test_a_database_comes_back_from_its_snapshot(rds: Any, gib: int, iops: int) -> None:
    """RDS refuses to be asked for the IOPS of a volume below 400 GiB, and a restored one has them all the same."""
    create_instance(rds, AllocatedStorage=gib, DBName="magento")
    rds.delete_db_instance(DBInstanceIdentifier="prod", FinalDBSnapshotIdentifier="last")
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="prod", DBSnapshotIdentifier="last")
    restored = describe(rds)
    assert (restored["AllocatedStorage"], restored["Iops"], restored["DBName"]) == (gib, iops, "magento")


def test_a_restored_database_is_in_one_zone_and_unprotected_unless_asked_for(rds: Any) -> None:
    create_instance(rds, MultiAZ=True, DeletionProtection=True)
    rds.create_db_snapshot(DBInstanceIdentifier="prod", DBSnapshotIdentifier="last")
    for name, asked in (("copy", {}), ("same", {"MultiAZ": True, "DeletionProtection": True})):
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier="last", **asked)
        [restored] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        assert (restored["MultiAZ"], restored["DeletionProtection"]) == (bool(asked), bool(asked))


def test_a_database_at_a_point_in_time_is_one_for_itself(rds: Any) -> None:
    """In one zone, unprotected unless asked for, and no replica of its source."""
    create_instance(rds, MultiAZ=True, DeletionProtection=True, BackupRetentionPeriod=7)
    for name, asked in (("copy", {}), ("same", {"MultiAZ": True, "DeletionProtection": True})):
        rds.restore_db_instance_to_point_in_time(
            SourceDBInstanceIdentifier="prod", TargetDBInstanceIdentifier=name, UseLatestRestorableTime=True, **asked
        )
        [restored] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        assert (restored["MultiAZ"], restored["DeletionProtection"]) == (bool(asked), bool(asked))
        assert "ReadReplicaSourceDBInstanceIdentifier" not in restored


def test_an_account_has_at_most_100_manual_snapshots(rds: Any) -> None:
    """Automated ones do not count ("Quotas and constraints for Amazon RDS")."""
    create_instance(rds, BackupRetentionPeriod=7)
    for number in range(100):
        rds.create_db_snapshot(DBInstanceIdentifier="prod", DBSnapshotIdentifier=f"manual-{number}")
    with aws_refuses("SnapshotQuotaExceeded"):
        rds.create_db_snapshot(DBInstanceIdentifier="prod", DBSnapshotIdentifier="one-more")
    rds.delete_db_snapshot(DBSnapshotIdentifier="manual-0")
    rds.create_db_snapshot(DBInstanceIdentifier="prod", DBSnapshotIdentifier="one-more")


def test_another_final_snapshot_of_the_same_name_is_refused(rds: Any) -> None:
    """And the database stays."""
    create_instance(rds)
    rds.delete_db_instance(DBInstanceIdentifier="prod", FinalDBSnapshotIdentifier="last")
    create_instance(rds)
    with aws_refuses("DBSnapshotAlreadyExists"):
        rds.delete_db_instance(DBInstanceIdentifier="prod", FinalDBSnapshotIdentifier="last")
    assert describe(rds)["DBInstanceStatus"] == "available"


def test_a_change_waits_for_the_window_unless_it_is_to_be_made_now(rds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create_instance(rds, PreferredMaintenanceWindow="tue:03:00-tue:04:00")
    rds.modify_db_instance(DBInstanceIdentifier="prod", DBInstanceClass="db.r6g.xlarge", BackupRetentionPeriod=3)
    waiting = describe(rds)
    assert (waiting["DBInstanceClass"], waiting["BackupRetentionPeriod"]) == ("db.r6g.4xlarge", 3)
    assert waiting["PendingModifiedValues"] == {"DBInstanceClass": "db.r6g.xlarge"}
    monkeypatch.setattr(maintenance_window, "now", lambda: datetime.now(UTC) + timedelta(days=7))
    assert describe(rds)["DBInstanceClass"] == "db.r6g.xlarge"
    monkeypatch.undo()
    rds.modify_db_instance(DBInstanceIdentifier="prod", DBInstanceClass="db.r6g.2xlarge")
    rds.modify_db_instance(DBInstanceIdentifier="prod", ApplyImmediately=True)
    made = describe(rds)
    assert (made["DBInstanceClass"], made["PendingModifiedValues"]) == ("db.r6g.2xlarge", {})


def test_a_major_upgrade_needs_its_flag_and_a_parameter_group_of_the_new_family(rds: Any) -> None:
    """And there is no way back."""
    rds.create_db_parameter_group(DBParameterGroupName="old", DBParameterGroupFamily="mysql8.0", Description="Old")
    create_instance(rds, EngineVersion="8.0", DBParameterGroupName="old")

    def upgrade(**settings: Any) -> None:
        version = {"EngineVersion": "8.4", "ApplyImmediately": True}
        rds.modify_db_instance(DBInstanceIdentifier="prod", **version | settings)

    with aws_refuses("InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present"):
        upgrade()
    with aws_refuses("InvalidParameterCombination", "use a Parameter Group with DBParameterGroupFamily mysql8.4"):
        upgrade(AllowMajorVersionUpgrade=True)
    upgrade(AllowMajorVersionUpgrade=True, DBParameterGroupName="magento")
    assert describe(rds)["EngineVersion"].startswith("8.4.")
    with aws_refuses("InvalidParameterCombination", "Cannot upgrade mysql from 8.4"):
        upgrade(EngineVersion="8.0", AllowMajorVersionUpgrade=True, DBParameterGroupName="old")


def test_the_log_groups_that_an_instance_lacks_are_made_without_an_expiry(rds: Any) -> None:
    """Also when an export is turned on later. What exists is used as it is, and all of them outlive the instance."""
    logs = client("logs", REGION)
    logs.create_log_group(logGroupName="/aws/rds/instance/prod/error")
    logs.put_retention_policy(logGroupName="/aws/rds/instance/prod/error", retentionInDays=90)
    create_instance(rds, EnableCloudwatchLogsExports=["error"])
    rds.modify_db_instance(
        DBInstanceIdentifier="prod", CloudwatchLogsExportConfiguration={"EnableLogTypes": ["slowquery"]}
    )
    rds.delete_db_instance(DBInstanceIdentifier="prod", SkipFinalSnapshot=True)
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/rds/instance/prod/")["logGroups"]
    assert {each["logGroupName"].rpartition("/")[2]: each.get("retentionInDays") for each in groups} == {
        "error": 90,
        "slowquery": None,
    }


def test_enhanced_monitoring_writes_to_the_accounts_group_which_expires(rds: Any) -> None:
    role = "arn:aws:iam::123456789012:role/monitoring"
    create_instance(rds, MonitoringInterval=60, MonitoringRoleArn=role)
    [group] = client("logs", REGION).describe_log_groups(logGroupNamePrefix="RDSOSMetrics")["logGroups"]
    assert group["retentionInDays"] == 30


def test_no_maintenance_is_pending(rds: Any) -> None:
    arn = create_instance(rds)["DBInstanceArn"]
    assert rds.describe_pending_maintenance_actions(ResourceIdentifier=arn)["PendingMaintenanceActions"] == []
    assert rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []
    with aws_refuses("ResourceNotFoundFault"):
        rds.describe_pending_maintenance_actions(ResourceIdentifier=f"{arn}-other")
