"""The rights of `./shop release`: every call that it makes is allowed by the role's policy, and nothing else is."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.client import BaseClient

from commands.errors import ExitCode
from components.site.release_documents import DOCUMENTS
from components.site.release_rights import ReleaseRights, Statement
from policies.rules.access.release_role import LISTED
from sandbox.tests.emulator.aws_process import ACCOUNT, REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import APPLICATION
from tests.release.deployed_site import (
    A_NEW_TABLE,
    BACK_OFFICE,
    BUCKET,
    CONFIGURATION_BUCKET,
    DATABASE,
    FRONT,
    NOTHING_TO_DO,
    OF_SATELLITE,
    OF_THE_TOOL,
    OWNER,
    SHARED_DATABASE,
    DeployedSite,
    planned,
    shop_release,
    site_of_the_tool,
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
    "rds:CreateDBSnapshot": ("rds:CreateDBSnapshot", "rds:AddTagsToResource"),
}
"""Calls whose actions have other names, or that need more than one ("Service Authorization Reference")."""
WITH_BEANSTALK = "elasticbeanstalk:environment-name"
OF_PEOPLE = {"database_copy.py", "drill.py", "failover.py", "refresh.py"}
"""What makes, deletes and reboots databases is no command of the role: people with rights of their own run it."""
BESIDE = {"kms:Decrypt", "kms:GenerateDataKey"}
"""What S3 and Secrets Manager do with the caller's rights on what is encrypted."""


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
            for resource, context in self._resources(service, action, given):
                yield Need(action=action, resource=resource, context=context)

    def _resources(
        self, service: str, action: str, given: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The resources that an action is asked for ("Service Authorization Reference")."""
        nothing: dict[str, str] = {}
        match service:
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
            case "rds":
                if "DBInstanceIdentifier" in given and action != "rds:AddTagsToResource":
                    yield arn(service, f"db:{given['DBInstanceIdentifier']}"), nothing
                if "DBSnapshotIdentifier" in given:
                    yield arn(service, f"snapshot:{given['DBSnapshotIdentifier']}"), nothing
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
