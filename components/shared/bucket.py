"""A private bucket, with the rules that its purpose adds."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import document, only_over_tls
from settings.bucket import Purpose

_KEEPS_VERSIONS = {Purpose.SITE_CONFIGURATION}
"""A release names the version of the configuration that its instances fetch, and may run for years."""


_ENCRYPTED_BY_S3 = {Purpose.COST_REPORTS, Purpose.LOAD_BALANCER_LOGS, Purpose.CONTENT_DELIVERY_LOGS}
"""AWS's services need buckets with S3's own keys ("Enable access logs for your Application Load Balancer")."""

_REPORTS = {"cur": "definition/*", "bcm-data-exports": "export/*"}
"""The exports of AWS's billing, by service. AWS checks that a bucket allows both when an export is made."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """What the bucket is for, and how long objects stay."""

    context: Context
    purpose: Purpose
    bucket_name: str | None = None
    """The name, if people or AWS know the bucket by it. Otherwise Pulumi makes one up."""
    expire_after_days: int | None = None
    """The age at which objects are deleted. Without it they are kept."""
    keep_older_versions_days: int = 30
    """How long an object can be restored that was deleted or written again."""


class Bucket(pulumi.ComponentResource):
    """A bucket that is versioned, encrypted, without ACLs, and closed to the public and to plain HTTP.

    Produces the bucket and its public access block, ownership controls, versioning, encryption, lifecycle and policy.
    """

    bucket_name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:Bucket", name, {"purpose": args.purpose.value}, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=args.bucket_name,
            # Without protection, the bucket is deleted together with its objects and their older versions.
            force_destroy=not args.context.protect,
            tags=args.context.tags.named(args.bucket_name or name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.context.protect),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption", bucket=bucket.id, rules=[_encryption(args)], opts=child
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            rules=_lifecycle(args),
            # The rules for older versions need versioning first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=pulumi.Output.all(bucket.arn, args.context.account_id).apply(
                lambda known: _policy(args.purpose, known[0], known[1])
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )
        # Users of this name wait for the policy: a load balancer tests at once whether it may write.
        self.bucket_name = policy.bucket
        self.arn = bucket.arn
        self.register_outputs({"bucket_name": self.bucket_name, "arn": self.arn})


def _encryption(args: BucketArgs) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
    if args.purpose in _ENCRYPTED_BY_S3:
        return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=default(sse_algorithm="AES256")
        )
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default(
            sse_algorithm="aws:kms", kms_master_key_id=args.context.key_arn
        ),
        # One data key a bucket instead of one an object: fewer paid calls to KMS.
        bucket_key_enabled=True,
    )


def _lifecycle(args: BucketArgs) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    rule = aws.s3.BucketLifecycleConfigurationRuleArgs
    rules = [
        rule(
            id="older-versions",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            noncurrent_version_expiration=(
                None
                if args.purpose in _KEEPS_VERSIONS
                else aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=args.keep_older_versions_days
                )
            ),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
        )
    ]
    if args.expire_after_days is not None:
        rules.append(
            rule(
                id="expire",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.expire_after_days),
            )
        )
    return rules


def _policy(purpose: Purpose, arn: str, account_id: str) -> str:
    return document(only_over_tls("s3:*", arn, f"{arn}/*"), *_deliveries(purpose, arn, account_id))


def _deliveries(purpose: Purpose, arn: str, account_id: str) -> list[dict[str, object]]:
    """Statements that let AWS's services write into the bucket, for this account only."""
    if purpose is Purpose.LOAD_BALANCER_LOGS:
        return [
            {
                "Sid": "LoadBalancersWriteLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{arn}/*/AWSLogs/{account_id}/*",
            }
        ]
    if purpose is Purpose.CONTENT_DELIVERY_LOGS:
        return [
            {
                # The exact statement of AWS ("Logs sent to Amazon S3"). If it is missing, AWS adds it to the policy.
                "Sid": "AWSLogDeliveryWrite1",
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{arn}/AWSLogs/{account_id}/*",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account_id, "s3:x-amz-acl": "bucket-owner-full-control"},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account_id}:delivery-source:*"},
                },
            }
        ]
    if purpose is Purpose.COST_REPORTS:
        principal = {"Service": ["billingreports.amazonaws.com", "bcm-data-exports.amazonaws.com"]}
        # "Setting up an Amazon S3 bucket for data exports".
        exports = [f"arn:aws:{kind}:us-east-1:{account_id}:{path}" for kind, path in _REPORTS.items()]
        of_this_account = {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": exports},
        }
        return [
            {
                "Sid": "BillingChecksTheBucket",
                "Effect": "Allow",
                "Principal": principal,
                "Action": ["s3:GetBucketAcl", "s3:GetBucketPolicy"],
                "Resource": arn,
                "Condition": of_this_account,
            },
            {
                "Sid": "BillingWritesReports",
                "Effect": "Allow",
                "Principal": principal,
                "Action": "s3:PutObject",
                "Resource": f"{arn}/*",
                "Condition": of_this_account,
            },
        ]
    return []
