"""A web application firewall, for a load balancer or for CloudFront."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from settings.firewall import FirewallSettings, RuleSetAction

_AT_CLOUDFRONT = "us-east-1"
"""The only region of web ACLs for CloudFront ("CreateWebACL")."""


@dataclass(frozen=True, kw_only=True)
class _RuleSet:
    """A rule group that AWS manages ("AWS Managed Rules rule groups list")."""

    name: str
    setting: str
    """The field of ``FirewallSettings``."""
    only_counted: tuple[str, ...] = ()
    """Rules that find real requests of Magento, whatever the setting."""


_RULE_SETS = (
    _RuleSet(name="AWSManagedRulesAmazonIpReputationList", setting="ip_reputation"),
    _RuleSet(name="AWSManagedRulesKnownBadInputsRuleSet", setting="known_bad_inputs"),
    _RuleSet(
        name="AWSManagedRulesCommonRuleSet",
        setting="common",
        only_counted=(
            # Forms of the back office are larger than 8 KB, and hold HTML and paths.
            "SizeRestrictions_BODY",
            "CrossSiteScripting_BODY",
            "GenericLFI_BODY",
            "GenericRFI_BODY",
            "EC2MetaDataSSRF_BODY",
            # Notifications of payment providers come without one.
            "NoUserAgent_HEADER",
        ),
    ),
    _RuleSet(
        name="AWSManagedRulesSQLiRuleSet",
        setting="sql_injection",
        only_counted=("SQLi_BODY", "SQLiExtendedPatterns_BODY"),
    ),
    _RuleSet(name="AWSManagedRulesPHPRuleSet", setting="php", only_counted=("PHPHighRiskMethodsVariables_BODY",)),
)
"""In the order in which they look at a request: the cheapest first."""


# The SDK has no types for classes without members.
_COUNTS = aws.wafv2.WebAclRuleOverrideActionArgs(
    count=aws.wafv2.WebAclRuleOverrideActionCountArgs()  # type: ignore[no-untyped-call]
)
_BLOCKS = aws.wafv2.WebAclRuleOverrideActionArgs(
    none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()  # type: ignore[no-untyped-call]
)


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """What the firewall does, and where it stands."""

    context: Context
    firewall: FirewallSettings
    at_cloudfront: bool = False
    """Whether it is for distributions. Otherwise it is for load balancers of the stack's region."""


class Firewall(pulumi.ComponentResource):
    """A web ACL with AWS's managed rule sets. It lets through what no rule set blocks.

    A load balancer needs an association with it, and a distribution names it.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:network:Firewall", name, {"at_cloudfront": args.at_cloudfront}, opts)
        context = args.context.for_system("firewall")
        web_acl = aws.wafv2.WebAcl(
            f"{name}-web-acl",
            region=_AT_CLOUDFRONT if args.at_cloudfront else None,
            scope="CLOUDFRONT" if args.at_cloudfront else "REGIONAL",
            description=f"Requests to the shop of {context.tags.client}, {context.tags.environment}",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=_rules(args.firewall),
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
            ),
            tags=context.tags.named(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = web_acl.arn
        self.register_outputs({"arn": self.arn})


def _rules(firewall: FirewallSettings) -> list[aws.wafv2.WebAclRuleArgs]:
    chosen = [(each, getattr(firewall, each.setting)) for each in _RULE_SETS]
    return [
        aws.wafv2.WebAclRuleArgs(
            name=rule_set.name,
            priority=priority,
            override_action=_COUNTS if action is RuleSetAction.COUNT else _BLOCKS,
            statement=aws.wafv2.WebAclRuleStatementArgs(
                managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                    vendor_name="AWS",
                    name=rule_set.name,
                    rule_action_overrides=[_counted(rule) for rule in rule_set.only_counted],
                )
            ),
            visibility_config=aws.wafv2.WebAclRuleVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=rule_set.name, sampled_requests_enabled=True
            ),
        )
        for priority, (rule_set, action) in enumerate(chosen)
        if action is not RuleSetAction.OFF
    ]


def _counted(
    rule: str,
) -> aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs:
    override = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs
    action = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs
    count = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs
    return override(name=rule, action_to_use=action(count=count()))
