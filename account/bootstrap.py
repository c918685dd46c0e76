"""Prepare an AWS account for the stacks: where their state is kept, and what AWS wants there once an account.

    python -m account.bootstrap --region eu-west-3

makes, or leaves as it is where it is there already:
- the state bucket: versioned, encrypted, private, TLS only, old versions expiring;
- the KMS key, with an alias, that encrypts the bucket and the stacks' secrets;
- encryption by default of the region's disks, since Beanstalk has no option for those of its instances;
- the service-linked roles without which a first domain, cache, database or environment is refused.

It takes the account from the usual AWS settings (profile, environment, role) and prints the commands to go on with.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

SERVICE_LINKED_ROLES = (
    "opensearchservice.amazonaws.com",
    "elasticache.amazonaws.com",
    "rds.amazonaws.com",
    "elasticbeanstalk.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "autoscaling.amazonaws.com",
)
"""AWS makes most of them by itself when the caller may; a domain inside a VPC is refused until its own is there."""

_BUCKET_NAME = re.compile(r"(?!xn--)(?!.*-s3alias$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
"""S3's rules, without dots: their certificates do not match bucket names that hold one."""


class BootstrapError(Exception):
    """Why the account cannot be prepared, fit to print as it is."""


@dataclass(frozen=True, kw_only=True)
class BootstrapSettings:
    """What is made, and what it is called."""

    region: str
    client: str = "client"
    state_bucket: str = ""
    """`<client>-pulumi-state-storage` unless set."""
    keep_days: int = 90
    """How long a version of the state outlives the one that replaced it."""

    def __post_init__(self) -> None:
        if not _BUCKET_NAME.fullmatch(self.bucket):
            raise BootstrapError(
                f"state bucket must be 3 to 63 lower-case letters, digits and hyphens, got {self.bucket!r}"
            )
        if self.keep_days < 1:
            raise BootstrapError(f"keep days must be at least 1, got {self.keep_days}")

    @property
    def bucket(self) -> str:
        return self.state_bucket or f"{self.client}-pulumi-state-storage"

    @property
    def key_alias(self) -> str:
        return f"alias/{self.client}-pulumi-secrets"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One AWS account and region, through a session with its credentials."""

    session: boto3.Session
    region: str
    account_id: str
    partition: str

    @classmethod
    def of(cls, session: boto3.Session, region: str) -> Account:
        """Raises `BootstrapError` when there is no such region or no valid credentials."""
        if region not in {name for part in session.get_available_partitions() for name in _regions(session, part)}:
            raise BootstrapError(f"region must be one that AWS has, got {region!r}")
        caller = session.client("sts", region_name=region).get_caller_identity()
        return cls(session=session, region=region, account_id=caller["Account"], partition=caller["Arn"].split(":")[1])

    def client(self, service: str) -> Any:
        return self.session.client(service, region_name=self.region)


def _regions(session: boto3.Session, partition: str) -> list[str]:
    regions: list[str] = session.get_available_regions("s3", partition_name=partition)
    return regions


def bootstrap(account: Account, settings: BootstrapSettings) -> list[str]:
    """Make what is missing; what was made. Raises `BootstrapError`, or botocore's errors as they come."""
    made = []
    # First, as it is what can be refused: nothing else is made then.
    if _ensure_bucket(account, settings):
        made.append(f"bucket {settings.bucket}")
    key_arn, key_is_new = _ensure_key(account.client("kms"), settings)
    if key_is_new:
        made.append(f"KMS key {settings.key_alias}")
    _secure_bucket(account, settings, key_arn)
    if _ensure_disk_encryption(account.client("ec2")):
        made.append(f"encryption by default of new disks in {settings.region}")
    made += [f"service-linked role of {service}" for service in _ensure_roles(account.client("iam"))]
    return made


def _ensure_key(kms: Any, settings: BootstrapSettings) -> tuple[str, bool]:
    """The ARN of the key behind the alias, and whether it was made now."""
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
                f"{settings.key_alias} is {key['KeyState']}: enable it, or cancel its deletion. "
                "Without it the secrets of the stacks cannot be read."
            )
    kms.enable_key_rotation(KeyId=key["KeyId"])
    return key["Arn"], is_new


def _ensure_disk_encryption(ec2: Any) -> bool:
    """Whether it was switched on now ("Enable Amazon EBS encryption by default"); disks that are there stay."""
    if ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]:
        return False
    ec2.enable_ebs_encryption_by_default()
    return True


def _ensure_bucket(account: Account, settings: BootstrapSettings) -> bool:
    """Whether the bucket was made now. Raises `BootstrapError` when its name is another account's or region's."""
    s3 = account.client("s3")
    try:
        s3.head_bucket(Bucket=settings.bucket, ExpectedBucketOwner=account.account_id)
    except ClientError as error:
        match error.response["ResponseMetadata"]["HTTPStatusCode"]:
            case 404:
                pass
            case 403:
                raise BootstrapError(
                    f"bucket {settings.bucket} belongs to another account, or these credentials may not see it"
                ) from error
            case _:
                raise
    else:
        where = s3.get_bucket_location(Bucket=settings.bucket)["LocationConstraint"] or "us-east-1"
        if where != account.region:
            raise BootstrapError(f"bucket {settings.bucket} exists in {where}, not in {account.region}")
        return False
    # us-east-1 is the one region that must not be named.
    place = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    try:
        s3.create_bucket(Bucket=settings.bucket, **({"CreateBucketConfiguration": place} if place else {}))
    except s3.exceptions.BucketAlreadyExists as error:
        raise BootstrapError(f"bucket {settings.bucket} belongs to another account: choose another name") from error
    s3.get_waiter("bucket_exists").wait(Bucket=settings.bucket)
    return True


def _secure_bucket(account: Account, settings: BootstrapSettings, key_arn: str) -> None:
    """Put every protection in place, whoever made the bucket."""
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
    """The services whose role was made now."""
    return [service for service in SERVICE_LINKED_ROLES if _ensure_role(iam, service)]


def _ensure_role(iam: Any, service: str) -> bool:
    if iam.list_roles(PathPrefix=f"/aws-service-role/{service}/")["Roles"]:
        return False
    try:
        iam.create_service_linked_role(AWSServiceName=service)
    except iam.exceptions.InvalidInputException as error:
        # AWS's answer when the role was made meanwhile.
        if "has been taken" not in str(error):
            raise
        return False
    return True


def next_commands(settings: BootstrapSettings) -> str:
    """What to paste to make the stacks on the bucket and the key."""
    provider = f"awskms://{settings.key_alias}?region={settings.region}"
    return "\n".join(
        [
            f"pulumi login 's3://{settings.bucket}?region={settings.region}'",
            *(f"pulumi stack init {stack} --secrets-provider '{provider}'" for stack in ("prod", "preprod")),
        ]
    )


def _settings(arguments: list[str]) -> BootstrapSettings:
    defaults = BootstrapSettings(region="")
    parser = argparse.ArgumentParser(description="Prepare an AWS account for the stacks. Safe to run again.")
    parser.add_argument("--region", required=True, help="of the state bucket and its key, such as eu-west-3")
    parser.add_argument("--client", default=defaults.client, help="begins the names (default: %(default)s)")
    parser.add_argument("--state-bucket", default="", help="default: <client>-pulumi-state-storage")
    parser.add_argument(
        "--keep-days", type=int, default=defaults.keep_days, help="of replaced state versions (default: %(default)s)"
    )
    return BootstrapSettings(**vars(parser.parse_args(arguments)))


def main(arguments: list[str]) -> int:
    """The exit code: 0 when the account is ready, 1 with one line on standard error when it is not."""
    try:
        settings = _settings(arguments)
        account = Account.of(boto3.Session(), settings.region)
        made = bootstrap(account, settings)
    except (BootstrapError, BotoCoreError, ClientError) as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    for thing in made:
        print(f"made {thing}")
    print(f"Account {account.account_id} is ready. Next:\n\n{next_commands(settings)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
