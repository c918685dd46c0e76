"""``aws.backup.Plan``: when copies are taken, and how long they are kept."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.backup.tagging import TAGGING
from sandbox.provider.aws.blocks import Leaf, Nested, Shape

_LIFECYCLE = Shape(
    {
        "coldStorageAfter": "MoveToColdStorageAfterDays",
        "deleteAfter": "DeleteAfterDays",
        "optInToArchiveForSupportedResources": "OptInToArchiveForSupportedResources",
    }
)
_RULE = Shape(
    {
        "ruleName": "RuleName",
        "targetVaultName": "TargetBackupVaultName",
        "schedule": Leaf("ScheduleExpression", default="cron(0 5 ? * * *)"),
        "scheduleExpressionTimezone": Leaf("ScheduleExpressionTimezone", default="Etc/UTC"),
        "startWindow": Leaf("StartWindowMinutes", default=480),
        "completionWindow": Leaf("CompletionWindowMinutes", default=10_080),
        "enableContinuousBackup": Leaf("EnableContinuousBackup", default=False),
        "recoveryPointTags": "RecoveryPointTags",
        "lifecycle": Nested("Lifecycle", _LIFECYCLE),
        "copyActions": Nested(
            "CopyActions",
            Shape({"destinationVaultArn": "DestinationBackupVaultArn", "lifecycle": Nested("Lifecycle", _LIFECYCLE)}),
            many=True,
        ),
    }
)
_ADVANCED = Shape({"resourceType": "ResourceType", "backupOptions": "BackupOptions"})


@adapter
class Plan(Adapter):
    """Its id is AWS's."""

    token = "aws:backup/plan:Plan"
    service = "backup"
    tagging = TAGGING
    not_found = ("ResourceNotFoundException",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName()),
        "rules": Property(required=True, unordered=True),
        "advancedBackupSettings": Property(unordered=True),
        "tags": TAGS,
    }
    outputs = ("arn", "version")
    volatile_outputs = ("version",)
    emulation = "Nothing runs on its schedule."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [
            *_RULE.unknown_keys(inputs.get("rules"), "rules"),
            *_ADVANCED.unknown_keys(inputs.get("advancedBackupSettings"), "advancedBackupSettings"),
        ]

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("backup").create_backup_plan(BackupPlan=_document(inputs), BackupPlanTags=inputs["tagsAll"])
        return str(answer["BackupPlanId"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = aws.client("backup").get_backup_plan(BackupPlanId=id)
        if found.get("DeletionDate"):
            return None
        plan = found["BackupPlan"]
        return {
            "name": plan["BackupPlanName"],
            "rules": _RULE.many_from_aws(plan["Rules"], state.get("rules")),
            "advancedBackupSettings": _ADVANCED.many_from_aws(plan.get("AdvancedBackupSettings", [])),
            "tags": self.tagging.read(aws, found["BackupPlanArn"]),
            "arn": found["BackupPlanArn"],
            "version": found["VersionId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("backup").update_backup_plan(BackupPlanId=id, BackupPlan=_document(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("backup").delete_backup_plan(BackupPlanId=id)


def _document(inputs: Values) -> Values:
    document: Values = {
        "BackupPlanName": inputs["name"],
        "Rules": [_RULE.to_aws(rule) for rule in inputs["rules"]],
    }
    if inputs.get("advancedBackupSettings"):
        document["AdvancedBackupSettings"] = [_ADVANCED.to_aws(each) for each in inputs["advancedBackupSettings"]]
    return document
