"""CloudWatch Logs: groups, and the resource policies that let other services write to them."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging

TAGGING = Tagging(
    service="logs",
    by_arn=True,
    resource="resourceArn",
    answer=("tags",),
    tags="tags",
    keys="tagKeys",
    to_aws=dict,
    from_aws=dict,
)
"""Of every resource of CloudWatch Logs."""


@adapter
class LogGroup(Adapter):
    """Its id is its name."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    tagging = TAGGING
    not_found = ("ResourceNotFoundException",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=512)),
        "retentionInDays": Property(default=0),
        "kmsKeyId": Property(),
        "logGroupClass": Property(default="STANDARD", replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "Retention is stored; nothing expires."

    def create(self, aws: Aws, inputs: Values) -> str:
        tags = {"tags": inputs["tagsAll"]} if inputs["tagsAll"] else {}
        aws.client("logs").create_log_group(
            logGroupName=inputs["name"],
            **tags,
            **arguments(inputs, {"kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass"}),
        )
        return str(inputs["name"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        if inputs["retentionInDays"]:
            self._retain(aws, id, inputs)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        group = _log_group(aws, id)
        if group is None:
            return None
        arn = _arn(group)
        return {
            "name": group["logGroupName"],
            "retentionInDays": group.get("retentionInDays", 0),
            "kmsKeyId": group.get("kmsKeyId"),
            "logGroupClass": group.get("logGroupClass", "STANDARD"),
            "tags": self.tagging.read(aws, arn),
            "arn": arn,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        logs = aws.client("logs")
        if "retentionInDays" in changed:
            self._retain(aws, id, new)
        if "kmsKeyId" in changed:
            if new.get("kmsKeyId"):
                logs.associate_kms_key(logGroupName=id, kmsKeyId=new["kmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=id)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("logs").delete_log_group(logGroupName=id)

    def _retain(self, aws: Aws, id: str, inputs: Values) -> None:
        logs = aws.client("logs")
        if inputs["retentionInDays"]:
            logs.put_retention_policy(logGroupName=id, retentionInDays=inputs["retentionInDays"])
        else:
            # 0 means for ever, which AWS says by having no policy.
            logs.delete_retention_policy(logGroupName=id)


@adapter
class LogResourcePolicy(Adapter):
    """Its id is its name."""

    token = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
    service = "logs"
    not_found = ("ResourceNotFoundException",)
    properties = {
        "policyName": Property(required=True, replaces=True),
        "policyDocument": Property(required=True, json=True),
    }
    emulation = "Stored, and not enforced: every service may write."

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs)
        return str(inputs["policyName"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        for policy in aws.client("logs").describe_resource_policies()["resourcePolicies"]:
            if policy["policyName"] == id:
                return {"policyName": id, "policyDocument": policy["policyDocument"]}
        return None

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._put(aws, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("logs").delete_resource_policy(policyName=id)

    def _put(self, aws: Aws, inputs: Values) -> None:
        aws.client("logs").put_resource_policy(policyName=inputs["policyName"], policyDocument=inputs["policyDocument"])


def _log_group(aws: Aws, name: str) -> Any:
    pages = aws.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    groups = (group for page in pages for group in page["logGroups"])
    return next((group for group in groups if group["logGroupName"] == name), None)


def _arn(group: Any) -> str:
    """Without the ``:*`` for its streams, as the official provider says it and tagging wants it."""
    return str(group["arn"]).removesuffix(":*")
