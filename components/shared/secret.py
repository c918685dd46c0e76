"""A secret that the platform makes for itself and tells nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context


@dataclass(frozen=True, kw_only=True)
class SecretArgs:
    """``value`` becomes a JSON object of strings; ``description`` says who reads it."""

    context: Context
    description: str
    value: Mapping[str, pulumi.Input[str]]


class Secret(pulumi.ComponentResource):
    """A Secrets Manager secret and its one version. Hands out the ARN, never the value."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:Secret", name, {"fields": list(args.value)}, opts)
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            description=args.description,
            kms_key_id=args.context.key_arn,
            # A deleted secret's name stays taken this long: a stack that comes and goes cannot wait 30 days.
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
