"""AWS WAF: web ACLs, and the load balancers that they guard."""

from __future__ import annotations

from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.blocks import Nested, Shape
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.tags import Tagging

_EMPTY = Shape({})
_VISIBILITY = Shape(
    {
        "cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
        "metricName": "MetricName",
        "sampledRequestsEnabled": "SampledRequestsEnabled",
    }
)
_ACTION = Shape({name.lower(): Nested(name, _EMPTY) for name in ("Allow", "Block", "Count")})
_OVERRIDE = Shape({name.lower(): Nested(name, _EMPTY) for name in ("Count", "None")})
_GROUP = Shape(
    {
        "name": "Name",
        "vendorName": "VendorName",
        "version": "Version",
        "ruleActionOverrides": Nested(
            "RuleActionOverrides", Shape({"name": "Name", "actionToUse": Nested("ActionToUse", _ACTION)}), many=True
        ),
    }
)
_RULE = Shape(
    {
        "name": "Name",
        "priority": "Priority",
        "overrideAction": Nested("OverrideAction", _OVERRIDE),
        "statement": Nested(
            "Statement", Shape({"managedRuleGroupStatement": Nested("ManagedRuleGroupStatement", _GROUP)})
        ),
        "visibilityConfig": Nested("VisibilityConfig", _VISIBILITY),
    }
)
_BLOCKS = {"defaultAction": _ACTION, "rules": _RULE, "visibilityConfig": _VISIBILITY}


@adapter
class WebAcl(Adapter):
    """Its rules are rule groups that AWS manages."""

    token = "aws:wafv2/webAcl:WebAcl"
    service = "wafv2"
    tagging = Tagging(service="wafv2", by_arn=True, resource="ResourceARN", answer=("TagInfoForResource", "TagList"))
    not_found = ("WAFNonexistentItemException",)
    properties = {
        "name": Property(replaces=True, autoname=AutoName(max_length=128)),
        "scope": Property(required=True, replaces=True),
        "description": Property(),
        "defaultAction": Property(required=True),
        "rules": Property(unordered=True),
        "visibilityConfig": Property(required=True),
        "tags": TAGS,
    }
    outputs = ("arn", "capacity", "lockToken")
    volatile_outputs = ("capacity", "lockToken")
    emulation = "No request is looked at."

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        return [found for name, shape in _BLOCKS.items() for found in shape.unknown_keys(inputs.get(name), name)]

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("wafv2").create_web_acl(
            Name=inputs["name"],
            Scope=inputs["scope"],
            **_content(inputs),
            **({"Tags": tags.to_records(inputs["tagsAll"])} if inputs.get("tagsAll") else {}),
        )
        return str(answer["Summary"]["Id"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        found = _found(aws, id, state)
        if found is None:
            return None
        scope, web_acl, lock_token = found
        return {
            "name": web_acl["Name"],
            "scope": scope,
            "description": web_acl.get("Description") or None,
            "defaultAction": _said(web_acl["DefaultAction"]),
            "rules": [_rule(each) for each in web_acl["Rules"]],
            "visibilityConfig": _VISIBILITY.from_aws(web_acl["VisibilityConfig"]),
            "tags": self.tagging.read(aws, web_acl["ARN"]),
            "arn": web_acl["ARN"],
            "capacity": web_acl["Capacity"],
            "lockToken": lock_token,
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        client, named = aws.client("wafv2"), {"Name": new["name"], "Scope": new["scope"], "Id": id}
        lock_token = client.get_web_acl(**named)["LockToken"]
        client.update_web_acl(**named, LockToken=lock_token, **_content(new))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        client, named = aws.client("wafv2"), {"Name": state["name"], "Scope": state["scope"], "Id": id}
        client.delete_web_acl(**named, LockToken=client.get_web_acl(**named)["LockToken"])


@adapter
class WebAclAssociation(Adapter):
    """Its id is ``<ARN of the web ACL>,<ARN of the resource>``."""

    token = "aws:wafv2/webAclAssociation:WebAclAssociation"
    service = "wafv2"
    not_found = ("WAFNonexistentItemException",)
    properties = {
        "resourceArn": Property(required=True, replaces=True),
        "webAclArn": Property(required=True, replaces=True),
    }
    delete_before_replace = True
    emulation = "No request is looked at."

    def create(self, aws: Aws, inputs: Values) -> str:
        aws.client("wafv2").associate_web_acl(WebACLArn=inputs["webAclArn"], ResourceArn=inputs["resourceArn"])
        return f"{inputs['webAclArn']},{inputs['resourceArn']}"

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        web_acl_arn, _, resource_arn = id.partition(",")
        web_acl = aws.client("wafv2").get_web_acl_for_resource(ResourceArn=resource_arn).get("WebACL")
        if not web_acl or web_acl["ARN"] != web_acl_arn:
            return None
        return {"resourceArn": resource_arn, "webAclArn": web_acl_arn}

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("wafv2").disassociate_web_acl(ResourceArn=id.partition(",")[2])


def _content(inputs: Values) -> Values:
    return {
        "DefaultAction": _ACTION.to_aws(inputs["defaultAction"]),
        "Rules": [_RULE.to_aws(each) for each in inputs.get("rules") or ()],
        "VisibilityConfig": _VISIBILITY.to_aws(inputs["visibilityConfig"]),
        **arguments(inputs, {"description": "Description"}),
    }


def _rule(rule: Any) -> Values:
    """A rule whose actions are objects without members, which a shape leaves out unless they are said."""
    overrides = (rule["Statement"].get("ManagedRuleGroupStatement") or {}).get("RuleActionOverrides") or ()
    said = {
        "overrideAction": _said(rule.get("OverrideAction")),
        "statement": {
            "managedRuleGroupStatement": {
                "ruleActionOverrides": [
                    {"name": each["Name"], "actionToUse": _said(each["ActionToUse"])} for each in overrides
                ]
            }
        },
    }
    return _RULE.from_aws(rule, said)


def _said(action: Any) -> Values:
    """An action in pulumi-aws's spelling."""
    return {name.lower(): {} for name in action or ()}


def _found(aws: Aws, id: str, state: Values) -> tuple[str, Any, str] | None:
    """The scope, the web ACL and its lock token. An import knows the id only."""
    client = aws.client("wafv2")
    for scope in (state["scope"],) if "scope" in state else ("REGIONAL", "CLOUDFRONT"):
        for each in client.list_web_acls(Scope=scope)["WebACLs"]:
            if each["Id"] == id:
                answer = client.get_web_acl(Name=each["Name"], Scope=scope, Id=id)
                return scope, answer["WebACL"], answer["LockToken"]
    return None
