"""A secret in Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context


@dataclass(frozen=True, kw_only=True)
class SecretArgs:
    """The content of the secret, and its description."""

    context: Context
    description: str
    """What the secret is for."""
    value: Mapping[str, pulumi.Input[str]]
    """The fields of the JSON object that the secret holds."""


class Secret(pulumi.ComponentResource):
    """A Secrets Manager secret and its version. Other components get its ARN, not its value."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:Secret", name, {"fields": list(args.value)}, opts)
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            description=args.description,
            kms_key_id=args.context.key_arn,
            # The name of a deleted secret stays taken for this time. An unprotected stack must be able to reuse it.
            recovery_window_in_days=30 if args.context.protect else 0,
            tags=args.context.tags.named(name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.context.protect),
        )
        aws.secretsmanager.SecretVersion(
            f"{name}-value",
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(dict(args.value)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
