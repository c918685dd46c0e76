"""The rights of `./shop release`: every call that it makes is allowed by the role's policies, and nothing else is."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.client import BaseClient

from commands.deployed_stack import STACK_FILE
from commands.errors import ExitCode
from components.site.refresh_rights import RefreshRights, RefreshSource
from components.site.release_documents import DOCUMENTS
from components.site.release_rights import ReleaseRights, Statement
from policies.rules.access.release_role import LISTED, REFRESHING
from sandbox.tests.emulator.aws_process import ACCOUNT, REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import APPLICATION
from sandbox.tests.emulator.fake_fleet import Answer, eventually
from tests.release.deployed_site import (
    A_NEW_TABLE,
    BACK_OFFICE,
    BUCKET,
    CONFIGURATION_BUCKET,
    DATABASE,
    DATABASE_GROUP,
    FRONT,
    NOTHING_TO_DO,
    OF_SATELLITE,
    OF_THE_TOOL,
    OWNER,
    SHARED_DATABASE,
    DeployedSite,
    deployed_site,
    make_admin_secret,
    make_database,
    make_documents,
    make_hold_rules,
    planned,
    shop_release,
    site_of_the_tool,
    tags,
    work_as_the_tool,
)
from tests.unit.program import ROOT

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
SERVICES = ("cloudwatch", "ec2", "elasticbeanstalk", "elbv2", "rds", "s3", "secretsmanager", "sns", "ssm", "sts")
ACTIONS = {"elbv2": "elasticloadbalancing"}
NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}
"""("GetCallerIdentity": "No permissions are required")."""
OTHERWISE = {
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:UploadFile": ("s3:PutObject", "s3:AbortMultipartUpload"),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "rds:CreateDBSnapshot": ("rds:CreateDBSnapshot", "rds:AddTagsToResource"),
    "rds:RestoreDBInstanceFromDBSnapshot": ("rds:RestoreDBInstanceFromDBSnapshot", "rds:AddTagsToResource"),
}
"""Calls whose actions have other names, or that need more than one ("Service Authorization Reference")."""
WITH_BEANSTALK = "elasticbeanstalk:environment-name"
OF_PEOPLE = {"database_copy.py", "drill.py", "failover.py", "refresh.py"}
"""What makes, deletes and reboots databases is no command of the role: people with rights of their own run it, and a
refresh also the roles that have the rights for it. See the end of this file."""
BESIDE = {"kms:Decrypt", "kms:GenerateDataKey"}
"""What S3 and Secrets Manager do with the caller's rights on what is encrypted."""
BESIDE_A_REFRESH = {"kms:CreateGrant", "kms:DescribeKey"}
"""What RDS does with them."""
OF_TWO_INSTANCES = {"elasticbeanstalk:DescribeConfigurationSettings"}
"""What the tool asks when a back office has a second instance for a while."""
REFRESHED = "client-preprod"
REFRESHED_DATABASE = f"{REFRESHED}-site-database-0c1d2e3f"


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def rights(**changed: Any) -> ReleaseRights:
    environments = (BACK_OFFICE, FRONT, OF_SATELLITE)
    known: dict[str, Any] = {
        "region": REGION,
        "account_id": ACCOUNT,
        "client": "client",
        "environment": "prod",
        "bucket": BUCKET,
        "configuration_bucket": CONFIGURATION_BUCKET,
        "prefix": "client-magento-prod",
        "keys": (arn("kms", "key/1"),),
        "documents": tuple(f"{OWNER}-{each.name}" for each in DOCUMENTS),
        "environments": tuple(arn("elasticbeanstalk", f"environment/{APPLICATION}/{each}") for each in environments),
        "databases": (DATABASE, SHARED_DATABASE),
        "hold_rules": (arn("elasticloadbalancing", "listener-rule/app/site/1/2/3"),),
        "alarm_topic": arn("sns", f"{OWNER}-alarms"),
    }
    return ReleaseRights(**{**known, **changed})


def actions_of(statements: Sequence[Statement]) -> set[str]:
    return {action for each in statements for action in each["Action"]}  # type: ignore[attr-defined]


# The source: what the tool can call at all.


def calls_in_source() -> dict[str, set[str]]:
    """Each of boto3's methods that the source of `release/` names, and the actions that it may be, of any service."""
    session = botocore.session.get_session()
    methods: dict[str, set[str]] = {"upload_file": {"s3:UploadFile"}}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            methods.setdefault(xform_name(operation), set()).add(f"{ACTIONS.get(service, service)}:{operation}")
    called: set[str] = set()
    for path in sorted((ROOT / "release").glob("*.py")):
        if path.name in OF_PEOPLE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                if name == "get_paginator":
                    assert isinstance(node.args[0], ast.Constant)
                    name = str(node.args[0].value)
                if name in methods:
                    called.add(name)
    return {
        name: {action for call in methods[name] for action in OTHERWISE.get(call, (call,))}
        for name in called
        if not methods[name] <= NEEDS_NO_RIGHT
    }


def test_what_the_tool_calls_is_allowed_and_nothing_more() -> None:
    """Also what no test runs: a call that is added to the source needs a right, and one that goes takes it along."""
    calls, allowed = calls_in_source(), actions_of(rights().of_the_tool) - BESIDE
    assert [name for name, actions in calls.items() if not actions & allowed] == []
    assert allowed - {action for actions in calls.values() for action in actions} == set()


def test_the_policy_pack_has_the_same_list() -> None:
    """With what Beanstalk needs for a second instance, which few sites have."""
    grown = actions_of(rights(has_additional_batch=True).statements)
    assert grown == LISTED
    assert grown - actions_of(rights().statements) == {
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
    }


# The run: on which resources.


@dataclass(frozen=True, kw_only=True)
class Need:
    """A right that a call needs."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """What conditions ask, such as tags of the resource."""

    def is_met_by(self, statements: Sequence[Statement]) -> bool:
        return any(self._is_met(each) for each in statements)

    def _is_met(self, statement: Statement) -> bool:
        named: Any = statement
        return (
            self.action in named["Action"]
            and any(fnmatchcase(self.resource, each.replace("[", "[[]")) for each in named["Resource"])
            and all(self._holds(*each) for each in named.get("Condition", {}).items())
        )

    def _holds(self, operator: str, keys: Mapping[str, str]) -> bool:
        if operator == "StringEquals":
            return all(self.context.get(key) == value for key, value in keys.items())
        assert operator == "Null"
        return all((key not in self.context) == (value == "true") for key, value in keys.items())


@pytest.mark.parametrize(
    ("resource", "tags", "is_met"),
    [
        (arn("ec2", "instance/i-1"), {"Client": "client", "Environment": "prod", WITH_BEANSTALK: "x"}, True),
        (arn("ec2", "instance/i-1"), {"Client": "client", "Environment": "preprod", WITH_BEANSTALK: "x"}, False),
        (arn("ec2", "instance/i-1"), {"Client": "client", "Environment": "prod"}, False),
        (arn("ssm", f"document/{OWNER}-migrate"), {}, True),
        (arn("ssm", "document/client-preprod-migrate"), {}, False),
        (f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript", {}, False),
    ],
)
def test_commands_go_to_the_stacks_own_instances_by_its_own_documents(
    resource: str, tags: Mapping[str, str], is_met: bool
) -> None:
    """And to none of the servers that hold keys and data."""
    context = {f"ssm:resourceTag/{name}": value for name, value in tags.items()}
    need = Need(action="ssm:SendCommand", resource=resource, context=context)
    assert need.is_met_by(rights().of_the_tool) is is_met


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The calls of the tool, with what each needs."""

    aws: EmbeddedAws
    made: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def needs(self) -> Iterator[Need]:
        """Each once."""
        seen: set[str] = set()
        for service, operation, given in self.made:
            for need in self._needs(service, operation, given):
                if f"{need.action} {need.resource}" not in seen:
                    seen.add(f"{need.action} {need.resource}")
                    yield need

    def _needs(self, service: str, operation: str, given: Mapping[str, Any]) -> Iterator[Need]:
        call = f"{ACTIONS.get(service, service)}:{operation}"
        if call in NEEDS_NO_RIGHT:
            return
        for action in OTHERWISE.get(call, (call,)):
            for resource, context in self._resources(service, action, given, call):
                yield Need(action=action, resource=resource, context=context)

    def _resources(
        self, service: str, action: str, given: Mapping[str, Any], call: str
    ) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The resources that an action is asked for ("Service Authorization Reference")."""
        nothing: dict[str, str] = {}
        match service:
            case "s3" if call == "s3:CopyObject" and action == "s3:GetObject":
                # botocore has made a text of it.
                yield f"arn:aws:s3:::{given['CopySource']}", nothing
            case "s3":
                key = f"/{given['Key']}" if "Key" in given else ""
                yield f"arn:aws:s3:::{given['Bucket']}{key}", nothing
            case "elasticbeanstalk" if "Version" in action:
                label = given.get("VersionLabel") or given["VersionLabels"][0]
                yield arn(service, f"applicationversion/{given['ApplicationName']}/{label}"), nothing
                if action.endswith("CreateApplicationVersion"):
                    yield arn(service, f"application/{given['ApplicationName']}"), nothing
            case "elasticbeanstalk":
                name = given.get("EnvironmentName") or given["EnvironmentNames"][0]
                yield arn(service, f"environment/{APPLICATION}/{name}"), nothing
            case "ssm" if action == "ssm:SendCommand":
                yield arn(service, f"document/{given['DocumentName']}"), nothing
                for instance in given["InstanceIds"]:
                    yield arn("ec2", f"instance/{instance}"), self._tags_of_instance(instance)
            case "rds" if action == "rds:AddTagsToResource" and call != "rds:CreateDBSnapshot":
                yield arn(service, f"db:{given['DBInstanceIdentifier']}"), nothing
            case "rds":
                if "DBInstanceIdentifier" in given and action != "rds:AddTagsToResource":
                    yield arn(service, f"db:{given['DBInstanceIdentifier']}"), nothing
                if "DBSnapshotIdentifier" in given:
                    yield arn(service, f"snapshot:{given['DBSnapshotIdentifier']}"), nothing
                if "DBSubnetGroupName" in given:
                    yield arn(service, f"subgrp:{given['DBSubnetGroupName']}"), nothing
                    yield arn(service, f"pg:{given['DBParameterGroupName']}"), nothing
                    yield arn(service, f"og:{given.get('OptionGroupName', 'default:mysql-8-4')}"), nothing
            case "elbv2" if action.endswith("ModifyRule"):
                yield given["RuleArn"], nothing
            case "sns":
                yield given["TopicArn"], nothing
            case "secretsmanager" if "SecretId" in given:
                yield given["SecretId"], self._tags_of_secret(given["SecretId"])
            case _:
                # What AWS cannot limit to a resource.
                yield "*", nothing

    def _tags_of_instance(self, instance: str) -> dict[str, str]:
        found = self.aws.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        return {f"ssm:resourceTag/{tag['Key']}": tag["Value"] for tag in found["Tags"]}

    def _tags_of_secret(self, secret: str) -> dict[str, str]:
        tags = self.aws.client("secretsmanager").describe_secret(SecretId=secret)["Tags"]
        return {f"secretsmanager:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}


@pytest.fixture
def site(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedSite]:
    with site_of_the_tool(aws, monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def calls(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Records what is called with the tool's key from now on."""
    recorded, call = Calls(aws=aws), BaseClient._make_api_call

    def recording(client: Any, operation: str, given: dict[str, Any]) -> Any:
        if client._request_signer._credentials.access_key == OF_THE_TOOL:
            recorded.made.append((client.meta.service_model.service_name, operation, given))
        return call(client, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", recording)
    return recorded


@pytest.mark.row(19)
@pytest.mark.row(20)
@pytest.mark.long
def test_every_call_of_a_sites_life_is_allowed(
    site: DeployedSite, calls: Calls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first release, one that is taken back, a held one, the way back, a satellite, holds and questions."""
    first = planned(capsys, "-s", "prod", str(site.bundle(tmp_path, "r1")), "--first-admin-email", "you@client.url")
    assert shop_release(*first) == ExitCode.OK, capsys.readouterr().err
    site.facts = A_NEW_TABLE
    assert shop_release("upload", "-s", "prod", str(site.bundle(tmp_path, "r2"))) == ExitCode.OK
    additive = planned(capsys, "-s", "prod", "--uploaded", "r2")
    site.fails = {"verify-release": "the home page is 500 for squirrel-squirrel"}
    assert shop_release(*additive, "--notify") == ExitCode.FAILED
    ((_, _, told),) = [each for each in calls.made if each[0] == "sns"]
    assert told["Subject"] == "./shop release deploy -s prod failed"
    assert "the home page is 500 for [secret]" in told["Message"]
    site.fails = {}
    held = planned(capsys, "-s", "prod", str(site.bundle(tmp_path, "r3")), "--hold")
    assert shop_release(*held) == ExitCode.OK, capsys.readouterr().err
    site.facts = NOTHING_TO_DO
    assert shop_release("rollback", "-s", "prod") == ExitCode.OK, capsys.readouterr().err
    pim = planned(capsys, "-s", "prod", str(site.bundle_of_satellite(tmp_path, "pim-2")), "--app", "pim")
    assert shop_release(*pim) == ExitCode.OK, capsys.readouterr().err

    reason = ("--reason", "Wrong prices")
    assert shop_release("hold", "on", "-s", "prod", *reason, "--allow", "203.0.113.4") == ExitCode.OK
    assert shop_release("status", "-s", "prod") == ExitCode.FAILED
    assert shop_release("hold", "off", "-s", "prod", *reason) == ExitCode.OK
    assert shop_release("history", "-s", "prod") == ExitCode.OK
    site.fails = {"show-engine-log": "the agent is dead"}
    (instance,) = site.beanstalk.in_service(BACK_OFFICE)
    assert shop_release("diagnose", "-s", "prod", "--instance", instance) == ExitCode.OK
    assert f"log of {instance}" in capsys.readouterr().out
    assert shop_release("unlock", "-s", "prod", "--release", "none") == ExitCode.FAILED

    allowed = rights(hold_rules=tuple(site.hold_rules.values()), alarm_topic=site.alarm_topic).of_the_tool
    assert [f"{each.action} on {each.resource}" for each in calls.needs() if not each.is_met_by(allowed)] == []


# A refresh: what the role may do with another stack too.


def refresh_rights() -> RefreshRights:
    source = RefreshSource(
        environment="prod",
        stack_file=f"s3://{BUCKET}/client-magento-prod/stack.json",
        prefix="client-magento-prod",
        application=APPLICATION,
        back_office=BACK_OFFICE,
        document=f"{OWNER}-scrub-copy",
        database=DATABASE,
        subnet_group=DATABASE_GROUP,
        parameter_group=DATABASE_GROUP,
        key_arn=arn("kms", "key/1"),
    )
    return RefreshRights(
        region=REGION,
        account_id=ACCOUNT,
        client="client",
        stack="preprod",
        bucket=BUCKET,
        configuration_bucket=CONFIGURATION_BUCKET,
        prefix="client-magento-preprod",
        source=source,
    )


def test_the_policy_pack_has_the_same_list_for_a_refresh() -> None:
    assert actions_of(refresh_rights().statements) - LISTED == REFRESHING


@dataclass(kw_only=True)
class Refreshed:
    """Pre-production beside a site: what its stack says, and the two as the tool finds them where Pulumi is not."""

    production: DeployedSite
    hold_rules: dict[str, str]
    admin_secret: str
    alarm_topic: str

    @property
    def environments(self) -> tuple[str, str]:
        return (f"{REFRESHED}-back-office", f"{REFRESHED}-front")

    def outputs(self) -> dict[str, object]:
        back_office, front = self.environments
        return {
            **self.production.stack.outputs,
            "releases": f"s3://{BUCKET}/client-magento-preprod/",
            "release_documents": {each.name: f"{REFRESHED}-{each.name}" for each in DOCUMENTS},
            "front_environment": front,
            "back_office_environment": back_office,
            "database_endpoint": f"{REFRESHED_DATABASE}.abc.{REGION}.rds.amazonaws.com:3306",
            "admin_secret": self.admin_secret,
            "alarm_topic": self.alarm_topic,
            "hold_rules": self.hold_rules,
            "listener_rules": {"host_names": ["preprod.client.url"], "back_office_path": "backend"},
            "refreshes_from": {"stack": "prod", "stack_file": refresh_rights().source.stack_file},
        }

    def run(self, instance: str, asked: Answer) -> Answer:
        """What the instances of both print."""
        name, *lines = asked["Commands"]
        if name == "scrub-copy":
            given = dict(line.split("=", 1) for line in lines if "='" in line)
            clean = {"unlisted": [], "left": [], "tables": 320, "settings": 4}
            for parameter, body in (("DUMP", b"dump"), ("FACTS", json.dumps(clean).encode())):
                bucket, _, key = given[parameter].strip("'").removeprefix("s3://").partition("/")
                self.production.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return self.production._run(instance, asked)

    def allowed(self) -> tuple[Statement, ...]:
        """What the policies of pre-production's role allow."""
        changed: dict[str, Any] = {
            "environment": "preprod",
            "prefix": "client-magento-preprod",
            "documents": tuple(f"{REFRESHED}-{each.name}" for each in DOCUMENTS),
            "environments": tuple(arn("elasticbeanstalk", f"environment/{APPLICATION}/{e}") for e in self.environments),
            "databases": (REFRESHED_DATABASE,),
            "hold_rules": tuple(self.hold_rules.values()),
            "alarm_topic": self.alarm_topic,
        }
        return (*rights(**changed).of_the_tool, *refresh_rights().statements)


@pytest.fixture
def refreshed(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Refreshed]:
    with deployed_site(aws) as production:
        made, s3 = production.beanstalk, aws.client("s3")
        make_documents(aws, REFRESHED)
        make_database(aws, REFRESHED_DATABASE)
        preproduction = Refreshed(
            production=production,
            hold_rules=make_hold_rules(made, first=101),
            admin_secret=make_admin_secret(aws, "preprod"),
            alarm_topic=aws.client("sns").create_topic(Name=f"{REFRESHED}-alarms")["TopicArn"],
        )
        production.fleet.run = preproduction.run
        key = "client-magento-preprod/bundles/p1.zip"
        s3.put_object(Bucket=BUCKET, Key=key, Body=production.bundle(tmp_path, "p1").read_bytes())
        made.beanstalk.create_application_version(
            ApplicationName=APPLICATION, VersionLabel="p1", SourceBundle={"S3Bucket": BUCKET, "S3Key": key}
        )
        for priority, (name, paths) in enumerate(
            zip(preproduction.environments, ("/backend*", "/*"), strict=True), start=11
        ):
            rule = {"HostHeaders": "preprod.client.url", "PathPatterns": paths, "Process": "default"}
            made.create(
                name, rule={**rule, "Priority": str(priority)}, instances=1, Tags=tags("preprod"), VersionLabel="p1"
            )
        for stack, outputs in (("prod", dict(production.stack.outputs)), ("preprod", preproduction.outputs())):
            said = {"stack": stack, "region": REGION, "outputs": outputs}
            s3.put_object(Bucket=BUCKET, Key=f"client-magento-{stack}/stack.json", Body=json.dumps(said).encode())
        work_as_the_tool(aws, monkeypatch)
        monkeypatch.setattr("release.database_copy._POLL_SECONDS", 0.05)
        monkeypatch.setattr("release.snapshots._POLL_SECONDS", 0.05)
        monkeypatch.setattr("release.refresh.SETTLE_SECONDS", 0)
        yield preproduction


def of_stack(name: str) -> str:
    return f"s3://{BUCKET}/client-magento-{name}/stack.json"


@pytest.mark.row(5)
@pytest.mark.long
def test_every_call_of_a_refresh_is_allowed_and_each_right_is_used(
    refreshed: Refreshed,
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By the role of pre-production, where there is neither Pulumi nor its state. Production has no release at first,
    then one, and one refresh fails. Nobody there may know production's secrets: nothing of what its instance says is
    printed or sent."""
    site, refresh = refreshed.production, ("refresh", "-s", "preprod", "--new", "--confirm", "preprod", "--notify")
    monkeypatch.setenv(STACK_FILE, of_stack("preprod"))
    assert shop_release(*refresh) == ExitCode.COULD_NOT_RUN
    assert f"{BACK_OFFICE} runs placeholder: got no .platform/scrub_copy.php" in capsys.readouterr().err

    monkeypatch.setenv(STACK_FILE, of_stack("prod"))
    of_a_refresh = list(calls.made)
    first = planned(capsys, "-s", "prod", str(site.bundle(tmp_path, "r1")), "--first-admin-email", "you@client.url")
    assert shop_release(*first) == ExitCode.OK, capsys.readouterr().err
    eventually(lambda: site.beanstalk.environment(BACK_OFFICE)["Status"], wanted=lambda status: status == "Ready")
    calls.made[:] = of_a_refresh

    monkeypatch.setenv(STACK_FILE, of_stack("preprod"))
    site.fails = {"scrub-copy": "the password is squirrel-squirrel"}
    assert shop_release(*refresh) == ExitCode.FAILED
    ((_, _, told),) = [each for each in calls.made if each[0] == "sns"]
    assert told["Subject"] == "./shop release refresh -s preprod failed"
    for said in (capsys.readouterr().err, told["Message"]):
        assert "squirrel" not in said
        assert "scrub-copy ended with Failed: [secret]" in said
    site.fails = {}
    ran = len(site.ran)
    assert shop_release(*refresh) == ExitCode.OK, capsys.readouterr().err
    assert [name for _, name in site.ran[ran:]] == [
        "scrub-copy",
        "pause-writers",
        "load-copy",
        *("verify-release", "verify-release"),
        "resume-writers",
    ]
    found = site.aws.client("rds").describe_db_instances()["DBInstances"]
    assert {each["DBInstanceIdentifier"] for each in found} == {DATABASE, SHARED_DATABASE, REFRESHED_DATABASE}

    needs = list(calls.needs())
    assert [f"{each.action} on {each.resource}" for each in needs if not each.is_met_by(refreshed.allowed())] == []
    unused = [
        f"{action} on {resource}"
        for statement in refresh_rights().statements
        for action in statement["Action"]  # type: ignore[attr-defined]
        for resource in statement["Resource"]  # type: ignore[attr-defined]
        if action not in BESIDE_A_REFRESH | OF_TWO_INSTANCES
        and not any(each.action == action and fnmatchcase(each.resource, resource) for each in needs)
    ]
    assert unused == []
