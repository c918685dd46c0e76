"""Adapters of AWS WAF, against the embedded AWS."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.provider.adapter_round_trip import Case, Sample, Samples, create, round_trip, unexercised
from sandbox.tests.provider.networks import subnets

SAMPLES = Samples()
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
SEEN = {"cloudwatchMetricsEnabled": True, "metricName": "shop", "sampledRequestsEnabled": True}


def rule(group: str, priority: int, action: str, *counted: str) -> dict[str, Any]:
    managed: dict[str, Any] = {"name": group, "vendorName": "AWS"}
    if counted:
        managed["ruleActionOverrides"] = [{"name": each, "actionToUse": {"count": {}}} for each in counted]
    return {
        "name": group,
        "priority": priority,
        "overrideAction": {action: {}},
        "statement": {"managedRuleGroupStatement": managed},
        "visibilityConfig": {**SEEN, "metricName": group},
    }


@SAMPLES.case(WEB_ACL)
def guarded(aws: Aws) -> Case:
    return Case(
        inputs={
            "name": "shop",
            "scope": "REGIONAL",
            "description": "Requests to the shop",
            "defaultAction": {"allow": {}},
            "rules": [
                rule("AWSManagedRulesPHPRuleSet", 1, "none", "PHPHighRiskMethodsVariables_BODY"),
                rule("AWSManagedRulesSQLiRuleSet", 0, "count"),
            ],
            "visibilityConfig": SEEN,
            "tags": {"Name": "shop"},
        },
        updates=[
            {"rules": [rule("AWSManagedRulesSQLiRuleSet", 0, "none")]},
            {"defaultAction": {"block": {}}, "description": "Closed"},
            {"visibilityConfig": {**SEEN, "sampledRequestsEnabled": False}},
            {"rules": None},
        ],
    )


def balancer(aws: Aws) -> str:
    made = aws.client("elbv2").create_load_balancer(Name="site", Subnets=subnets(aws), Scheme="internal")
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


@SAMPLES.case(ASSOCIATION)
def associated(aws: Aws) -> Case:
    inputs = {"scope": "REGIONAL", "defaultAction": {"allow": {}}, "visibilityConfig": SEEN, "name": "shop"}
    web_acl_id = create(aws, WEB_ACL, inputs)
    web_acl = find_adapter(WEB_ACL).read(aws, web_acl_id, {})
    assert web_acl is not None
    return Case(inputs={"resourceArn": balancer(aws), "webAclArn": web_acl["arn"]})


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: Aws) -> None:
    assert unexercised(SAMPLES.all, aws) == {}


def test_a_kind_of_rule_that_the_adapter_does_not_handle_is_refused() -> None:
    inputs = {"rules": [{"name": "rate", "statement": {"rateBasedStatement": {"limit": 100}}}]}
    [(path, reason)] = find_adapter(WEB_ACL).check(inputs)
    assert path == "rules[0].statement.rateBasedStatement"
    assert "expected one of managedRuleGroupStatement" in reason
