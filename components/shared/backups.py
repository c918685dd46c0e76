"""Copies of the stack's volumes and databases, made and kept by AWS Backup."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from components.shared.iam import assumable_by
from components.shared.tags import BACKED_UP
from settings.backups import BackupSettings

_MANAGED = "arn:aws:iam::aws:policy/service-role"
_ROLE_POLICIES = {
    "back-up": f"{_MANAGED}/AWSBackupServiceRolePolicyForBackup",
    "restore": f"{_MANAGED}/AWSBackupServiceRolePolicyForRestores",
}
_BACKED_UP = ("arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:db:*")
"""Volumes and databases. Servers are not backed up: the program rebuilds them, together with their root disks, which
have no ``BACKED_UP`` tag. AWS Backup cannot leave root disks out by itself ("Assigning resources", AWS Backup)."""


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    """The rules of the plan, at least one."""

    context: Context
    rules: tuple[BackupSettings, ...]


class Backups(pulumi.ComponentResource):
    """An AWS Backup plan for this client's and environment's databases and data volumes, which have the tag ``Backup``.

    Produces the vault, encrypted with the stack's key, the plan, the role that AWS Backup assumes, with its two managed
    policies, and the selection. Volumes and databases that are added to the stack later are included automatically.
    """

    vault_name: pulumi.Output[str]
    plan_id: pulumi.Output[str]

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:Backups", name, {"rules": [rule.name for rule in args.rules]}, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context.for_system("backup")
        tags = context.tags.named(name)
        vault = aws.backup.Vault(
            f"{name}-vault",
            # A fixed name, so that people find the vault when they restore.
            name=context.tags.owner,
            kms_key_arn=context.key_arn,
            # AWS refuses to delete a vault that holds copies. Without protection, they are deleted with the vault.
            force_destroy=not context.protect,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
        )
        plan = aws.backup.Plan(
            f"{name}-plan",
            rules=[
                aws.backup.PlanRuleArgs(
                    rule_name=rule.name,
                    target_vault_name=vault.name,
                    schedule=rule.schedule,
                    lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=rule.keep_days),
                    recovery_point_tags=tags,
                )
                for rule in args.rules
            ],
            tags=tags,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role", assume_role_policy=assumable_by("backup.amazonaws.com"), tags=tags, opts=child
        )
        permissions = [
            aws.iam.RolePolicyAttachment(f"{name}-may-{verb}", role=role.name, policy_arn=policy, opts=child)
            for verb, policy in _ROLE_POLICIES.items()
        ]
        aws.backup.Selection(
            f"{name}-selection",
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=list(_BACKED_UP),
            # A condition narrows the resources; a selection tag would add to them.
            conditions=[
                aws.backup.SelectionConditionArgs(
                    string_equals=[
                        aws.backup.SelectionConditionStringEqualArgs(key=f"aws:ResourceTag/{key}", value=value)
                        for key, value in (
                            ("Client", context.tags.client),
                            ("Environment", context.tags.environment),
                            (BACKED_UP, "yes"),
                        )
                    ]
                )
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=permissions),
        )
        self.vault_name = vault.name
        self.plan_id = plan.id
        self.register_outputs({"vault_name": self.vault_name, "plan_id": self.plan_id})
