"""AWS WAF of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.refusals import aws_refuses

REGION = "eu-west-3"
SEEN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}


@pytest.fixture
def waf(embedded_aws: None) -> Any:
    return client("wafv2", REGION)


def rule(group: str, *counted: str) -> dict[str, Any]:
    overrides = [{"Name": name, "ActionToUse": {"Count": {}}} for name in counted]
    return {
        "Name": group,
        "Priority": 0,
        "OverrideAction": {"None": {}},
        "Statement": {
            "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group, "RuleActionOverrides": overrides}
        },
        "VisibilityConfig": SEEN,
    }


def create(waf: Any, *rules: dict[str, Any], name: str = "shop", scope: str = "REGIONAL") -> dict[str, Any]:
    summary: dict[str, Any] = waf.create_web_acl(
        Name=name, Scope=scope, DefaultAction={"Allow": {}}, Rules=list(rules), VisibilityConfig=SEEN
    )["Summary"]
    return summary


def balancer() -> str:
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for n, zone in enumerate("ab")
    ]
    made = client("elbv2", REGION).create_load_balancer(Name="site", Subnets=[each["SubnetId"] for each in subnets])
    arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
    return arn


def delete(waf: Any, web_acl: dict[str, Any]) -> None:
    waf.delete_web_acl(Name="shop", Scope="REGIONAL", Id=web_acl["Id"], LockToken=web_acl["LockToken"])


def test_a_web_acl_has_the_capacity_of_its_rule_groups(waf: Any) -> None:
    made = create(
        waf, rule("AWSManagedRulesCommonRuleSet", "SizeRestrictions_BODY"), rule("AWSManagedRulesSQLiRuleSet")
    )
    named = {"Name": "shop", "Scope": "REGIONAL", "Id": made["Id"]}
    web_acl = waf.get_web_acl(**named)["WebACL"]
    assert web_acl["Capacity"] == 900
    assert web_acl["Rules"][0]["OverrideAction"] == {"None": {}}
    waf.update_web_acl(
        **named, DefaultAction={"Block": {}}, Rules=[], VisibilityConfig=SEEN, LockToken=made["LockToken"]
    )
    changed = waf.get_web_acl(**named)["WebACL"]
    assert (changed["Capacity"], changed["Rules"], changed["DefaultAction"]) == (0, [], {"Block": {}})


def test_rule_groups_and_rules_that_aws_does_not_have_are_refused(waf: Any) -> None:
    with aws_refuses("WAFInvalidParameterException", "AWSManagedRulesMagentoRuleSet"):
        create(waf, rule("AWSManagedRulesMagentoRuleSet"))
    with aws_refuses("WAFInvalidParameterException", "SizeRestriction_BODY"):
        create(waf, rule("AWSManagedRulesCommonRuleSet", "SizeRestriction_BODY"))


def test_a_name_is_taken_once(waf: Any) -> None:
    create(waf)
    with aws_refuses("WAFDuplicateItemException"):
        create(waf)


def test_a_web_acl_for_cloudfront_is_made_in_one_region_only(waf: Any) -> None:
    with aws_refuses("WAFInvalidParameterException", "SCOPE_VALUE"):
        create(waf, scope="CLOUDFRONT")
    made = create(client("wafv2", "us-east-1"), scope="CLOUDFRONT")
    assert made["ARN"].startswith("arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/")


def test_a_web_acl_in_use_is_not_deleted(waf: Any) -> None:
    made, load_balancer = create(waf), balancer()
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=load_balancer)
    with aws_refuses("WAFAssociatedItemException"):
        delete(waf, made)
    waf.disassociate_web_acl(ResourceArn=load_balancer)
    delete(waf, made)
    with aws_refuses("WAFNonexistentItemException"):
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=load_balancer)


def test_a_resource_has_one_web_acl(waf: Any) -> None:
    first, second, load_balancer = create(waf), create(waf, name="second"), balancer()
    for each in (first, second):
        waf.associate_web_acl(WebACLArn=each["ARN"], ResourceArn=load_balancer)
    assert waf.get_web_acl_for_resource(ResourceArn=load_balancer)["WebACL"]["ARN"] == second["ARN"]
    delete(waf, first)


def test_what_does_not_exist_is_not_guarded(waf: Any) -> None:
    gone = f"arn:aws:elasticloadbalancing:{REGION}:123456789012:loadbalancer/app/gone/50dc6c495c0c9188"
    with aws_refuses("WAFNonexistentItemException"):
        waf.associate_web_acl(WebACLArn=create(waf)["ARN"], ResourceArn=gone)
