"""The first administrator of Magento's back office, whom ``./shop install`` creates."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.shared.context import Context
from components.shared.iam import allow, document
from components.shared.secret import Secret, SecretArgs

USER = "admin"


@dataclass(frozen=True, kw_only=True)
class FirstAdministratorArgs:
    """The stack of the site."""

    context: Context


class FirstAdministrator(pulumi.ComponentResource):
    """A secret with a user's name and a generated password.

    The password counts only at the installation: later, the user changes it in the back office.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: FirstAdministratorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:site:FirstAdministrator", name, {"user": USER}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._key_arn = args.context.key_arn
        # Magento asks for letters and digits.
        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, min_lower=1, min_upper=1, min_numeric=1, opts=child
        )
        self.arn = Secret(
            f"{name}-credentials",
            SecretArgs(
                description="The first administrator of Magento's back office",
                value={"user": USER, "password": password.result},
                context=args.context,
            ),
            opts=child,
        ).arn
        self.register_outputs({"arn": self.arn})

    def grant_read_to(self, name: str, role: aws.iam.Role, parent: pulumi.Resource) -> aws.iam.RolePolicy:
        """Let ``role`` read and decrypt this secret."""
        return aws.iam.RolePolicy(
            f"{name}-reads-first-administrator",
            role=role.name,
            policy=pulumi.Output.all(self.arn, self._key_arn).apply(
                lambda arns: document(
                    allow(["secretsmanager:GetSecretValue"], arns[0]), allow(["kms:Decrypt"], arns[1])
                )
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )
