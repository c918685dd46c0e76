"""KMS: keys and their aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, Aws, Property, Values, adapter
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging

DEFAULT_DELETION_WINDOW = 30
"""Days, AWS's own default (KMS API reference, ScheduleKeyDeletion)."""


def _to_records(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """KMS spells a tag's fields in its own way."""
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


def _from_records(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {record["TagKey"]: record["TagValue"] for record in records}


@adapter
class Key(Adapter):
    token = "aws:kms/key:Key"
    service = "kms"
    tagging = Tagging(
        service="kms", resource="KeyId", reading="list_resource_tags", to_aws=_to_records, from_aws=_from_records
    )
    not_found = ("NotFoundException",)
    properties = {
        "description": Property(computed=True),
        "policy": Property(computed=True, json=True),
        "isEnabled": Property(default=True),
        "enableKeyRotation": Property(default=False),
        "rotationPeriodInDays": Property(computed=True),
        "deletionWindowInDays": Property(kept="Said to AWS only when the key is deleted."),
        "tags": TAGS,
    }
    outputs = ("arn", "keyId")
    emulation = "Encrypts with the key; its policy is stored and not enforced, and it never rotates."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("kms").create_key(
            Tags=_to_records(inputs["tagsAll"]),
            **arguments(inputs, {"description": "Description", "policy": "Policy"}),
        )
        return str(answer["KeyMetadata"]["KeyId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        if inputs["enableKeyRotation"]:
            self._rotate(aws, id, inputs)
        if not inputs["isEnabled"]:
            aws.client("kms").disable_key(KeyId=id)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        kms = aws.client("kms")
        key = kms.describe_key(KeyId=id)["KeyMetadata"]
        if key["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
            return None
        rotation = kms.get_key_rotation_status(KeyId=id)
        return {
            "description": key.get("Description"),
            "policy": kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"],
            "isEnabled": key["Enabled"],
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
            "tags": self.tagging.read(aws, id),
            "arn": key["Arn"],
            "keyId": key["KeyId"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        kms = aws.client("kms")
        if new["isEnabled"] and "isEnabled" in changed:
            # First: a disabled key takes no other change.
            kms.enable_key(KeyId=id)
        if "description" in changed:
            kms.update_key_description(KeyId=id, Description=new.get("description") or "")
        if "policy" in changed and new.get("policy"):
            kms.put_key_policy(
                KeyId=id,
                PolicyName="default",
                Policy=new["policy"],
            )
        if changed & {"enableKeyRotation", "rotationPeriodInDays"}:
            self._rotate(aws, id, new)
        if not new["isEnabled"] and "isEnabled" in changed:
            kms.disable_key(KeyId=id)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        kms = aws.client("kms")
        # AWS refuses to schedule a key twice, with a code that means other things too.
        if kms.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            window = state.get("deletionWindowInDays") or DEFAULT_DELETION_WINDOW
            kms.schedule_key_deletion(KeyId=id, PendingWindowInDays=window)

    def _rotate(self, aws: Aws, id: str, inputs: Values) -> None:
        kms = aws.client("kms")
        if inputs["enableKeyRotation"]:
            kms.enable_key_rotation(KeyId=id, **arguments(inputs, {"rotationPeriodInDays": "RotationPeriodInDays"}))
        else:
            kms.disable_key_rotation(KeyId=id)


@adapter
class Alias(Adapter):
    """A second name of a key; its id is that name, with its ``alias/``."""

    token = "aws:kms/alias:Alias"
    service = "kms"
    not_found = ("NotFoundException",)
    properties = {
        "name": Property(required=True, replaces=True),
        "targetKeyId": Property(required=True),
    }
    outputs = ("arn", "targetKeyArn")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if not str(inputs.get("name", "alias/")).startswith("alias/"):
            return [("name", f'got {inputs["name"]!r}, expected a name that begins with "alias/"')]
        return []

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return str(inputs["name"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        kms = aws.client("kms")
        for page in kms.get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                if alias["AliasName"] == id and "TargetKeyId" in alias:
                    key_arn = kms.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["Arn"]
                    # A key goes by its id and by its ARN.
                    as_arn = state.get("targetKeyId") == key_arn
                    return {
                        "name": id,
                        "targetKeyId": key_arn if as_arn else alias["TargetKeyId"],
                        "arn": alias["AliasArn"],
                        "targetKeyArn": key_arn,
                    }
        return None

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.client("kms").update_alias(AliasName=id, TargetKeyId=new["targetKeyId"])

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("kms").delete_alias(AliasName=id)
