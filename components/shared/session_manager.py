"""Session Manager's preferences: every shell on an instance is recorded in CloudWatch Logs."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import allow
from settings.session_manager import SessionManagerSettings

PREFERENCES = "SSM-SessionManagerRunShell"
"""The document that Session Manager reads when a session names no other ("Create a Session Manager preferences
document"). There is one in each account and region, and the console makes it when a person saves preferences."""
LOG_GROUP = "/session-manager"
"""A fixed name, without a client or a stack in it: the preferences are those of all stacks in the account and region,
and the instances of each write to it."""
_IDLE_MINUTES = "20"
"""AWS's default, after which a session that nobody types in ends."""


def may_record(region: str, account_id: str) -> tuple[dict[str, object], ...]:
    """The IAM statements that let Systems Manager's agent record the sessions on an instance, and read no record.

    It looks for the group and for the stream before it writes, and records nothing if it may not (amazon-ssm-agent,
    ``agent/session/plugins/shell``). CloudWatch Logs encrypts for it: the agent needs no right to the key.
    """
    groups = f"arn:aws:logs:{region}:{account_id}:log-group"
    return (
        allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], f"{groups}:{LOG_GROUP}:*"),
        # It lists groups by their prefix, which no single group's ARN allows.
        allow(["logs:DescribeLogGroups"], f"{groups}:*"),
    )


@dataclass(frozen=True, kw_only=True)
class SessionManagerArgs:
    """How long records are kept."""

    context: Context
    settings: SessionManagerSettings


class SessionManager(pulumi.ComponentResource):
    """The preferences of Session Manager in the account and region, and the log group with the records.

    Produces the document and the group. Each session has a stream with its id: while it lasts, the agent sends what is
    typed and shown, with the ARN of the person. So a record stays if the instance does not.

    A session starts even if it cannot be recorded: with ``cloudWatchEncryptionEnabled``, the agent would refuse
    sessions on all other instances of the account, and on all instances while CloudWatch Logs does not answer. The
    group is encrypted without it.
    """

    log_group: pulumi.Output[str]

    def __init__(self, name: str, args: SessionManagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:SessionManager", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = args.context.tags
        group = aws.cloudwatch.LogGroup(
            f"{name}-records",
            name=LOG_GROUP,
            retention_in_days=args.settings.log_retention_days,
            kms_key_id=args.context.key_arn,
            tags=tags.named(f"{name}-records"),
            opts=child,
        )
        aws.ssm.Document(
            f"{name}-preferences",
            name=PREFERENCES,
            document_type="Session",
            document_format="JSON",
            content=group.name.apply(preferences),
            tags=tags.named(f"{name}-preferences"),
            opts=child,
        )
        self.log_group = group.name
        self.register_outputs({"log_group": self.log_group})


def preferences(log_group: str) -> str:
    """The content of the document ("Session document schema")."""
    return json.dumps(
        {
            "schemaVersion": "1.0",
            "description": "Records sessions in CloudWatch Logs",
            "sessionType": "Standard_Stream",
            "inputs": {
                "s3BucketName": "",
                "s3KeyPrefix": "",
                "s3EncryptionEnabled": False,
                "cloudWatchLogGroupName": log_group,
                "cloudWatchEncryptionEnabled": False,
                "cloudWatchStreamingEnabled": True,
                "kmsKeyId": "",
                "runAsEnabled": False,
                "runAsDefaultUser": "",
                "idleSessionTimeout": _IDLE_MINUTES,
                "maxSessionDuration": "",
                "shellProfile": {"linux": "", "windows": ""},
            },
        }
    )
