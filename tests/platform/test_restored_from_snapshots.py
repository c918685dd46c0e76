"""A database or a volume that is lost comes back from a snapshot by a refresh and an up, as docs/operations.md says."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_server_rows import instance, volumes

pytestmark = pytest.mark.long

_CLASS = "      instance_class: db.r8g.large\n"
_FILE_SERVER = "client-preprod-site-files"
_SHARE = "path: client, size_gib: 5}"


def database(platform: Platform) -> dict[str, Any]:
    name = {"Key": "Name", "Value": "client-preprod-site-database"}
    instances = platform.client("rds").describe_db_instances()["DBInstances"]
    [found] = [each for each in instances if name in each["TagList"]]
    return dict(found)


def test_a_lost_database_comes_back_from_its_snapshot(edited_preprod: Platform) -> None:
    """Under the same address, and only from the snapshot that the stack file names. Then the id may go again."""
    rds, before = edited_preprod.client("rds"), database(edited_preprod)
    identifier = before["DBInstanceIdentifier"]
    rds.create_db_snapshot(DBInstanceIdentifier=identifier, DBSnapshotIdentifier="last")
    rds.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    edited_preprod.pulumi("refresh", "-s", "preprod", "--yes")

    edited_preprod.edit("Pulumi.preprod.yaml", _CLASS, f"{_CLASS}      snapshot_id: none\n")
    failed = edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=False)
    assert "DBSnapshotNotFound" in failed.stdout + failed.stderr
    edited_preprod.edit("Pulumi.preprod.yaml", "snapshot_id: none", "snapshot_id: last")
    edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview")

    after = database(edited_preprod)
    assert after["DbiResourceId"] != before["DbiResourceId"]
    for kept in ("DBInstanceIdentifier", "Endpoint", "DBName", "MasterUsername", "AllocatedStorage", "KmsKeyId"):
        assert after[kept] == before[kept], kept
    edited_preprod.edit("Pulumi.preprod.yaml", "      snapshot_id: last\n", "")
    edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")


def test_a_lost_volume_comes_back_from_its_snapshot(edited_preprod: Platform) -> None:
    """Only from the snapshot that the stack file names. The server goes on, and so do the other shares. Then the id may
    go again."""
    ec2, before, server = (
        edited_preprod.client("ec2"),
        volumes(edited_preprod, _FILE_SERVER),
        instance(edited_preprod, _FILE_SERVER),
    )
    [(name, lost)] = [(name, each) for name, each in before.items() if name.endswith("magento-client")]
    snapshot = ec2.create_snapshot(VolumeId=lost["VolumeId"])["SnapshotId"]
    ec2.detach_volume(VolumeId=lost["VolumeId"])
    ec2.delete_volume(VolumeId=lost["VolumeId"])
    edited_preprod.pulumi("refresh", "-s", "preprod", "--yes")

    unknown = f"snap-{'0' * 17}"
    edited_preprod.edit("Pulumi.preprod.yaml", _SHARE, f"{_SHARE[:-1]}, snapshot_id: {unknown}}}")
    failed = edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=False)
    assert "InvalidSnapshot.NotFound" in failed.stdout + failed.stderr
    edited_preprod.edit("Pulumi.preprod.yaml", unknown, snapshot)
    edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview")

    after = volumes(edited_preprod, _FILE_SERVER)
    assert after[name]["SnapshotId"] == snapshot
    assert {each: after[each]["VolumeId"] == before[each]["VolumeId"] for each in before} == {
        each: each != name for each in before
    }
    assert (after[name]["Size"], after[name]["KmsKeyId"]) == (lost["Size"], lost["KmsKeyId"])
    assert instance(edited_preprod, _FILE_SERVER)["InstanceId"] == server["InstanceId"]
    assert instance(edited_preprod, _FILE_SERVER)["State"]["Name"] == "running"
    edited_preprod.edit("Pulumi.preprod.yaml", f", snapshot_id: {snapshot}", "")
    edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")
