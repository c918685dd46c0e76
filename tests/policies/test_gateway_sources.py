"""gateway-ingress-allow-listed: violated, satisfied, absent and unknown, in every spelling of a rule."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest

from policies.model.rule import PolicyConfigError
from policies.rules.network.gateway_sources import GATEWAY_INGRESS_ALLOW_LISTED
from tests.policies.analyzer import UNKNOWN, Diagnostic, Node, analyze, fired, node

RULE = "gateway-ingress-allow-listed"
GROUP = node(aws.ec2.SecurityGroup, "gateway", tags={"System": "gateway"})
LISTED = {"cidr": "203.0.113.0/28", "owner": "ops", "reason": "the client's offices", "expires": "2999-12-31"}


def say(*rules: Node, group: Node = GROUP, **config: Any) -> list[Diagnostic]:
    return analyze([group, *rules], rules=[GATEWAY_INGRESS_ALLOW_LISTED], config={RULE: config})


def allow(cidr: str, name: str = "rule") -> Node:
    return node(
        aws.vpc.SecurityGroupIngressRule,
        name,
        securityGroupId=GROUP,
        ipProtocol="tcp",
        fromPort=3389,
        toPort=3389,
        **{"cidrIpv6" if ":" in cidr else "cidrIpv4": cidr},
    )


def test_a_listed_range_passes() -> None:
    """The range itself, and any part of it."""
    assert not say(allow("203.0.113.0/28"), allowed=[LISTED])
    assert not say(allow("203.0.113.4/32"), allowed=[LISTED])


def test_an_unlisted_range_fails() -> None:
    """A neighbour of a listed range belongs to another owner."""
    assert fired(say(allow("203.0.113.16/28"), allowed=[LISTED])) == {(RULE, "rule")}


def test_without_config_nothing_public_is_allowed() -> None:
    """No allow list means no permission: the secure reading of a forgotten config."""
    assert fired(say(allow("203.0.113.4/32"))) == {(RULE, "rule")}


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "192.168.10.0/24", "fd00::/48"])
def test_private_ranges_need_no_permission(cidr: str) -> None:
    """The VPC and the VPN links cannot be reached from the internet."""
    assert not say(allow(cidr))


def test_an_expired_permission_fails() -> None:
    """The day after its last day an entry no longer counts, and the message says whose it was."""
    (diagnostic,) = say(allow("203.0.113.0/28"), allowed=[{**LISTED, "expires": "2020-01-31"}])
    assert "ops allowed until 2020-01-31" in diagnostic.message


@pytest.mark.parametrize(("cidr", "minimum"), [("203.0.113.0/27", "/28"), ("2001:db8::/63", "/64")])
def test_a_wide_range_fails_though_listed(cidr: str, minimum: str) -> None:
    """Listing the world does not make it safe."""
    diagnostics = say(allow(cidr), allowed=[{**LISTED, "cidr": cidr}])
    assert fired(diagnostics) == {(RULE, "gateway")}
    assert minimum in diagnostics[0].message


def test_two_halves_are_the_whole_internet() -> None:
    """0.0.0.0/1 and 128.0.0.0/1 say 0.0.0.0/0 without saying it; they are checked together."""
    halves = ["0.0.0.0/1", "128.0.0.0/1"]
    diagnostics = say(
        *(allow(each, f"rule-{each[0]}") for each in halves), allowed=[{**LISTED, "cidr": each} for each in halves]
    )
    assert fired(diagnostics) == {(RULE, "gateway")}
    assert "allow 0.0.0.0/0 (as 0.0.0.0/1 and 128.0.0.0/1)" in diagnostics[0].message


def test_neighbours_count_as_one_range() -> None:
    """Two listed /28 that make a /27 are a /27, which the config may allow."""
    cidrs = ["203.0.113.0/28", "203.0.113.16/28"]
    rules = [allow(each, f"rule-{index}") for index, each in enumerate(cidrs)]
    allowed = [{**LISTED, "cidr": each} for each in cidrs]
    assert fired(say(*rules, allowed=allowed)) == {(RULE, "gateway")}
    assert not say(*rules, allowed=allowed, minimum_prefix_v4=27)


def test_the_older_spellings_are_read() -> None:
    """An inline rule and a SecurityGroupRule cannot walk round the list."""
    listed = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["198.51.100.7/32"]}
    assert fired(say(group=GROUP.but(ingress=[listed]))) == {(RULE, "gateway")}
    old = node(aws.ec2.SecurityGroupRule, "old", securityGroupId=GROUP, type="ingress", **listed)
    assert fired(say(old)) == {(RULE, "old")}


def test_a_prefix_list_fails() -> None:
    """A named list can be widened elsewhere, unseen by this rule."""
    rule = node(aws.vpc.SecurityGroupIngressRule, "rule", securityGroupId=GROUP, ipProtocol="tcp", prefixListId="pl-1")
    assert fired(say(rule)) == {(RULE, "rule")}


def test_a_security_group_source_passes() -> None:
    """The OpenVPN server's group is no range of addresses."""
    source = node(aws.ec2.SecurityGroup, "openvpn")
    rule = node(
        aws.vpc.SecurityGroupIngressRule,
        "rule",
        securityGroupId=GROUP,
        ipProtocol="tcp",
        referencedSecurityGroupId=source,
    )
    assert not say(source, rule)


@pytest.mark.parametrize(
    "group",
    [
        GROUP.derived(ingress=UNKNOWN),
        GROUP.derived(ingress=[{"cidrBlocks": [UNKNOWN]}]),
        GROUP.derived(tags={"System": UNKNOWN}),
        GROUP.derived(tags=UNKNOWN),
    ],
    ids=["list", "cidr", "tag", "tags"],
)
def test_unknown_values_fail(group: Node) -> None:
    """An address, a list or a tag that is unknown until the update is refused at preview."""
    assert fired(say(group=group)) == {(RULE, "gateway")}


def test_a_group_without_the_tag_is_not_checked() -> None:
    """The load balancer's group is open to the world on purpose."""
    assert not say(allow("0.0.0.0/0"), group=GROUP.but(tags={"System": "site"}))
    assert not say(allow("0.0.0.0/0"), group=GROUP.but(tags=None))


def test_a_group_without_rules_passes() -> None:
    """A gateway without ingress rules is safe."""
    assert not say()


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"cidr": "203.0.113.1/28"}, "host bits"),
        ({"expires": "2026-02-30"}, "a date such as"),
        ({"cidr": "office"}, "office"),
    ],
)
def test_wrong_config_is_named(wrong: dict[str, str], part: str) -> None:
    """A mistake in the allow list stops the run with the entry's owner and the mistake, not with a traceback."""
    with pytest.raises(PolicyConfigError, match=rf"ops.*{part}"):
        say(allowed=[{**LISTED, **wrong}])
