"""The ways back to an older database: what is lost by each, and that AWS takes each command of them."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from release import snapshots
from release.errors import LockLostError
from release.journal import Event, Record
from release.lock import unchecked
from release.steps import Action
from release.way_back import WayBack, reach
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = pytest.mark.row(20)
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DATABASE = "client-prod-site-database-d5a76e12"
WAY = WayBack(
    release="r2",
    database=DATABASE,
    options="-s prod",
    stack="prod",
    setting="site.database.snapshot_id",
    accepted=("patch A",),
)
INSTANCE = {
    "LatestRestorableTime": NOW - timedelta(minutes=4, seconds=10),
    "BackupRetentionPeriod": 7,
    "InstanceCreateTime": NOW - timedelta(days=300),
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}, {"VpcSecurityGroupId": "sg-2"}],
    "DBParameterGroups": [{"DBParameterGroupName": "client-prod-mysql"}],
    "DBSubnetGroup": {"DBSubnetGroupName": "client-prod-private"},
}


def records(snapshot: str = "s-1", *, minutes: float = 40, now: datetime = NOW) -> list[Record]:
    """A snapshot that took ten minutes, and then the migration."""
    began = now - timedelta(minutes=minutes)

    def record(event: Event, step: Action, after: float, **details: Any) -> Record:
        at = (began + timedelta(minutes=after)).isoformat()
        return Record(number=1, at=at, event=event, step=step, fence=1, details=details, previous="")

    return [
        record(Event.INTENDED, Action.MAKE_SNAPSHOT, 0),
        record(Event.DONE, Action.MAKE_SNAPSHOT, 10, snapshot=snapshot),
        record(Event.INTENDED, Action.MIGRATE, 10.5),
    ]


def commands(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines() if line.startswith("  ")]


def test_each_way_says_its_loss_and_ends_with_the_older_release() -> None:
    """The snapshot is of a moment between its begin and its end: the loss is counted from its begin."""
    said = WAY.described(INSTANCE, records(), now=NOW)
    first, second = said.split("By point in time")
    assert first.startswith("By snapshot, with the loss of 40 minutes, orders above all:\n")
    assert second.startswith(", with the loss of 30 minutes, orders above all:\n")
    for way in (first, second):
        typed = commands(way)
        assert typed[-2] == "./shop release rollback -s prod --accept 'patch A'"
        assert typed[-1].startswith("./shop release hold off -s prod")
        held, deleted = (
            next(number for number, each in enumerate(typed) if word in each)
            for word in ("hold on", f"delete-db-instance --db-instance-identifier {DATABASE} ")
        )
        assert held < deleted
    assert "--restore-time 2026-11-26T11:30:30Z " in second
    assert "--db-subnet-group-name client-prod-private --vpc-security-group-ids sg-1 sg-2" in second
    assert "--db-parameter-group-name client-prod-mysql" in second


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"LatestRestorableTime": None}, "not possible, the database keeps no automated backups."),
        ({"BackupRetentionPeriod": 0}, "not possible, the database keeps no automated backups."),
        ({"LatestRestorableTime": NOW - timedelta(minutes=31)}, "not yet, it reaches to 11:29:00 UTC. Ask again."),
        ({"InstanceCreateTime": NOW}, "not possible, it does not reach back to 2026-11-26 11:30:30 UTC."),
    ],
)
def test_a_point_in_time_that_cannot_be_had(changes: dict[str, Any], says: str) -> None:
    said = WAY.described({**INSTANCE, **changes}, records(), now=NOW)
    assert said.endswith(f"\nBy point in time: {says}")


def test_a_point_in_time_that_is_too_old() -> None:
    old = WAY.described({**INSTANCE, "BackupRetentionPeriod": 1}, records(minutes=2000), now=NOW)
    assert "it does not reach back to 2026-11-25 02:50:30 UTC." in old


def test_a_release_without_a_snapshot_did_not_change_the_database() -> None:
    assert WAY.described(INSTANCE, [], now=NOW) == "r2 made no snapshot: its plan did not change the database."


def test_the_plan_says_how_near_to_now_a_point_in_time_reaches() -> None:
    """In minutes, and not fewer than it is."""
    assert reach(INSTANCE, now=NOW) == "RDS can restore the database to a point in time up to 5 minutes ago."
    nothing = "RDS cannot restore the database to a point in time: it keeps no automated backups."
    assert reach({**INSTANCE, "LatestRestorableTime": None}, now=NOW) == nothing
    assert reach({**INSTANCE, "BackupRetentionPeriod": 0}, now=NOW) == nothing


@pytest.fixture
def rds(aws: EmbeddedAws) -> Any:
    """RDS with the site's database, as the stack makes it."""
    ec2, client = aws.client("ec2"), aws.client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    client.create_db_subnet_group(
        DBSubnetGroupName="private",
        DBSubnetGroupDescription="private",
        SubnetIds=[each["SubnetId"] for each in subnets],
    )
    client.create_db_parameter_group(DBParameterGroupName="own", DBParameterGroupFamily="mysql8.4", Description="own")
    client.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        Engine="mysql",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        StorageType="gp3",
        MasterUsername="magento",
        MasterUserPassword="of-no-account",
        DBSubnetGroupName="private",
        DBParameterGroupName="own",
        BackupRetentionPeriod=7,
        DeletionProtection=True,
    )
    return client


@pytest.mark.long
@pytest.mark.usefixtures("aws_of_this_process")
@pytest.mark.parametrize("way", ["snapshot", "point in time"])
def test_aws_takes_every_command(rds: Any, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command line, as it is typed. Afterwards the database is gone, and the snapshot that the stack file names
    and a last one of it are there."""
    from awscli.clidriver import create_clidriver

    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    made = snapshots.make(rds, DATABASE, "r2-38c5a2d3ce40", seconds=60, check=unchecked)
    [found] = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    now = datetime.now(UTC)
    instance = {**found, "InstanceCreateTime": now - timedelta(days=9), "LatestRestorableTime": now}
    said = WAY.described(instance, records(made, now=now), now=now)
    by_snapshot, by_point_in_time = said.split("By point in time")
    typed = commands(by_snapshot if way == "snapshot" else by_point_in_time)
    ran = [each for each in typed if each.startswith("aws ")]
    assert len(ran) == (3 if way == "snapshot" else 8)
    for command in ran:
        assert create_clidriver().main(shlex.split(command)[1:]) == 0, command
    [line] = [each for each in typed if each.startswith("# Now write site.database.snapshot_id: ")]
    named = line.split()[4]
    there = {each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]}
    assert {named, f"{DATABASE}-before-back-from-r2-{now:%Y%m%d-%H%M%S}"} <= there
    assert (named == made) is (way == "snapshot")
    assert rds.describe_db_instances()["DBInstances"] == []


def test_the_same_way_may_be_gone_twice() -> None:
    """No snapshot of the second time has a name of the first."""
    made = [
        {
            words[at + 1]
            for command in commands(WAY.described(INSTANCE, records(), now=now))
            if (words := shlex.split(command))[:2] == ["aws", "rds"]
            for at, word in enumerate(words)
            if word == "--final-db-snapshot-identifier" or (word == "--db-snapshot-identifier" and "create" in words[2])
        }
        for now in (NOW, NOW + timedelta(hours=1))
    ]
    assert [len(each) for each in made] == [2, 2]
    assert made[0].isdisjoint(made[1])


def test_a_satellites_database_has_another_setting() -> None:
    pim = replace(WAY, options="-s prod --app pim", setting="shared_database.snapshot_id")
    typed = commands(pim.described(INSTANCE, records(), now=NOW))
    assert "# Now write shared_database.snapshot_id: s-1 into Pulumi.prod.yaml" in typed
    assert "./shop release rollback -s prod --app pim --accept 'patch A'" in typed


def test_a_snapshot_waits_for_another_one_of_the_same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daily one, or that of a second satellite that is released at the same time."""
    monkeypatch.setattr("release.polling.time.sleep", lambda _: None)
    answers = ["InvalidDBInstanceState", "InvalidDBInstanceStateFault", "DBSnapshotAlreadyExists"]

    def create(**_: Any) -> None:
        raise ClientError({"Error": {"Code": answers.pop(0)}}, "CreateDBSnapshot")

    rds = SimpleNamespace(
        create_db_snapshot=create, describe_db_snapshots=lambda **_: {"DBSnapshots": [{"Status": "available"}]}
    )
    assert snapshots.make(rds, DATABASE, "r2-1", seconds=60, check=unchecked) == f"{DATABASE}-before-r2-1"
    answers.append("InvalidDBInstanceState")

    def check() -> None:
        if not answers:
            raise LockLostError("The lock is held by another process.")

    # While it waited, another process went on.
    with pytest.raises(LockLostError):
        snapshots.make(rds, DATABASE, "r2-1", seconds=60, check=check)
    answers.append("InvalidDBInstanceState")
    with pytest.raises(ClientError):
        snapshots.make(rds, DATABASE, "r2-1", seconds=0, check=unchecked)
