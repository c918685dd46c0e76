"""What a server applies while it runs: files that the stack keeps in a parameter of Systems Manager."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import asdict, dataclass

import pulumi
import pulumi_aws as aws

from components.servers.cloud_init import BootFile
from components.shared.arguments import refuse
from components.shared.context import Context
from settings.messages import Words

TAG = "Configuration"
"""The parameter's version that the server tried last, and how that went, such as ``7 applied``. The instance sets this
tag, not the stack."""
MOST_BYTES = 4096
"""Of a standard parameter ("Managing parameter tiers"): room for a hundred forwards. Larger ones are paid for."""


@dataclass(frozen=True, kw_only=True)
class ServerConfiguration:
    """The files that may change without another instance.

    The server looks for a new version each minute, and at each boot. The script ``CloudInit.apply`` checks the files,
    and puts them into effect; when it refuses them, those before stay.
    """

    files: tuple[BootFile, ...]

    def value(self) -> str:
        """The parameter's value: JSON, compressed and in base64. Raises ``ValueError`` when it is too large."""
        document = json.dumps({"files": [asdict(file) for file in self.files]})
        # Without the time of compression, the same files give the same value, and no new version.
        value = base64.b64encode(gzip.compress(document.encode(), mtime=0)).decode()
        if len(value) > MOST_BYTES:
            refuse("configuration", got=Words(f"{len(value)} bytes"), expected=f"at most {MOST_BYTES} when compressed")
        return value


def parameter_name(server: str, context: Context) -> str:
    """A fixed name, which the server's user data contains, and by which `./shop servers` finds its version."""
    return f"/servers/{context.tags.owner}/{context.tags.shown(server)}/configuration"


def parameter(
    server: str, configuration: pulumi.Input[ServerConfiguration], context: Context, opts: pulumi.ResourceOptions
) -> aws.ssm.Parameter:
    """The parameter of a server. Each other value is a version of it."""
    return aws.ssm.Parameter(
        f"{server}-configuration",
        name=parameter_name(server, context),
        description="What the server applies while it runs: JSON, compressed, in base64",
        type="SecureString",
        value=pulumi.Output.from_input(configuration).apply(lambda known: known.value()),
        key_id=context.key_arn,
        tags=context.tags.named(f"{server}-configuration"),
        opts=opts,
    )


def may_read(parameter_arn: str, key_arn: str) -> tuple[dict[str, object], ...]:
    """The IAM statements that let a server read its own parameter, and use the key for nothing else."""
    return (
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": parameter_arn},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key_arn,
            # What Systems Manager encrypts with ("AWS KMS encryption for AWS Systems Manager Parameter Store").
            "Condition": {"StringEquals": {"kms:EncryptionContext:PARAMETER_ARN": parameter_arn}},
        },
    )
