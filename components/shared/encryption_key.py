"""The KMS key that encrypts what a stack stores."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import document
from components.shared.tags import Tags
from settings.keeping import KeepingSettings


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """What the ``Context`` of the stack consists of, before there is a key."""

    region: str
    keeping: KeepingSettings
    tags: Tags


class EncryptionKey(pulumi.ComponentResource):
    """One KMS key with yearly rotation, for a stack's database, cache, search, secrets, logs and configuration.

    Produces the key and the alias ``alias/<client>-<environment>``. The key's policy leaves access to IAM, and lets
    three services use the key for this account only: CloudWatch Logs for its log groups ("Encrypt log data in
    CloudWatch Logs using KMS"), and CloudWatch alarms and RDS events for encrypted topics. Without that, alarms and
    events are lost without an error (SNS, "Enable compatibility between event sources from AWS services and encrypted
    topics").
    """

    arn: pulumi.Output[str]
    context: Context
    """What every other component of the stack takes."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:EncryptionKey", name, {"region": args.region}, opts)
        account_id = aws.get_caller_identity_output().account_id
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Encrypts what {args.tags.client} {args.tags.environment} stores",
            enable_key_rotation=True,
            # The longest that KMS offers, because all encrypted data is lost with the key.
            deletion_window_in_days=30,
            policy=account_id.apply(lambda account: _policy(account, args.region)),
            tags=args.tags.named(name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.keeping.protect),
        )
        aws.kms.Alias(
            f"{name}-alias",
            # A fixed name, under which people find the key in the console.
            name=f"alias/{args.tags.owner}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.context = Context(
            region=args.region,
            account_id=account_id,
            key_arn=key.arn,
            protect=args.keeping.protect,
            final_snapshots=args.keeping.final_snapshots,
            tags=args.tags,
        )
        self.register_outputs({"arn": self.arn})


def _policy(account_id: str, region: str) -> str:
    return document(
        {
            "Sid": "AccessIsGrantedByIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "LogGroupsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account_id}:*"}},
        },
        {
            "Sid": "AlarmsAndEventsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        },
    )
