"""AWS WAF: rule groups that exist, web ACLs in their region, and associations that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.cloudfront.models import cloudfront_backends
from moto.core.common_types import TYPE_RESPONSE
from moto.elbv2.models import elbv2_backends
from moto.utilities.utils import get_partition
from moto.wafv2.models import GLOBAL_REGION, FakeWebACL, WAFV2Backend, wafv2_backends
from moto.wafv2.responses import WAFV2Response

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

_PARTS = ("BODY", "COOKIE", "QUERYARGUMENTS", "URIPATH")
MANAGED_RULE_GROUPS: Mapping[str, tuple[int, frozenset[str]]] = {
    "AWSManagedRulesCommonRuleSet": (
        700,
        frozenset(
            {
                "NoUserAgent_HEADER",
                "UserAgent_BadBots_HEADER",
                "SizeRestrictions_QUERYSTRING",
                "SizeRestrictions_Cookie_HEADER",
                "SizeRestrictions_BODY",
                "SizeRestrictions_URIPATH",
                "RestrictedExtensions_URIPATH",
                "RestrictedExtensions_QUERYARGUMENTS",
                *(f"EC2MetaDataSSRF_{part}" for part in _PARTS),
                *(f"CrossSiteScripting_{part}" for part in _PARTS),
                *(f"Generic{kind}FI_{part}" for kind in "LR" for part in _PARTS if part != "COOKIE"),
            }
        ),
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        200,
        frozenset(
            {
                "JavaDeserializationRCE_HEADER",
                "JavaDeserializationRCE_BODY",
                "JavaDeserializationRCE_URIPATH",
                "JavaDeserializationRCE_QUERYSTRING",
                "Host_localhost_HEADER",
                "PROPFIND_METHOD",
                "ExploitablePaths_URIPATH",
                "Log4JRCE_HEADER",
                "Log4JRCE_QUERYSTRING",
                "Log4JRCE_BODY",
                "Log4JRCE_URIPATH",
            }
        ),
    ),
    "AWSManagedRulesSQLiRuleSet": (
        200,
        frozenset(
            {
                *(f"SQLi_{part}" for part in _PARTS),
                "SQLiExtendedPatterns_QUERYARGUMENTS",
                "SQLiExtendedPatterns_BODY",
            }
        ),
    ),
    "AWSManagedRulesPHPRuleSet": (
        100,
        frozenset(f"PHPHighRiskMethodsVariables_{part}" for part in ("HEADER", "QUERYSTRING", "BODY")),
    ),
    "AWSManagedRulesAmazonIpReputationList": (
        25,
        frozenset({"AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList"}),
    ),
}
"""Capacity units and rules of groups that AWS manages ("AWS Managed Rules rule groups list"): those for a shop. Others
are refused here, though AWS has them."""
MOST_CAPACITY = 5_000
"""Of one web ACL ("AWS WAF quotas")."""


@patch(
    "moto.wafv2.responses:WAFV2Response.create_web_acl",
    sha256="5478e52417895af9eef3dfb0885071e58b5694a7e17fb6adb355a7b06dfcf710",
    upstream="CreateWebACL makes one for CloudFront in every region.",
)
def _respond_to_create(original: Any, response: WAFV2Response) -> TYPE_RESPONSE:
    if response._get_param("Scope") == "CLOUDFRONT" and response.region != "us-east-1":
        raise _invalid("The scope is not valid.", "SCOPE_VALUE", "CLOUDFRONT")
    answer: TYPE_RESPONSE = original(response)
    return answer


@patch(
    "moto.wafv2.models:WAFV2Backend.create_web_acl",
    sha256="c0246c17912866648c39a674ab5269d6bf37a26faaead5346be8026fce3fd10d",
    upstream="CreateWebACL accepts managed rule groups that do not exist, and every capacity is 3.",
)
def _create(original: Any, backend: WAFV2Backend, name: str, *arguments: Any) -> FakeWebACL:
    rules = arguments[5]
    capacity = _capacity(rules)
    if any(each.name == name for each in backend.wacls.values()):
        raise AwsError(
            "WAFDuplicateItemException",
            "AWS WAF couldn't perform the operation because some resource in your request is a duplicate of an "
            "existing one.",
        )
    made: FakeWebACL = original(backend, name, *arguments)
    made.capacity = capacity
    return made


@patch(
    "moto.wafv2.models:WAFV2Backend.update_web_acl",
    sha256="3824f779c2027c8ec7d92bae1937eb38427d4957d22db973f1034f7a774964f9",
    upstream="UpdateWebACL without rules keeps the old rules.",
)
def _update(original: Any, backend: WAFV2Backend, name: str, id_: str, action: Any, rules: Any, *others: Any) -> str:
    capacity = _capacity(rules or [])
    token: str = original(backend, name, id_, action, rules, *others)
    changed = backend.get_web_acl(None, name, id_)
    changed.capacity = capacity
    if not rules:
        changed.rules = []
    return token


@patch(
    "moto.wafv2.models:WAFV2Backend.delete_web_acl",
    sha256="534a1039af1d1888faced6984e056bd21b757665b71bf7cc218812ada19b7bdf",
    upstream="DeleteWebACL deletes one that is in use.",
)
def _delete(original: Any, backend: WAFV2Backend, name: str, scope: str, id_: str, lock_token: str) -> None:
    web_acl = backend.get_web_acl(None, name, id_)
    distributions = cloudfront_backends[backend.account_id][get_partition("us-east-1")].distributions.values()
    if web_acl.associated_resources or any(
        vars(each.distribution_config).get("WebACLId") == web_acl.arn for each in distributions
    ):
        raise AwsError(
            "WAFAssociatedItemException",
            "AWS WAF couldn't perform the operation because your resource is being used by another resource or it's "
            "associated with another resource.",
        )
    original(backend, name, scope, id_, lock_token)


@patch(
    "moto.wafv2.models:WAFV2Backend.associate_web_acl",
    sha256="19b8f6ece14288e9c5ef305e47d92889ff4c8320c15aafcb636531e547fd4caa",
    upstream="AssociateWebACL accepts load balancers that do not exist, and keeps the resource's earlier web ACL.",
)
def _associate(original: Any, backend: WAFV2Backend, web_acl_arn: str, resource_arn: str) -> None:
    """A resource has one web ACL: a second takes the place of the first."""
    if ":elasticloadbalancing:" in resource_arn:
        balancers = elbv2_backends[backend.account_id][resource_arn.split(":")[3]].load_balancers
        if resource_arn not in balancers:
            raise _nonexistent()
    if web_acl_arn not in backend.wacls:
        raise _nonexistent()
    backend.disassociate_web_acl(resource_arn)
    original(backend, web_acl_arn, resource_arn)


def exists_for_cloudfront(account_id: str, arn: str) -> bool:
    """Whether a distribution may name the web ACL."""
    return arn in wafv2_backends[account_id][GLOBAL_REGION].wacls


def _capacity(rules: Iterable[Mapping[str, Any]]) -> int:
    """Of all rules. Raises ``AwsError`` for what the rules cannot name."""
    used = 0
    for rule in rules:
        group = rule["Statement"].get("ManagedRuleGroupStatement")
        if group is None:
            used += 1
            continue
        if group["VendorName"] != "AWS" or group["Name"] not in MANAGED_RULE_GROUPS:
            raise _invalid("A reference in your rule statement is not valid.", "RULE", group["Name"])
        units, names = MANAGED_RULE_GROUPS[group["Name"]]
        for override in group.get("RuleActionOverrides", ()):
            if override["Name"] not in names:
                raise _invalid("The rule is not in the rule group.", "RULE_ACTION_OVERRIDE", override["Name"])
        used += units
    if used > MOST_CAPACITY:
        raise AwsError("WAFLimitsExceededException", "AWS WAF exceeded the resource limit for capacity.")
    return used


def _invalid(reason: str, field: str, parameter: str) -> AwsError:
    return AwsError(
        "WAFInvalidParameterException",
        f"Error reason: {reason}, field: {field}, parameter: {parameter}",
    )


def _nonexistent() -> AwsError:
    return AwsError(
        "WAFNonexistentItemException",
        "AWS WAF couldn't perform the operation because your resource doesn't exist.",
    )
