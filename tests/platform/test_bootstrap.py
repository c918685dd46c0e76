"""Preparing an account for the stacks: the real command, against the embedded AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from account import bootstrap, quotas
from account.bootstrap import Account, BootstrapError, BootstrapSettings
from commands import shell
from sandbox.commands import embedded_aws
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.layout import Layout
from sandbox.emulator.shared_loaders import share_loaders

_REGION = "eu-west-3"

# Each run of the command has a session of its own, which would read AWS's models anew.
share_loaders()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an embedded AWS that holds nothing."""
    layout = Layout(project=tmp_path_factory.mktemp("account"))
    server = embedded_aws.ensure_running(layout).server
    yield SandboxEnvironment(layout=layout, port=server.port).variables()
    embedded_aws.stop(layout)


@pytest.fixture(autouse=True)
def _in_the_account(account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in account.items():
        monkeypatch.setenv(name, value)


def _client(service: str, region: str = _REGION) -> Any:
    return boto3.client(service, region_name=region)


def _run(*arguments: str, region: str = _REGION) -> int:
    return _exit_code("--region", region, *arguments)


def _exit_code(*arguments: str) -> int:
    return shell.run(bootstrap.app, name="bootstrap", arguments=arguments)


def test_the_state_bucket_is_versioned_encrypted_private_and_tls_only() -> None:
    """The state describes the whole platform: it must be neither lost nor leaked."""
    assert _run("--client", "shop", "--keep-days", "30") == 0
    s3, bucket = _client("s3"), {"Bucket": "shop-pulumi-state-storage"}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = _client("kms").describe_key(KeyId="alias/shop-pulumi-secrets")["KeyMetadata"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}
    (expiry,) = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert expiry["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    (statement,) = json.loads(s3.get_bucket_policy(**bucket)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_quotas_that_are_too_small_are_said_first(capsys: pytest.CaptureFixture[str]) -> None:
    """A new account has five vCPUs and five addresses. Production takes five, so one more in use is one too many; what
    carries the client's tag is the stacks' own."""
    ec2 = _client("ec2")
    assert _run("--client", "quotas") == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith("Raise these quotas of account 123456789012 first")
    vcpus = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances: got 5, expected 44 or more: 44 for the"
    assert vcpus in said
    assert "--service-code ec2 --quota-code L-1216C47A --desired-value 44" in said
    assert "Elastic IPs" not in said
    assert "VPCs" not in said
    own = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Client", "Value": "client"}]}]
    allocated = [ec2.allocate_address(Domain="vpc", TagSpecifications=own), ec2.allocate_address(Domain="vpc")]
    assert _run("--client", "quotas") == 0
    assert "EC2-VPC Elastic IPs: got 5, expected 6 or more: 5 for the stacks and 1 in use by others" in (
        capsys.readouterr().out
    )
    for each in allocated:
        ec2.release_address(AllocationId=each["AllocationId"])


def test_quotas_that_nobody_may_read_are_no_reason_to_stop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> Iterator[object]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not allowed"}}, "GetServiceQuota")

    monkeypatch.setattr(quotas, "shortages", denied)
    assert _run("--client", "unread") == 0
    assert capsys.readouterr().out.startswith("Quotas: AWS did not answer (")


def test_the_key_of_the_secrets_is_rotated() -> None:
    """AWS rotates it every year, without a change of a stack."""
    assert _run("--client", "rotated") == 0
    kms = _client("kms")
    key = kms.describe_key(KeyId="alias/rotated-pulumi-secrets")["KeyMetadata"]
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]


def test_new_disks_are_encrypted_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Beanstalk's instances have no option for it. What was on already is not listed."""
    _client("ec2").disable_ebs_encryption_by_default()
    assert _run("--client", "disks") == 0
    assert _client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert "created encryption by default of new disks in eu-west-3" in capsys.readouterr().out
    assert _run("--client", "disks") == 0
    assert "created" not in capsys.readouterr().out


def test_a_second_run_makes_nothing_and_mends_what_was_weakened(capsys: pytest.CaptureFixture[str]) -> None:
    """You can run it again at any time."""
    assert _run("--client", "twice") == 0
    first = capsys.readouterr().out
    assert "created bucket twice-pulumi-state-storage" in first
    s3 = _client("s3")
    s3.delete_public_access_block(Bucket="twice-pulumi-state-storage")
    keys = len(_client("kms").list_keys()["Keys"])
    assert _run("--client", "twice") == 0
    assert "created" not in capsys.readouterr().out
    assert len(_client("kms").list_keys()["Keys"]) == keys
    assert s3.get_public_access_block(Bucket="twice-pulumi-state-storage")


def test_the_commands_to_go_on_with_name_the_bucket_and_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    """You can paste them as they are."""
    assert _run("--client", "printed", "--state-bucket", "printed-state") == 0
    assert capsys.readouterr().out.rstrip().splitlines()[-3:] == [
        "pulumi login 's3://printed-state?region=eu-west-3'",
        "pulumi stack init prod --secrets-provider 'awskms://alias/printed-pulumi-secrets?region=eu-west-3'",
        "pulumi stack init preprod --secrets-provider 'awskms://alias/printed-pulumi-secrets?region=eu-west-3'",
    ]


def test_the_role_of_the_policy_checks_reads_and_decrypts_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """For runs of two environments of one repository. A second run mends what was weakened."""
    arguments = ("--client", "checked", "--github-repository", "agency/shop")
    assert _run(*arguments) == 0
    said = capsys.readouterr().out
    assert "created role checked-policies" in said
    assert "AWS_POLICY_ROLE_ARN=arn:aws:iam::123456789012:role/checked-policies" in said
    assert "PULUMI_BACKEND_URL=s3://checked-pulumi-state-storage?region=eu-west-3" in said
    iam = _client("iam")

    def trust() -> dict[str, Any]:
        document: dict[str, Any] = iam.get_role(RoleName="checked-policies")["Role"]["AssumeRolePolicyDocument"]
        return document

    (statement,) = trust()["Statement"]
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    assert statement["Principal"] == {"Federated": provider}
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ClientIDList"] == ["sts.amazonaws.com"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                "repo:agency/shop:environment:policies-preview",
                "repo:agency/shop:environment:policies-nightly",
            ],
        }
    }
    rights = iam.get_role_policy(RoleName="checked-policies", PolicyName="preview")["PolicyDocument"]["Statement"]
    key = _client("kms").describe_key(KeyId="alias/checked-pulumi-secrets")["KeyMetadata"]["Arn"]
    assert {each["Resource"]: each["Action"] for each in rights} == {
        "arn:aws:s3:::checked-pulumi-state-storage": ["s3:ListBucket"],
        "arn:aws:s3:::checked-pulumi-state-storage/.pulumi/*": ["s3:GetObject"],
        key: ["kms:Decrypt"],
        "*": ["ec2:DescribeImages", "elasticbeanstalk:ListAvailableSolutionStacks"],
    }
    assert iam.list_attached_role_policies(RoleName="checked-policies")["AttachedPolicies"] == []
    weak = {**statement, "Condition": {}}
    iam.update_assume_role_policy(
        RoleName="checked-policies", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [weak]})
    )
    assert _run(*arguments) == 0
    assert "created" not in capsys.readouterr().out
    assert trust()["Statement"] == [statement]


def test_a_domain_inside_a_vpc_finds_its_service_linked_role() -> None:
    """AWS refuses an account's first domain without the role, and Pulumi's error does not say what to do."""
    assert _run() == 0
    iam = _client("iam")
    for service in bootstrap.SERVICE_LINKED_ROLES:
        assert len(iam.list_roles(PathPrefix=f"/aws-service-role/{service}/")["Roles"]) == 1


def test_us_east_1_is_a_region_like_any_other() -> None:
    """S3 refuses the name of this region where it requires the name of every other."""
    assert _run("--client", "american", region="us-east-1") == 0
    assert _client("s3").get_bucket_location(Bucket="american-pulumi-state-storage")["LocationConstraint"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--region", "eu-nowhere-3"], "--region: got 'eu-nowhere-3', expected "),
        (["--region", "cn-north-1"], "--region: got 'cn-north-1', expected a region of the partition aws"),
        (["--region", _REGION, "--state-bucket", "Upper_Case"], "--state-bucket: got 'Upper_Case', expected "),
        (["--region", _REGION, "--state-bucket", "ab"], "--state-bucket: got 'ab', expected "),
        (["--region", _REGION, "--keep-days", "0"], "--keep-days: got 0, expected "),
        (["--region", _REGION, "--github-repository", "shop"], "--github-repository: got 'shop', expected owner/name"),
    ],
)
def test_a_bad_argument_is_one_line_and_makes_nothing(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every option is checked before the first call to AWS."""
    before = _client("s3").list_buckets()["Buckets"]
    assert _exit_code(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(message)
    assert _client("s3").list_buckets()["Buckets"] == before


def test_a_bucket_in_another_region_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """No key is created for it."""
    assert _run("--client", "wandering", region="us-east-1") == 0
    assert _run("--client", "wandering") == 1
    assert capsys.readouterr().err == (
        "bucket wandering-pulumi-state-storage: got region us-east-1, expected eu-west-3\n"
    )
    aliases = {alias["AliasName"] for alias in _client("kms").list_aliases()["Aliases"]}
    assert "alias/wandering-pulumi-secrets" not in aliases


@pytest.mark.parametrize(
    ("head_status", "create_code"), [(403, None), (404, "BucketAlreadyExists")], ids=["seen", "taken meanwhile"]
)
def test_a_bucket_of_another_account_is_refused(head_status: int, create_code: str | None) -> None:
    """Bucket names are global: another account's bucket must never receive this state.

    AWS's answers are stubbed, since moto lets every account have every bucket.
    """
    s3 = _client("s3")
    with Stubber(s3) as aws:
        aws.add_client_error("head_bucket", http_status_code=head_status)
        if create_code:
            aws.add_client_error("create_bucket", service_error_code=create_code, http_status_code=409)
        session: Any = SimpleNamespace(client=lambda *_, **__: s3)
        account = Account(session=session, region=_REGION, account_id="123456789012", partition="aws")
        with pytest.raises(BootstrapError, match="bucket theirs: it belongs to another account"):
            bootstrap.bootstrap(account, BootstrapSettings(region=_REGION, state_bucket="theirs"))


def test_a_key_that_will_be_deleted_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """New secrets would be lost with it."""
    assert _run("--client", "leaving") == 0
    key = _client("kms").describe_key(KeyId="alias/leaving-pulumi-secrets")["KeyMetadata"]
    _client("kms").schedule_key_deletion(KeyId=key["KeyId"])
    assert _run("--client", "leaving") == 1
    assert "alias/leaving-pulumi-secrets: got state PendingDeletion" in capsys.readouterr().err


def test_no_credentials_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The most common error of a first run."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert _run() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Unable to locate credentials" in line


def test_no_sandbox_is_named_in_the_command() -> None:
    """The sandbox runs the same command as a real account."""
    assert bootstrap.__file__ is not None
    assert "sandbox" not in Path(bootstrap.__file__).read_text(encoding="utf-8")
