"""A database or a volume that is lost comes back from a snapshot, by the commands of docs/operations.md."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.tests.platform import REPOSITORY, Platform
from tests.platform.test_pages import back_up, commands, run
from tests.platform.test_server_rows import instance, volumes

pytestmark = pytest.mark.long

_CLASS = "      instance_class: db.r8g.large\n"
_FILE_SERVER = "client-preprod-site-files"
_SHARE = "path: pub/media, size_gib: 50}"


def section(title: str) -> str:
    """What the page says under a heading."""
    page = (REPOSITORY / "docs" / "operations.md").read_text()
    return re.split(r"^#{2,3} ", page.partition(f"\n### {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def typed(title: str, command: str, **values: str) -> str:
    """The section's only command that begins so, for pre-production, with values in place of its words in capitals."""
    [found] = [each.text for each in commands(section(title)) if each.text.startswith(command)]
    for word, value in {**values, "client-prod-": "client-preprod-"}.items():
        found = found.replace(word, value)
    return found


def converge(platform: Platform, title: str) -> None:
    """Refresh and bring up, as the section says. A person answers yes; here nobody asks."""
    steps = [each.text for each in commands(section(title), program="pulumi", options=" -s ")]
    assert [each.split()[1] for each in steps] == ["refresh", "up"]
    for step in steps:
        platform.pulumi(*step.replace("-s prod", "-s preprod").split()[1:], "--yes", "--skip-preview")


def _time(line: str) -> str:
    return line.split()[1]


def database(platform: Platform) -> dict[str, Any]:
    name = {"Key": "Name", "Value": "client-preprod-site-database"}
    instances = platform.client("rds").describe_db_instances()["DBInstances"]
    [found] = [each for each in instances if name in each["TagList"]]
    return dict(found)


def test_a_database_comes_back_from_its_snapshot(edited_preprod: Platform) -> None:
    """Under the same address, and only from the snapshot that the stack file names. Then the id may go again."""
    title, before = "Restore a database", database(edited_preprod)
    identifier = before["DBInstanceIdentifier"]
    for command in ("aws rds modify-db-instance", "aws rds delete-db-instance"):
        ran = run(edited_preprod, typed(title, command, DATABASE=identifier))
        assert ran.returncode == 0, ran.stderr
    listed = run(edited_preprod, typed(title, "aws rds describe-db-snapshots")).stdout.splitlines()
    *_, snapshot = [line.split()[2] for line in sorted(listed, key=_time) if line.split()[0] == identifier]
    assert snapshot == "before-restore"

    edited_preprod.edit("Pulumi.preprod.yaml", _CLASS, f"{_CLASS}      snapshot_id: none\n")
    edited_preprod.pulumi("refresh", "-s", "preprod", "--yes")
    failed = edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=False)
    assert "DBSnapshotNotFound" in failed.stdout + failed.stderr
    edited_preprod.edit("Pulumi.preprod.yaml", "snapshot_id: none", f"snapshot_id: {snapshot}")
    converge(edited_preprod, title)

    after = database(edited_preprod)
    assert after["DbiResourceId"] != before["DbiResourceId"]
    for kept in ("DBInstanceIdentifier", "Endpoint", "DBName", "MasterUsername", "AllocatedStorage", "KmsKeyId"):
        assert after[kept] == before[kept], kept
    edited_preprod.edit("Pulumi.preprod.yaml", f"      snapshot_id: {snapshot}\n", "")
    edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")


def test_a_database_keeps_the_key_of_its_snapshot_and_is_named(edited_preprod: Platform) -> None:
    """AWS restores a database under its snapshot's key. A run that put the stack's in its place would replace it, and
    lose its data. From a copy under the stack's key, it is as before."""
    rds, standing = edited_preprod.client("rds"), database(edited_preprod)
    identifier, own = standing["DBInstanceIdentifier"], standing["KmsKeyId"]
    rds.create_db_snapshot(DBInstanceIdentifier=identifier, DBSnapshotIdentifier="moved")
    keys = {"under-another-key": "alias/client-prod", "under-the-stacks-key": own}
    edited_preprod.edit("Pulumi.preprod.yaml", _CLASS, f"{_CLASS}      snapshot_id: moved\n")
    named, last = [], "moved"
    for snapshot, key in keys.items():
        rds.copy_db_snapshot(SourceDBSnapshotIdentifier="moved", TargetDBSnapshotIdentifier=snapshot, KmsKeyId=key)
        rds.modify_db_instance(DBInstanceIdentifier=identifier, DeletionProtection=False)
        rds.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
        edited_preprod.edit("Pulumi.preprod.yaml", last, snapshot)
        last = snapshot
        converge(edited_preprod, "Restore a database")
        again = edited_preprod.pulumi("preview", "-s", "preprod", "--expect-no-changes")
        named.append("the key of its snapshot" in again.stdout + again.stderr)
        assert (database(edited_preprod)["KmsKeyId"] == own) == (key == own)
    assert named == [True, False]
    edited_preprod.edit("Pulumi.preprod.yaml", f"      snapshot_id: {last}\n", "")


def test_a_lost_volume_comes_back_from_its_snapshot(edited_preprod: Platform) -> None:
    """Only from the snapshot that the stack file names. The server goes on, and so do the other shares. Then the id may
    go again."""
    title = "Restore a volume"
    ec2, before, server = (
        edited_preprod.client("ec2"),
        volumes(edited_preprod, _FILE_SERVER),
        instance(edited_preprod, _FILE_SERVER),
    )
    [name] = [each for each in before if each.endswith("-client-media")]
    [[volume, _]] = json.loads(run(edited_preprod, typed(title, "aws ec2 describe-volumes")).stdout)
    lost = before[name]
    assert volume == lost["VolumeId"]
    back_up(edited_preprod, f"arn:aws:ec2:eu-west-3:123456789012:volume/{volume}")
    values = {"REGION": "eu-west-3", "ACCOUNT": "123456789012", "VOLUME": volume}
    points = run(edited_preprod, typed(title, "aws backup list-recovery-points-by-resource", **values)).stdout
    snapshot = points.split()[-1].rpartition("/")[2]
    ec2.detach_volume(VolumeId=volume)
    ec2.delete_volume(VolumeId=volume)

    unknown = f"snap-{'0' * 17}"
    edited_preprod.edit("Pulumi.preprod.yaml", _SHARE, f"{_SHARE[:-1]}, snapshot_id: {unknown}}}")
    edited_preprod.pulumi("refresh", "-s", "preprod", "--yes")
    failed = edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=False)
    assert "InvalidSnapshot.NotFound" in failed.stdout + failed.stderr
    edited_preprod.edit("Pulumi.preprod.yaml", unknown, snapshot)
    converge(edited_preprod, title)

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
