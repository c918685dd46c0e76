"""A web application firewall stands before the shop, and does not stop its own back office."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest

from components.network.firewall import Firewall, FirewallArgs
from sandbox.emulator.wafv2 import MANAGED_RULE_GROUPS
from settings.firewall import FirewallSettings, RuleSetAction
from tests.unit.graph import Graph, Resource
from tests.unit.program import build
from tests.unit.surroundings import CONTEXT


def rules(**settings: RuleSetAction) -> dict[str, Any]:
    """The rules of a firewall alone, by their names."""
    args = FirewallArgs(context=CONTEXT, firewall=FirewallSettings(**settings))
    web_acl = build(lambda: Firewall("firewall", args)).one(aws.wafv2.WebAcl)
    return {each["name"]: each for each in web_acl.inputs["rules"]}


def by_scope(graph: Graph) -> dict[str, Resource]:
    return {each.inputs["scope"]: each for each in graph.of_type(aws.wafv2.WebAcl)}


def test_a_load_balancer_has_one(graph: Graph) -> None:
    association = graph.one(aws.wafv2.WebAclAssociation)
    assert association.comes_from("webAclArn") == {by_scope(graph)["REGIONAL"].urn}
    assert association.comes_from("resourceArn") == {graph.one(aws.lb.LoadBalancer).urn}


def test_distributions_have_one_in_cloudfronts_region(prod: Graph) -> None:
    at_cloudfront = by_scope(prod)["CLOUDFRONT"]
    assert at_cloudfront.inputs["region"] == "us-east-1"
    distributions = prod.of_type(aws.cloudfront.Distribution)
    assert {each.inputs["webAclId"] for each in distributions} == {at_cloudfront.outputs["arn"]}


def test_what_no_rule_set_blocks_passes(graph: Graph) -> None:
    for each in graph.of_type(aws.wafv2.WebAcl):
        assert list(each.inputs["defaultAction"]) == ["allow"]


@pytest.mark.parametrize(
    ("action", "override"), [(RuleSetAction.BLOCK, {"none": {}}), (RuleSetAction.COUNT, {"count": {}})]
)
def test_a_rule_set_blocks_or_counts(action: RuleSetAction, override: dict[str, Any]) -> None:
    assert rules(sql_injection=action)["AWSManagedRulesSQLiRuleSet"]["overrideAction"] == override


def test_a_rule_set_that_is_off_is_not_there() -> None:
    assert "AWSManagedRulesPHPRuleSet" not in rules(php=RuleSetAction.OFF)
    assert len(rules()) == len(MANAGED_RULE_GROUPS)


def test_rules_about_bodies_only_count_in_rule_sets_that_read_what_the_back_office_sends() -> None:
    """Its forms are large, and hold HTML, paths, SQL's words and PHP's. Holes of other products stay closed."""
    all_block = rules(**dict.fromkeys(("common", "sql_injection", "php"), RuleSetAction.BLOCK))
    for name in ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet", "AWSManagedRulesPHPRuleSet"):
        overrides = all_block[name]["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"]
        assert [each["actionToUse"] for each in overrides] == [{"count": {}}] * len(overrides)
        _, known = MANAGED_RULE_GROUPS[name]
        assert {rule for rule in known if rule.endswith("_BODY")} == {
            each["name"] for each in overrides if each["name"].endswith("_BODY")
        }
    known_bad = all_block["AWSManagedRulesKnownBadInputsRuleSet"]["statement"]["managedRuleGroupStatement"]
    assert not known_bad.get("ruleActionOverrides")


def test_rules_have_an_order() -> None:
    priorities = [each["priority"] for each in rules().values()]
    assert priorities == sorted(set(priorities))
