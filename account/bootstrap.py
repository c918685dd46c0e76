"""Prepares an AWS account for the stacks: the bucket of their state, and what AWS needs once in each account.

    ./shop bootstrap --region eu-west-3

creates, unless it exists:
- the state bucket: versioned, encrypted, private, TLS only, with old versions that expire;
- the KMS key, with an alias, that encrypts the bucket and the stacks' secrets;
- EBS encryption by default in the region, since Beanstalk has no option for its instances' disks;
- the service-linked roles: without them AWS refuses the first search domain, cache, database or environment;
- with ``--github-repository owner/name``, the role of the workflow that checks the policies (``github_role.py``).

It first says which quotas of the account are too small for the stacks.

It uses the AWS credentials of the shell (profile, environment or role) and prints the commands to run next.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from account import quotas
from account.github_role import ENVIRONMENTS, REPOSITORY, GitHubRole
from commands import credentials, shell, stack_yaml
from commands.errors import CannotRunError, CommandError

SERVICE_LINKED_ROLES = (
    "opensearchservice.amazonaws.com",
    "elasticache.amazonaws.com",
    "rds.amazonaws.com",
    "elasticbeanstalk.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "autoscaling.amazonaws.com",
)
"""AWS creates most of them when needed, if the caller may. It refuses a search domain in a VPC without its role."""

_PROJECT = Path(__file__).parent.parent
PARTITION = "aws"
"""The stacks' ARNs begin with ``arn:aws:``, so they stand in no region of China or of a government."""

_BUCKET_NAME = re.compile(r"(?!xn--)(?!.*-s3alias$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
"""S3's rules, without dots: S3's certificates do not match bucket names with a dot."""


class BootstrapError(CommandError):
    """The account cannot be prepared. The message says why."""


class BadOptionError(CannotRunError):
    """An option has a value that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class BootstrapSettings:
    """What to create, and its names."""

    region: str
    client: str = "client"
    state_bucket: str = ""
    """`<client>-pulumi-state-storage` unless set."""
    keep_days: int = 90
    """How long S3 keeps a version of the state after it was replaced."""
    github_repository: str = ""
    """``owner/name`` of the repository whose workflow checks the policies. Without it, no role is made."""

    def __post_init__(self) -> None:
        if not _BUCKET_NAME.fullmatch(self.bucket):
            raise BadOptionError(
                f"--state-bucket: got {self.bucket!r}, expected 3 to 63 lower-case letters, digits and hyphens"
            )
        if self.keep_days < 1:
            raise BadOptionError(f"--keep-days: got {self.keep_days}, expected 1 or more")
        if self.github_repository and not REPOSITORY.fullmatch(self.github_repository):
            raise BadOptionError(f"--github-repository: got {self.github_repository!r}, expected owner/name")

    @property
    def bucket(self) -> str:
        return self.state_bucket or f"{self.client}-pulumi-state-storage"

    @property
    def key_alias(self) -> str:
        return f"alias/{self.client}-pulumi-secrets"

    @property
    def backend(self) -> str:
        return f"s3://{self.bucket}?region={self.region}"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One AWS account and region, with a session of its credentials."""

    session: boto3.Session
    region: str
    account_id: str
    partition: str

    @classmethod
    def of(cls, session: boto3.Session, region: str) -> Account:
        """Raises `BadOptionError` for an unknown region, and botocore's errors without valid credentials."""
        if region not in session.get_available_regions("s3", partition_name=PARTITION):
            raise BadOptionError(
                f"--region: got {region!r}, expected a region of the partition {PARTITION}, such as eu-west-3"
            )
        caller = session.client("sts", region_name=region).get_caller_identity()
        return cls(session=session, region=region, account_id=caller["Account"], partition=caller["Arn"].split(":")[1])

    def client(self, service: str) -> Any:
        return self.session.client(service, region_name=self.region)


def bootstrap(account: Account, settings: BootstrapSettings) -> list[str]:
    """Create what is missing, and return what was created. Raises `BootstrapError`, or botocore's errors."""
    made = []
    # First, because it can be refused, and then nothing else must be created.
    if _ensure_bucket(account, settings):
        made.append(f"bucket {settings.bucket}")
    key_arn, key_is_new = _ensure_key(account.client("kms"), settings)
    if key_is_new:
        made.append(f"KMS key {settings.key_alias}")
    _secure_bucket(account, settings, key_arn)
    if _ensure_disk_encryption(account.client("ec2")):
        made.append(f"encryption by default of new disks in {settings.region}")
    made += [f"service-linked role of {service}" for service in _ensure_roles(account.client("iam"))]
    if settings.github_repository:
        made += _github_role(account, settings, key_arn).ensure(account.client("iam"))
    return made


def _github_role(account: Account, settings: BootstrapSettings, key_arn: str) -> GitHubRole:
    return GitHubRole(
        client=settings.client,
        account_id=account.account_id,
        repository=settings.github_repository,
        bucket=settings.bucket,
        key_arn=key_arn,
    )


def _ensure_key(kms: Any, settings: BootstrapSettings) -> tuple[str, bool]:
    """The ARN of the alias's key, and whether it was created now."""
    try:
        key = kms.describe_key(KeyId=settings.key_alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        key = kms.create_key(Description=f"Encrypts the Pulumi state and secrets of {settings.client}")["KeyMetadata"]
        kms.create_alias(AliasName=settings.key_alias, TargetKeyId=key["KeyId"])
        is_new = True
    else:
        is_new = False
        if not key["Enabled"]:
            raise BootstrapError(
                f"{settings.key_alias}: got state {key['KeyState']}, expected Enabled. Enable the key, or cancel its "
                "deletion: without it the secrets of the stacks cannot be read."
            )
    kms.enable_key_rotation(KeyId=key["KeyId"])
    return key["Arn"], is_new


def _ensure_disk_encryption(ec2: Any) -> bool:
    """Whether it was turned on now ("Enable Amazon EBS encryption by default"). Existing disks stay as they are."""
    if ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]:
        return False
    ec2.enable_ebs_encryption_by_default()
    return True


def _ensure_bucket(account: Account, settings: BootstrapSettings) -> bool:
    """Whether the bucket was created now. Raises `BootstrapError` when it exists in another account or region."""
    s3 = account.client("s3")
    try:
        s3.head_bucket(Bucket=settings.bucket, ExpectedBucketOwner=account.account_id)
    except ClientError as error:
        match error.response["ResponseMetadata"]["HTTPStatusCode"]:
            case 404:
                pass
            case 403:
                raise BootstrapError(
                    f"bucket {settings.bucket}: it belongs to another account, or these credentials may not read it. "
                    "Choose another name with --state-bucket."
                ) from error
            case _:
                raise
    else:
        where = s3.get_bucket_location(Bucket=settings.bucket)["LocationConstraint"] or "us-east-1"
        if where != account.region:
            raise BootstrapError(f"bucket {settings.bucket}: got region {where}, expected {account.region}")
        return False
    # S3 accepts every region here except us-east-1.
    place = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    try:
        s3.create_bucket(Bucket=settings.bucket, **({"CreateBucketConfiguration": place} if place else {}))
    except s3.exceptions.BucketAlreadyExists as error:
        raise BootstrapError(
            f"bucket {settings.bucket}: it belongs to another account. Choose another name with --state-bucket."
        ) from error
    s3.get_waiter("bucket_exists").wait(Bucket=settings.bucket)
    return True


def _secure_bucket(account: Account, settings: BootstrapSettings, key_arn: str) -> None:
    """Turn on every protection, also for a bucket that existed."""
    s3 = account.client("s3")
    bucket = {"Bucket": settings.bucket, "ExpectedBucketOwner": account.account_id}
    s3.put_public_access_block(
        **bucket,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    s3.put_bucket_encryption(
        **bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": True}]
        },
    )
    s3.put_bucket_lifecycle_configuration(
        **bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "old-versions-expire",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": settings.keep_days},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        },
    )
    s3.put_bucket_policy(**bucket, Policy=json.dumps(tls_only_policy(account.partition, settings.bucket)))


def tls_only_policy(partition: str, bucket: str) -> dict[str, Any]:
    """A bucket policy that refuses every request over plain HTTP."""
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _ensure_roles(iam: Any) -> list[str]:
    """The services whose role was created now."""
    return [service for service in SERVICE_LINKED_ROLES if _ensure_role(iam, service)]


def _ensure_role(iam: Any, service: str) -> bool:
    if iam.list_roles(PathPrefix=f"/aws-service-role/{service}/")["Roles"]:
        return False
    try:
        iam.create_service_linked_role(AWSServiceName=service)
    except iam.exceptions.InvalidInputException as error:
        # AWS's answer when the role was created just before.
        if "has been taken" not in str(error):
            raise
        return False
    return True


def next_commands(settings: BootstrapSettings) -> str:
    """Commands to paste: they create the stacks with the bucket and the key."""
    provider = f"awskms://{settings.key_alias}?region={settings.region}"
    return "\n".join(
        [
            f"pulumi login '{settings.backend}'",
            *(f"pulumi stack init {stack} --secrets-provider '{provider}'" for stack in ("prod", "preprod")),
        ]
    )


def github_steps(account: Account, settings: BootstrapSettings) -> str:
    """What to set in GitHub. The environments come first, because GitHub makes a missing one without any rules."""
    preview, nightly = ENVIRONMENTS
    role = f"arn:aws:iam::{account.account_id}:role/{GitHubRole.name_for(settings.client)}"
    return "\n".join(
        [
            f"Set in https://github.com/{settings.github_repository}/settings, in this order:",
            f"1. the environment {preview}: required reviewers, and the secrets CERTIFICATE, CERTIFICATE_KEY and",
            "   CERTIFICATE_CHAIN, which are the files that the stack file names",
            f"2. the environment {nightly}: only the branch main may deploy",
            "3. the variables of the repository:",
            f"   AWS_POLICY_ROLE_ARN={role}",
            f"   AWS_REGION={settings.region}",
            f"   PULUMI_BACKEND_URL={settings.backend}",
        ]
    )


def _to_raise(account: Account) -> Iterator[str]:
    """What the account's quotas are short of, for the project's stacks in the region, with the commands to raise them.

    The quotas do not keep the account from being prepared.
    """
    stacks, unread = quotas.stacks_of(_PROJECT, account.region)
    for name in unread:
        why = stack_yaml.slip_in(_PROJECT / name) or f"{name}: it is invalid, and `pulumi preview` says why."
        yield f"{why} Its stack is not counted in the quotas."
    try:
        found = list(quotas.shortages(account.session, account.region, stacks))
    except ClientError as error:
        yield f"Quotas: AWS did not answer ({error}). Look at them in the Service Quotas console before `pulumi up`."
        return
    if found:
        yield f"Raise these quotas of account {account.account_id} first: `pulumi up` would stop half-way."
    for each in found:
        yield from (f"  {each}", f"    {each.command(account.region)}")


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog="Exit codes: 0 ready; 1 AWS refused; 2 an option is wrong, or there are no credentials.")
def prepare(
    region: Annotated[str, typer.Option(help="The region of the stacks and their state, such as eu-west-3.")],
    client: Annotated[str, typer.Option(help="The prefix of all names.")] = "client",
    state_bucket: Annotated[str, typer.Option(help="The bucket; by default <client>-pulumi-state-storage.")] = "",
    keep_days: Annotated[int, typer.Option(help="Days to keep old versions of the state.")] = 90,
    github_repository: Annotated[
        str, typer.Option(help="Also make the role of this repository's policy checks: owner/name.")
    ] = "",
) -> None:
    """Prepare an AWS account for the stacks. You can run it again: it keeps what exists.

    It uses the AWS credentials of your shell: a profile, environment variables or a role.
    """
    settings = BootstrapSettings(
        region=region,
        client=client,
        state_bucket=state_bucket,
        keep_days=keep_days,
        github_repository=github_repository,
    )
    try:
        account = Account.of(boto3.Session(), region)
        for line in _to_raise(account):
            typer.echo(line)
        made = bootstrap(account, settings)
    except (BotoCoreError, ClientError) as error:
        if told := credentials.complaint(error):
            raise CannotRunError(told) from None
        raise CommandError(f"AWS did not do it: {error}") from None
    for thing in made:
        typer.echo(f"created {thing}")
    if settings.github_repository:
        typer.echo(f"{github_steps(account, settings)}\n")
    typer.echo(f"Account {account.account_id} is ready. Next:\n\n{next_commands(settings)}")


if __name__ == "__main__":
    sys.exit(shell.run(app, name="python -m account.bootstrap"))
