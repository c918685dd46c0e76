"""``aws.lb.ListenerRule``: what a listener does with some of its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws.lb import actions, conditions
from sandbox.provider.aws.lb.tagging import TaggedByArn, creation_tags


@adapter
class ListenerRule(TaggedByArn):
    """Without a priority it comes after all other rules of its listener."""

    token = "aws:lb/listenerRule:ListenerRule"
    not_found = ("RuleNotFound", "ListenerNotFound")
    properties = {
        "actions": Property(required=True),
        "conditions": Property(required=True, unordered=True),
        "listenerArn": Property(required=True, replaces=True),
        "priority": Property(computed=True),
        "tags": TAGS,
    }
    outputs = ("arn",)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [
            *actions.ACTION.unknown_keys(inputs.get("actions"), "actions"),
            *conditions.problems(inputs.get("conditions")),
        ]

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elbv2").create_rule(
            ListenerArn=inputs["listenerArn"],
            Priority=inputs.get("priority") or _last_priority(aws, inputs["listenerArn"]) + 1,
            Conditions=conditions.to_aws(inputs["conditions"]),
            Actions=actions.to_aws(inputs["actions"]),
            **creation_tags(inputs),
        )
        return str(answer["Rules"][0]["RuleArn"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        rules: list[Mapping[str, Any]] = aws.client("elbv2").describe_rules(RuleArns=[id])["Rules"]
        rule = rules[0]
        return {
            "actions": actions.from_aws(rule["Actions"], state.get("actions")),
            "conditions": conditions.from_aws(rule["Conditions"]),
            "listenerArn": id.rpartition("/")[0].replace(":listener-rule/", ":listener/"),
            "priority": int(rule["Priority"]),
            "tags": self.tagging.read(aws, id),
            "arn": id,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        elbv2 = aws.client("elbv2")
        if "priority" in changed:
            elbv2.set_rule_priorities(RulePriorities=[{"RuleArn": id, "Priority": new["priority"]}])
        if changed & {"actions", "conditions"}:
            elbv2.modify_rule(
                RuleArn=id,
                Conditions=conditions.to_aws(new["conditions"]),
                Actions=actions.to_aws(new["actions"]),
            )

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("elbv2").delete_rule(RuleArn=id)


def _last_priority(aws: Aws, listener_arn: str) -> int:
    pages = aws.client("elbv2").get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    priorities = [rule["Priority"] for page in pages for rule in page["Rules"]]
    return max((int(priority) for priority in priorities if priority != "default"), default=0)
