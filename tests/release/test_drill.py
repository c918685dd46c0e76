"""`./shop drill`: the copy of a database, what is asked of it, and that none is left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.deployed_stack import DeployedStack
from commands.errors import CannotRunError, CommandError
from components.site.release_documents import DOCUMENTS
from release import drill
from release.database_copy import DatabaseCopy, Snapshot
from release.drill import CopyFacts
from release.running_configuration import RunningRelease
from release.site import Site
from sandbox.emulator.in_process import client
from tests.release.conftest import BUCKET, REGION

DATABASE, COPY = "client-prod-site", "client-prod-site-drill"
WORKS = {
    "missing_tables": [],
    "rows": {"store": {"shop": 2, "copy": 2}, "sales_order": {"shop": 9, "copy": 7}},
    "database_status": {"exit_code": 0, "text": "All modules are up to date."},
    "page": {"status": 200, "bytes": 4096, "seconds": 0.4},
}


def deployed(**outputs: str) -> Site:
    """The site of a stack with these outputs beside its own."""
    said: dict[str, object] = {
        "database_endpoint": f"{DATABASE}.abc.{REGION}.rds.amazonaws.com",
        "releases": f"s3://{BUCKET}/prod/",
        "hold_rules": {},
        "listener_rules": {"host_names": ["www.client.url"], "back_office_path": "/backend"},
        "front_environment": "client-prod-front",
        "back_office_environment": "client-prod-back-office",
        **outputs,
    }
    session = SimpleNamespace(client=lambda service: client(service, REGION))
    return Site(DeployedStack(name="prod", region=REGION, outputs=said), session)


def facts(**changes: Any) -> CopyFacts:
    return CopyFacts.read(json.dumps({**WORKS, **changes}))


@pytest.fixture
def rds(s3: Any) -> Any:
    """With the shop's database, and the snapshots `before` and, newer, `newest`."""
    ec2, rds = client("ec2", REGION), client("rds", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="database", Description="database", VpcId=vpc)["GroupId"]
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="shop", DBParameterGroupFamily="mysql8.4", Description="shop")
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.m7g.large",
        Engine="mysql",
        EngineVersion="8.4",
        AllocatedStorage=100,
        MasterUsername="magento",
        MasterUserPassword="squirrel-7",
        MultiAZ=True,
        DeletionProtection=True,
        BackupRetentionPeriod=0,
        DBSubnetGroupName="private",
        DBParameterGroupName="shop",
        VpcSecurityGroupIds=[group],
        Tags=[{"Key": "Environment", "Value": "prod"}, {"Key": "Name", "Value": "site-database"}],
    )
    for name in ("before", "newest"):
        rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=name)
    return rds


@pytest.fixture
def shop(rds: Any, s3: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """`./shop drill` against the embedded AWS. Its back office says ``facts`` of the copy, which it can see."""
    shop = SimpleNamespace(facts=WORKS, sent=[], copies=[], configuration_version="v1")

    def do(document: str, **parameters: str) -> str:
        shop.sent.append((document, parameters))
        shop.copies.append(rds.describe_db_instances(DBInstanceIdentifier=COPY)["DBInstances"][0])
        if isinstance(shop.facts, BaseException):
            raise shop.facts
        bucket, _, key = parameters["Facts"].removeprefix("s3://").partition("/")
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(shop.facts).encode())
        return ""

    monkeypatch.setattr(Site, "of", lambda _stack: deployed())
    monkeypatch.setattr(Site, "back_office_instance", SimpleNamespace(do=do))

    def runs(_session: Any, environment: str) -> RunningRelease:
        version = shop.configuration_version
        return RunningRelease(
            environment=environment, name="r1" if version else "placeholder", configuration_version=version
        )

    monkeypatch.setattr("release.drill.RunningRelease.read", runs)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(drill.app, [*arguments, "-s", "prod"])

    shop.run = run
    return shop


def copy_of(rds: Any, database: str = DATABASE) -> DatabaseCopy:
    return DatabaseCopy(rds=rds, database=database, purpose="drill")


def databases(rds: Any) -> list[str]:
    return [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]]


def test_a_drill_restores_the_newest_snapshot_beside_and_removes_it(rds: Any, shop: SimpleNamespace, s3: Any) -> None:
    """The copy is in the database's network, with its parameters and tags, and in one zone. The result is on record."""
    ran = shop.run("restore")
    assert ran.exit_code == 0, ran.output
    assert databases(rds) == [DATABASE]
    [copy] = shop.copies
    [of] = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    for same in ("DBInstanceClass", "DBSubnetGroup", "VpcSecurityGroups", "DBParameterGroups", "AllocatedStorage"):
        assert copy[same] == of[same]
    assert (copy["MultiAZ"], copy["PubliclyAccessible"], copy["DeletionProtection"]) == (False, False, False)
    assert {"Key": "Environment", "Value": "prod"} in copy["TagList"]
    assert {"Key": "Name", "Value": COPY} in copy["TagList"]
    [key] = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="prod/drills/")["Contents"]]
    recorded = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert recorded["snapshot"] == "newest"
    assert recorded["facts"]["rows"] == WORKS["rows"]
    assert f"s3://{BUCKET}/{key}" in ran.output.replace("\n", "")


@pytest.mark.parametrize(
    ("version", "options", "says"),
    [
        (None, (), "client-prod-back-office runs placeholder: expected a release of the shop"),
        ("v1", ("--snapshot", ""), "--snapshot: got '', expected the name of a snapshot"),
        ("v1", ("--snapshot", "none"), "got no available snapshot, expected snapshot none"),
    ],
)
def test_nothing_is_restored_for_a_drill_that_cannot_be(
    rds: Any, shop: SimpleNamespace, version: str | None, options: tuple[str, ...], says: str, monkeypatch: Any
) -> None:
    """A copy costs as much as the shop's database."""
    shop.configuration_version = version
    monkeypatch.setattr(DatabaseCopy, "restore", lambda *_: pytest.fail("it was restored"))
    refused = shop.run("restore", *options).exception
    assert isinstance(refused, CannotRunError)
    assert says in str(refused)


def test_it_sends_what_the_document_takes(shop: SimpleNamespace) -> None:
    shop.run("restore")
    [(document, parameters)] = shop.sent
    [known] = [each for each in DOCUMENTS if each.name == document]
    assert parameters.keys() == known.parameters.keys()
    assert all(re.fullmatch(known.parameters[name].allowed, value) for name, value in parameters.items())


@pytest.mark.parametrize("failure", [CommandError("no agent"), KeyboardInterrupt()])
def test_the_copy_is_removed_whatever_happens(rds: Any, shop: SimpleNamespace, failure: BaseException) -> None:
    shop.facts = failure
    assert shop.run("restore").exit_code != 0
    assert databases(rds) == [DATABASE]


def test_a_copy_that_does_not_work_ends_the_command_with_its_faults(rds: Any, shop: SimpleNamespace) -> None:
    shop.facts = {**WORKS, "page": {"status": 500, "bytes": 10, "seconds": 0.1}}
    ran = shop.run("restore")
    assert ran.exit_code != 0
    assert "page /: got 500, expected 200." in str(ran.exception)
    assert databases(rds) == [DATABASE]


def test_another_drill_is_refused_and_what_a_killed_one_left_is_removed(rds: Any, shop: SimpleNamespace) -> None:
    copy_of(rds).restore("before")
    refused = shop.run("restore")
    assert "`./shop drill remove -s prod` removes it" in str(refused.exception)
    assert databases(rds) == [DATABASE, COPY]
    assert shop.run("remove").exit_code == 0
    assert databases(rds) == [DATABASE]
    assert isinstance(shop.run("remove").exception, CannotRunError)


def test_the_newest_available_snapshot_is_chosen(rds: Any) -> None:
    assert Snapshot.choose(rds, DATABASE).name == "newest"
    assert Snapshot.choose(rds, DATABASE, "before").name == "before"
    with pytest.raises(CannotRunError, match="got no available snapshot, expected snapshot other to restore"):
        Snapshot.choose(rds, DATABASE, "other")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lambda: facts(), []),
        (lambda: facts(database_status={"exit_code": 2, "text": "upgrade"}, missing_tables=["new"], page=None), []),
        (lambda: facts(missing_tables=["quote"]), ["tables: expected quote, as the shop's database has them."]),
        (
            lambda: facts(
                rows={"store": {"shop": 2, "copy": 0}, "quote": {"shop": 0, "copy": 0}, "sales_order": {"shop": 3}}
            ),
            [
                "table store: got no row, expected some of the shop's 2.",
                "table sales_order: got no row, expected some of the shop's 3.",
            ],
        ),
        (
            lambda: facts(database_status={"exit_code": 1, "text": "no connection"}, page=None),
            ["setup:db:status: got exit code 1, expected 0: no connection"],
        ),
    ],
    ids=["works", "of an older release", "without a table", "without rows", "not installed"],
)
def test_what_is_wrong_with_a_copy(found: Callable[[], CopyFacts], said: list[str]) -> None:
    assert found().faults() == said


def test_the_name_of_the_copy_is_one_of_rds() -> None:
    assert copy_of(None, "a" * 63).name == f"{'a' * 57}-drill"
    assert copy_of(None, f"{'a' * 56}-bbbbbb").name == f"{'a' * 56}-drill"
