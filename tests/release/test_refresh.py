"""`./shop release refresh`: what leaves production, what pre-production gets, and that nothing is left behind."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.deployed_stack import STACK_FILE, DeployedStack
from commands.errors import CannotRunError, ExitCode
from components.site.release_documents import DOCUMENTS
from release.app import app
from release.errors import ReleaseError
from release.hold import Scope
from release.redaction import Redaction
from release.running_configuration import RunningRelease
from release.site import REFRESH, Site, Source
from release.table_list import TableList
from sandbox.emulator.in_process import client
from tests.rehearsal.on_call import RefreshLine
from tests.release.conftest import BUCKET, REGION
from tests.release.test_hold import Site as Balancer

BUNDLES = "client-bundles"
PRODUCTION, TARGET = "client-prod-site", "client-preprod-site"
COPY = f"{PRODUCTION}-for-preprod"
CLEAN = {"unlisted": [], "left": [], "tables": 320, "settings": 4}
TO_PRODUCTION = ["scrub-copy"]
TO_TARGET = ["pause-writers", "load-copy", "verify-release", "verify-release", "resume-writers"]


def database(rds: Any, name: str, **more: Any) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.m7g.large",
        Engine="mysql",
        EngineVersion="8.4",
        AllocatedStorage=100,
        MasterUsername="magento",
        MasterUserPassword="squirrel-7",
        BackupRetentionPeriod=0,
        DBSubnetGroupName="private",
        DBParameterGroupName="shop",
        **more,
    )


def bundle(s3: Any, *scripts: str) -> None:
    """What both stacks run."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for script in scripts:
            file.writestr(f".platform/{script}", "<?php")
    s3.put_object(Bucket=BUNDLES, Key="r1.zip", Body=made.getvalue())


@dataclass(kw_only=True)
class Stacks:
    """Both stacks. Their instances say what they are told to, and what each document needs."""

    rds: Any
    s3: Any
    balancer: Balancer
    facts: dict[str, Any] = field(default_factory=lambda: dict(CLEAN))
    """What scrubbing says."""
    fails: dict[str, BaseException] = field(default_factory=dict)
    sent: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Stack, document and parameters."""
    without: str = ""
    """A document that no stack has."""
    received: bytes = b""
    """What pre-production's back office loaded."""
    refreshes_from: dict[str, str] | None = None
    """What pre-production says of the stack from which its role may refresh it."""

    def site(self, stack: str, _app: str | None = None) -> Site:
        name = {"prod": PRODUCTION, "preprod": TARGET}[stack]
        outputs: dict[str, object] = {
            "database_endpoint": f"{name}.abc.{REGION}.rds.amazonaws.com",
            "releases": f"s3://{BUCKET}/client-magento-{stack}/",
            "release_documents": {each.name: each.name for each in DOCUMENTS if each.name != self.without},
            "hold_rules": self.balancer.rules,
            "listener_rules": {"host_names": ["client.url"], "back_office_path": "backend"},
            "front_environment": "client-prod-front",
            "back_office_environment": "client-prod-back-office",
            **({"refreshes_from": self.refreshes_from} if stack == "preprod" and self.refreshes_from else {}),
        }
        session = SimpleNamespace(client=lambda service: client(service, REGION))
        return Site(DeployedStack(name=stack, region=REGION, outputs=outputs), session)

    def do(self, stack: str, document: str, **parameters: str) -> str:
        self.sent.append((stack, document, parameters))
        if document == "scrub-copy":
            assert parameters["Copy"].startswith(f"{COPY}.")
            assert COPY in self.databases()
            self._put(parameters["Dump"], b"dump")
            self._put(parameters["Facts"], json.dumps(self.facts).encode())
            assert json.loads(self._get(parameters["List"]))["tables"]["customer_entity*"] == "emptied"
        if document == "load-copy":
            self.received = self._get(parameters["Dump"])
            assert self.balancer.hold.scope() is Scope.SITE
        if document in self.fails:
            raise self.fails[document]
        return "payment/provider/key\n" if document == "load-copy" else ""

    def host(self, stack: str, number: str) -> Any:
        def send(document: str, **parameters: str) -> Any:
            said = self.do(stack, document, **parameters)
            instance = SimpleNamespace(instance_id=number)
            return SimpleNamespace(instance=instance, command_id=f"c-{len(self.sent)}", wait=lambda: said)

        return SimpleNamespace(
            instance_id=number, send=send, do=lambda document, **given: send(document, **given).wait()
        )

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(app, ["refresh", "-s", "preprod", *arguments])

    def status(self) -> Any:
        return CliRunner().invoke(app, ["status", "-s", "preprod"])

    def documents(self, stack: str) -> list[str]:
        return [document for to, document, _ in self.sent if to == stack]

    def databases(self) -> list[str]:
        return [each["DBInstanceIdentifier"] for each in self.rds.describe_db_instances()["DBInstances"]]

    def snapshots(self) -> set[str]:
        """Without those that RDS takes of a new database by itself."""
        found = self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return {each["DBSnapshotIdentifier"] for each in found}

    def objects(self) -> set[str]:
        """Keys, without journals and lock."""
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return {each["Key"] for each in found if "/releases/" not in each["Key"] and "lock" not in each["Key"]}

    def _put(self, address: str, body: bytes) -> None:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _get(self, address: str) -> bytes:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body


def code_of(ran: Any) -> int:
    error = ran.exception
    return int(getattr(error, "exit_code", ran.exit_code))


def sees(line: RefreshLine, ran: Any) -> None:
    """A line of docs/on-call.md: tests/release/test_on_call.py compares them."""
    line.require(code_of(ran), f"{ran.output}{ran.exception or ''}")


@pytest.fixture
def stacks(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    balancer, rds, ec2 = Balancer(), client("rds", REGION), client("ec2", REGION)
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"] if not each["DefaultForAz"]]
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="shop", DBParameterGroupFamily="mysql8.4", Description="shop")
    database(rds, PRODUCTION, MultiAZ=True, DeletionProtection=True)
    database(rds, TARGET)
    for name in ("before", "newest"):
        rds.create_db_snapshot(DBInstanceIdentifier=PRODUCTION, DBSnapshotIdentifier=name)
    s3.create_bucket(Bucket=BUNDLES, CreateBucketConfiguration={"LocationConstraint": REGION})
    bundle(s3, "scrub_copy.php", "load_copy.php")
    made = Stacks(rds=rds, s3=s3, balancer=balancer)
    monkeypatch.setattr(Site, "of", made.site)
    monkeypatch.setattr(Site, "caller", "arn:aws:iam::123456789012:user/you")
    monkeypatch.setattr(Site, "redaction", Redaction())
    monkeypatch.setattr(Site, "back_office_instance", property(lambda site: made.host(site.stack.name, "i-0")))
    monkeypatch.setattr(Site, "instance", lambda site, number: made.host(site.stack.name, number))
    for tier in ("front", "back_office"):
        name = f"client-prod-{tier.replace('_', '-')}"
        fleet = SimpleNamespace(name=name, instances=lambda tier=tier: [SimpleNamespace(id=f"i-{tier}")])
        monkeypatch.setattr(Site, tier, fleet)
    monkeypatch.setattr(
        RunningRelease,
        "read",
        lambda _session, name: RunningRelease(
            environment=name, name="r1", configuration_version="", bundle=f"s3://{BUNDLES}/r1.zip"
        ),
    )
    monkeypatch.setattr("release.refresh.SETTLE_SECONDS", 0)
    return made


@pytest.mark.row(5)
def test_preproduction_gets_what_production_leaves_of_its_copy(stacks: Stacks) -> None:
    """And nothing that the refresh made is left, but a snapshot of what pre-production had."""
    ran = stacks.run()
    assert ran.exit_code == ExitCode.OK, ran.exception
    assert stacks.documents("prod") == TO_PRODUCTION
    assert stacks.documents("preprod") == TO_TARGET
    assert stacks.received == b"dump"
    assert stacks.databases() == [PRODUCTION, TARGET]
    (made,) = stacks.snapshots() - {"before", "newest"}
    assert made.startswith(f"{TARGET}-before-refresh-")
    assert made in ran.output
    assert stacks.objects() == set()
    assert stacks.balancer.hold.state() == frozenset()
    found = stacks.site("preprod").lock.read()
    assert found is not None
    assert found.holder.is_free
    assert "payment/provider/key" in ran.output
    history = CliRunner().invoke(app, ["history", "-s", "preprod"])
    listed = re.search(r"refresh  (refresh-\S+): done\. From prod", history.output)
    assert listed, history.output
    records = CliRunner().invoke(app, ["history", "-s", "preprod", listed[1]])
    assert "noted  scrub-copy (commands {'i-0': 'c-1'}, document scrub-copy)" in records.output


def test_each_document_gets_the_parameters_that_it_takes(stacks: Stacks) -> None:
    stacks.run()
    known = {each.name: each for each in DOCUMENTS}
    for _, document, parameters in stacks.sent:
        assert parameters.keys() == known[document].parameters.keys() | (
            {"Fence"} if known[document].is_fenced else set()
        )
        for name, value in parameters.items():
            if name != "Fence":
                assert re.fullmatch(known[document].parameters[name].allowed, value), (document, name, value)


def held_by_hand(stacks: Stacks) -> None:
    stacks.balancer.hold.arm(Scope.SITE)


def released(stacks: Stacks) -> None:
    stacks.site("prod").locked("r2")


def protected(stacks: Stacks) -> None:
    stacks.rds.modify_db_instance(DBInstanceIdentifier=TARGET, DeletionProtection=True, ApplyImmediately=True)


def without_snapshots(stacks: Stacks) -> None:
    for each in stacks.rds.describe_db_snapshots()["DBSnapshots"]:
        stacks.rds.delete_db_snapshot(DBSnapshotIdentifier=each["DBSnapshotIdentifier"])


def without_document(stacks: Stacks) -> None:
    stacks.without = "load-copy"


def of_an_older_release(stacks: Stacks) -> None:
    bundle(stacks.s3, "scrub_copy.php")


@pytest.mark.parametrize(
    ("prepare", "arguments", "line", "said"),
    [
        (None, ("--from", "preprod"), None, "--from: got preprod"),
        (None, ("--new", "--snapshot", "before"), None, "--new: got --snapshot before too"),
        (None, ("--confirm", "prod"), None, "--confirm: got 'prod', expected preprod"),
        (None, ("--confirm", ""), None, "--confirm: got '', expected preprod"),
        (None, ("--snapshot", "other"), RefreshLine.NO_SNAPSHOT, "expected snapshot other"),
        (protected, (), RefreshLine.PROTECTED, "stack preprod"),
        (without_snapshots, (), RefreshLine.NO_SNAPSHOT, f"database {PRODUCTION}"),
        (without_document, (), RefreshLine.OLDER_STACK, "got no load-copy, expected one"),
        (of_an_older_release, (), RefreshLine.OLDER_RELEASE, "client-prod-back-office runs r1"),
        (held_by_hand, (), RefreshLine.HELD_BY_HAND, "./shop release hold off -s preprod"),
        (released, (), RefreshLine.LOCKED, "Stack prod: the lock is held by release r2"),
    ],
)
def test_what_is_refused_changes_nothing(
    stacks: Stacks,
    prepare: Callable[[Stacks], None] | None,
    arguments: tuple[str, ...],
    line: RefreshLine | None,
    said: str,
) -> None:
    if prepare:
        prepare(stacks)
    before = stacks.snapshots(), stacks.objects()
    ran = stacks.run(*arguments)
    if line:
        sees(line, ran)
    assert code_of(ran) == (line.code if line else ExitCode.COULD_NOT_RUN)
    assert said in str(ran.exception)
    assert stacks.sent == []
    assert stacks.databases() == [PRODUCTION, TARGET]
    assert (stacks.snapshots(), stacks.objects()) == before


@pytest.mark.parametrize(
    ("facts", "line", "said"),
    [
        ({"unlisted": ["loyalty_card"]}, RefreshLine.UNLISTED, "emptied:\n  - loyalty_card"),
        ({"left": ["cms_page.content: 2 e-mail addresses"]}, RefreshLine.PERSONAL, "cms_page.content: 2 e-mail"),
    ],
)
def test_what_must_not_leave_production_does_not(
    stacks: Stacks, facts: dict[str, Any], line: RefreshLine, said: str
) -> None:
    stacks.facts |= facts
    ran = stacks.run()
    sees(line, ran)
    assert said in str(ran.exception)
    assert stacks.documents("preprod") == []
    assert stacks.databases() == [PRODUCTION, TARGET]
    assert stacks.snapshots() == {"before", "newest"}
    assert stacks.objects() == set()
    assert stacks.site("preprod").locked("r2").holder.release == "r2"


def test_a_failure_before_preproduction_is_held_leaves_it_as_it_was(stacks: Stacks) -> None:
    stacks.fails["scrub-copy"] = ReleaseError("no agent")
    ran = stacks.run()
    sees(RefreshLine.FAILED, ran)
    assert "no agent" in str(ran.exception)
    assert stacks.databases() == [PRODUCTION, TARGET]
    assert stacks.balancer.hold.state() == frozenset()


@pytest.mark.parametrize("document", TO_TARGET)
@pytest.mark.parametrize(
    "failure", [ReleaseError("no agent"), CannotRunError("no document"), KeyError("Status"), KeyboardInterrupt()]
)
def test_it_begins_again_where_it_stopped_half_way(stacks: Stacks, document: str, failure: BaseException) -> None:
    """Pre-production stays held meanwhile, and the first snapshot is the one to go back to."""
    stacks.fails[document] = failure
    ran = stacks.run()
    sees(RefreshLine.HALF_WAY, ran)
    assert "./shop release refresh -s preprod --from prod" in str(ran.exception)
    assert stacks.balancer.hold.scope() is Scope.SITE
    assert stacks.databases() == [PRODUCTION, TARGET]
    assert stacks.objects() == set()
    snapshots = stacks.snapshots()
    status = stacks.status()
    sees(RefreshLine.NOT_FINISHED, status)
    assert "The shop is held." in status.output
    # A refresh without the lock would refuse the hold.
    assert "unlock" not in status.output
    stacks.fails.clear()
    stacks.sent.clear()
    again = stacks.run()
    assert again.exit_code == ExitCode.OK, again.exception
    assert stacks.documents("preprod") == TO_TARGET
    assert stacks.snapshots() == snapshots
    assert stacks.balancer.hold.state() == frozenset()


def test_what_a_killed_refresh_left_is_removed_first(stacks: Stacks) -> None:
    stacks.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=COPY, DBSnapshotIdentifier="before")
    ran = stacks.run()
    sees(RefreshLine.LEFT_BEHIND, ran)
    assert f"{COPY} is of" in ran.output
    assert stacks.databases() == [PRODUCTION, TARGET]


def test_a_new_snapshot_of_production_is_removed_afterwards(stacks: Stacks) -> None:
    without_snapshots(stacks)
    # Of a refresh that was killed.
    old = f"{PRODUCTION}-before-refresh-of-preprod"
    stacks.rds.create_db_snapshot(DBInstanceIdentifier=PRODUCTION, DBSnapshotIdentifier=old)
    ran = stacks.run("--new")
    assert ran.exit_code == ExitCode.OK, ran.exception
    assert [each for each in stacks.snapshots() if each.startswith(PRODUCTION)] == []


def test_the_lock_is_taken_over_from_a_refresh_alone(stacks: Stacks) -> None:
    stacks.site("preprod").locked("r2").stop()
    sees(RefreshLine.LOCKED, stacks.run())
    assert stacks.sent == []


def test_a_refresh_is_no_release_that_waits(stacks: Stacks) -> None:
    assert stacks.run().exit_code == ExitCode.OK
    (name,) = {
        each["Key"].split("/")[2]
        for each in stacks.s3.list_objects_v2(Bucket=BUCKET, Prefix="client-magento-preprod/releases/")["Contents"]
    }
    assert name.startswith(REFRESH)
    assert stacks.run().exit_code == ExitCode.OK


@pytest.fixture
def without_pulumi(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """Both stacks as a role finds them: in their files in the bucket for releases."""
    address = f"s3://{BUCKET}/client-magento-prod/stack.json"
    said = {"stack": "prod", "region": REGION, "outputs": dict(stacks.site("prod").stack.outputs)}
    stacks._put(address, json.dumps(said).encode())
    stacks.refreshes_from = {"stack": "prod", "stack_file": address}
    monkeypatch.setenv(STACK_FILE, f"s3://{BUCKET}/client-magento-preprod/stack.json")
    monkeypatch.setattr("commands.deployed_stack.boto3.client", lambda service: client(service, REGION))
    session = SimpleNamespace(client=lambda service: client(service, REGION))
    monkeypatch.setattr("release.site.boto3.Session", lambda **_given: session)
    return stacks


def test_a_role_reads_of_production_what_its_file_says(without_pulumi: Stacks) -> None:
    """There is neither Pulumi nor its state."""
    stacks = without_pulumi
    ran = stacks.run("--new", "--confirm", "preprod")
    assert ran.exit_code == ExitCode.OK, ran.exception
    assert "preprod has what prod had." in ran.output
    assert (stacks.documents("prod"), stacks.documents("preprod")) == (TO_PRODUCTION, TO_TARGET)
    assert stacks.databases() == [PRODUCTION, TARGET]


def test_a_role_knows_none_of_productions_secrets_and_shows_nothing(without_pulumi: Stacks) -> None:
    found = Source.of_refresh(without_pulumi.site("preprod"), "prod")
    assert found.stack == without_pulumi.site("prod").stack
    assert found.redaction.text("the password\nis squirrel-7") == "[secret]"
    assert found.redaction.text("") == ""


@pytest.mark.parametrize(
    ("says", "name", "said"),
    [
        (True, "staging", "--from: got staging, expected prod, the stack that this role may refresh from"),
        (
            False,
            None,
            "output refreshes_from of stack preprod: missing, expected the stack that this role may refresh ",
        ),
    ],
)
def test_a_role_refreshes_from_the_stack_of_its_rights_alone(
    without_pulumi: Stacks, says: bool, name: str | None, said: str
) -> None:
    if not says:
        without_pulumi.refreshes_from = None
    with pytest.raises(CannotRunError) as refused:
        Source.of_refresh(without_pulumi.site("preprod"), name)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("says", "name", "found"), [(None, None, "prod"), ("live", None, "live"), ("live", "prod", "prod")]
)
def test_where_pulumi_is_any_stack_can_be_named(
    stacks: Stacks, says: str | None, name: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default it is the one of `releases.refreshes_from`, or prod."""
    stacks.refreshes_from = {"stack": says, "stack_file": "s3://other/stack.json"} if says else None
    target = stacks.site("preprod")
    monkeypatch.setattr(Site, "of", lambda stack: stack)
    assert str(Source.of_refresh(target, name)) == found


def test_the_list_is_one_that_scrubbing_can_read() -> None:
    found = TableList.read()
    assert found.tables["core_config_data"] == "kept"
    assert found.tables["inventory_source"] == {
        "contact_name": None,
        "email": None,
        "phone": None,
        "fax": None,
        "street": None,
    }
    assert json.loads(found.to_bytes())["domains"] == list(found.domains)
