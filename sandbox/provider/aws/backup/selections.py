"""``aws.backup.Selection``: which resources a plan covers."""

from __future__ import annotations

from sandbox.provider.adapter import Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Nested, Shape

_PAIR = Shape({"key": "ConditionKey", "value": "ConditionValue"})
_TAG = Shape({"type": "ConditionType", "key": "ConditionKey", "value": "ConditionValue"})
_CONDITIONS = Shape(
    {
        "stringEquals": Nested("StringEquals", _PAIR, many=True),
        "stringNotEquals": Nested("StringNotEquals", _PAIR, many=True),
        "stringLikes": Nested("StringLike", _PAIR, many=True),
        "stringNotLikes": Nested("StringNotLike", _PAIR, many=True),
    }
)


@adapter
class Selection(Adapter):
    """Its id is its plan's and its own, ``PLAN|SELECTION``, as pulumi-aws takes it for an import: AWS asks for both."""

    token = "aws:backup/selection:Selection"
    service = "backup"
    not_found = ("ResourceNotFoundException",)
    properties = {
        "planId": Property(required=True, replaces=True),
        "name": Property(replaces=True, autoname=AutoName(max_length=50)),
        "iamRoleArn": Property(required=True, replaces=True),
        "resources": Property(replaces=True, unordered=True),
        "notResources": Property(replaces=True, unordered=True),
        "selectionTags": Property(replaces=True, unordered=True),
        "conditions": Property(replaces=True, unordered=True),
    }
    emulation = "Nothing is looked for, so that a selection that matches nothing is not noticed."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [
            *_TAG.unknown_keys(inputs.get("selectionTags"), "selectionTags"),
            *_CONDITIONS.unknown_keys(inputs.get("conditions"), "conditions"),
        ]

    def create(self, aws: Aws, inputs: Values) -> str:
        selection = {
            "SelectionName": inputs["name"],
            "IamRoleArn": inputs["iamRoleArn"],
            "Resources": inputs.get("resources") or [],
            "NotResources": inputs.get("notResources") or [],
            "ListOfTags": [_TAG.to_aws(tag) for tag in inputs.get("selectionTags") or []],
        }
        # pulumi-aws has a list of blocks for what AWS has as one record.
        conditions: Values = {}
        for block in inputs.get("conditions") or []:
            for kind, pairs in _CONDITIONS.to_aws(block).items():
                conditions.setdefault(kind, []).extend(pairs)
        if conditions:
            selection["Conditions"] = conditions
        answer = aws.client("backup").create_backup_selection(BackupPlanId=inputs["planId"], BackupSelection=selection)
        return f"{inputs['planId']}|{answer['SelectionId']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        plan_id, _, selection_id = id.partition("|")
        found = aws.client("backup").get_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)
        selection = found["BackupSelection"]
        conditions = {kind: pairs for kind, pairs in selection.get("Conditions", {}).items() if pairs}
        return {
            "planId": found["BackupPlanId"],
            "name": selection["SelectionName"],
            "iamRoleArn": selection["IamRoleArn"],
            "resources": selection.get("Resources", []),
            "notResources": selection.get("NotResources", []),
            "selectionTags": _TAG.many_from_aws(selection.get("ListOfTags", [])),
            "conditions": [_CONDITIONS.from_aws(conditions)] if conditions else [],
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        plan_id, _, selection_id = id.partition("|")
        aws.client("backup").delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)
