"""What a web application firewall does with requests that look like attacks."""

from __future__ import annotations

from enum import StrEnum

from settings.section import Section


class RuleSetAction(StrEnum):
    """What happens to a request that a rule set finds."""

    BLOCK = "block"
    COUNT = "count"
    OFF = "off"


class FirewallSettings(Section):
    """AWS WAF with rule sets that AWS manages. Each is `block` (such requests get a 403), `count` (they pass, and
    CloudWatch counts them) or `off`. Rules that read the body of a request only count: Magento's back office sends HTML
    and large forms."""

    common: RuleSetAction = RuleSetAction.COUNT
    """`AWSManagedRulesCommonRuleSet`: the common attacks on web applications, such as cross-site scripting and paths
    into the file system. It also finds real requests at times, so look at its counts before you choose `block`."""
    known_bad_inputs: RuleSetAction = RuleSetAction.BLOCK
    """`AWSManagedRulesKnownBadInputsRuleSet`: requests that exploit known holes, such as Log4j's."""
    sql_injection: RuleSetAction = RuleSetAction.COUNT
    """`AWSManagedRulesSQLiRuleSet`: SQL in requests. Look at its counts before you choose `block`."""
    php: RuleSetAction = RuleSetAction.BLOCK
    """`AWSManagedRulesPHPRuleSet`: calls of PHP's functions in requests."""
    ip_reputation: RuleSetAction = RuleSetAction.BLOCK
    """`AWSManagedRulesAmazonIpReputationList`: addresses from which Amazon sees attacks."""
