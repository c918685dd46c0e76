"""Ansible on the Rundeck server: its inventory, its playbooks, and how it may reach the client's servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.servers import server_files
from components.servers.cloud_init import BootFile
from components.shared.context import Context
from components.shared.session_manager import PREFERENCES

PLAYBOOKS = "/etc/ansible/playbooks"
KEPT_DAYS = 1
"""The age at which files are deleted from the bucket. Ansible deletes each one itself when it has been copied, unless
the playbook is killed."""


def files(*, region: str, client: str, bucket: str) -> tuple[BootFile, ...]:
    """Ansible's configuration, its inventory with the connection to each server, and the playbooks."""
    inventory = server_files.render("rundeck/platform.aws_ec2.yml.j2", region=region, client=client, bucket=bucket)
    return (
        BootFile(path="/etc/ansible/ansible.cfg", content=server_files.read("rundeck/ansible.cfg")),
        BootFile(path="/etc/ansible/platform.aws_ec2.yml", content=inventory),
        BootFile(path=f"{PLAYBOOKS}/ping.yml", content=server_files.read("rundeck/ping.yml")),
    )


def may_reach_servers(context: Context, bucket_arn: pulumi.Input[str]) -> tuple[Mapping[str, Any], ...]:
    """The IAM statements that let Ansible find the client's instances, start shells on them and hand files to them.

    It may start no other session, such as to a forwarded port, and reaches no session that another started. The
    instances need no right to the bucket: Ansible uploads a file, and they fetch it with ``curl`` from a presigned URL,
    which S3 answers with the rights of the one who made it ("Download and upload objects with presigned URLs").
    """

    def arn(service: str, resource: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(f"arn:aws:{service}:{context.region}:", context.account_id, f":{resource}")

    # What Session Manager ends a shell by that was started without a document ("Enforce a session document permission
    # check for the AWS CLI").
    checked = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
    # The instances of all the client's stacks, as the inventory has them.
    of_the_client = {"ssm:resourceTag/Client": context.tags.client, "ssm:resourceTag/ManagedBy": "pulumi"}
    return (
        _allow(["ec2:DescribeInstances"], ["*"]),
        {
            **_allow(["ssm:StartSession"], [arn("ec2", "instance/*")]),
            "Condition": {"StringEquals": of_the_client, **checked},
        },
        # The preferences, so that Ansible's sessions are recorded like those of people.
        {**_allow(["ssm:StartSession"], [arn("ssm", f"document/{PREFERENCES}")]), "Condition": checked},
        {
            **_allow(["ssm:ResumeSession", "ssm:TerminateSession"], [arn("ssm", "session/*")]),
            # Session Manager tags a session with who started it. Ids of sessions start with a name that another role's
            # session may have too ("Allow a user to end only sessions they started").
            "Condition": {"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}},
        },
        _allow(["s3:GetBucketLocation"], [bucket_arn]),
        _allow(
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            # A file's key starts with the instance's id.
            [pulumi.Output.concat(bucket_arn, "/i-*")],
        ),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], [context.key_arn]),
    )


def _allow(actions: list[str], resources: list[pulumi.Input[str]]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
