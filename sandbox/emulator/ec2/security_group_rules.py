"""Security group rules: descriptions of every kind of rule, changed rules, and those asked for by their ids."""

from __future__ import annotations

import copy
from typing import Any

from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

SOURCES = ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId")
"""A rule has exactly one of them."""


@patch(
    "moto.ec2.models.security_groups:SecurityGroupRule.__init__",
    sha256="34e1eaa4099c90867d0c89be516d87ecf2d65845286dd8f16765c010950b1f8b",
    upstream="A security group rule for a prefix list loses its description.",
)
def _init(original: Any, rule: SecurityGroupRule, *args: Any, **kwargs: Any) -> None:
    original(rule, *args, **kwargs)
    named = dict(zip(("ip_range", "source_group", "prefix_list_id"), args[5:], strict=False)) | kwargs
    rule.prefix_list_description = (named.get("prefix_list_id") or {}).get("Description")


@patch(
    "moto.ec2.models.security_groups:SecurityGroupRule.description",
    sha256="c35a8c8e5183aec8091a2c43321f426ff8fc1466758274413b009e4d1b4318ab",
    upstream="DescribeSecurityGroupRules answers descriptions of rules for address ranges only.",
)
def _description(_original: Any, rule: SecurityGroupRule) -> str | None:
    found: str | None = (
        rule.ip_range.get("Description") or rule.source_group.get("Description") or rule.prefix_list_description
    )
    return found


@patch(
    "moto.ec2.models.security_groups:SecurityGroupRule.__eq__",
    sha256="a6d3fa2a2dae2ec067cda1ef0129210f40f8c0f4ef947df0783fc7069fdf52b4",
    upstream="Rules that differ only in the description of their source group count as different rules.",
)
def _eq(_original: Any, rule: SecurityGroupRule, other: SecurityGroupRule) -> bool:
    """Rules that allow the same traffic are the same rule, whatever their descriptions."""
    return _reach(rule) == _reach(other)


@patch(
    "moto.ec2.models.security_groups:SecurityGroup._flattened_rules",
    sha256="36ee4330c960326dbd0b09e02eed5fa6a1a6fb9557c9fd24530bed4e10b08ddf",
    upstream="DescribeSecurityGroups leaves out the descriptions of prefix lists.",
)
def _flattened_rules(original: Any, group: SecurityGroup, rules: list[SecurityGroupRule]) -> Any:
    views = original(group, rules)
    for view in views:
        ports = (view.ip_protocol, view.from_port, view.to_port)
        for entry in view.prefix_list_ids:
            for rule in rules:
                same = (rule.ip_protocol, rule.from_port, rule.to_port) == ports
                if same and rule.prefix_list_id == entry["PrefixListId"] and rule.prefix_list_description:
                    entry["Description"] = rule.prefix_list_description
    return views


@patch(
    "moto.ec2.models.security_groups:SecurityGroupBackend._sg_update_description",
    sha256="8855ec1e08fec341fbbfdb7582fdd428e706d9c0c5194046e14b325d72b372e1",
    upstream="UpdateSecurityGroupRuleDescriptions changes every rule that has any source group.",
)
def _sg_update_description(
    _original: Any, _backend: SecurityGroupBackend, security_rule: SecurityGroupRule, rule: SecurityGroupRule
) -> None:
    if security_rule == rule:
        _describe(rule, security_rule.description or "")


@patch(
    "moto.ec2.models.security_groups:SecurityGroupBackend.modify_security_group_rules",
    sha256="28499d6802f7a13ebae3d64daab597afd76ce8bcbbd6ed0915ea10cd273f369c",
    upstream="ModifySecurityGroupRules changes IPv4 ranges only and demands ports for all protocols.",
)
def _modify_security_group_rules(
    _original: Any, backend: SecurityGroupBackend, group_id: str, rules: dict[str, dict[str, Any]]
) -> None:
    """Change rules of every kind of source and every protocol."""
    group = backend.get_security_group_by_name_or_id(group_id)
    if group is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    for id_, wanted in rules.items():
        rule = group.get_rule(id_)
        if rule is None:
            raise AwsError("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{id_}' does not exist")
        _modify(backend, rule, wanted)


def _modify(backend: SecurityGroupBackend, rule: SecurityGroupRule, wanted: dict[str, Any]) -> None:
    sources = [name for name in SOURCES if wanted.get(name) is not None]
    if len(sources) != 1:
        raise AwsError(
            "InvalidParameterCombination" if sources else "MissingParameter",
            "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
        )
    kind, source = sources[0], wanted[sources[0]]
    if kind not in ("PrefixListId", "ReferencedGroupId") and rule.ip_range and _CIDR_MEMBERS[kind] not in rule.ip_range:
        raise AwsError("InvalidParameterValue", f"The address family of the existing rule '{rule.id}' cannot change.")
    protocol = wanted.get("IpProtocol")
    if protocol is None:
        raise AwsError("InvalidParameterValue", "VPC security group rules must specify protocols explicitly.")
    ports = [wanted.get("FromPort"), wanted.get("ToPort")]
    if protocol == "-1":
        ports = [None, None]
    elif None in ports:
        raise AwsError("InvalidParameterValue", "Must specify both from and to ports with TCP/UDP.")
    rule.ip_protocol, rule.from_port, rule.to_port = protocol, *ports
    rule.ip_range, rule.source_group, rule.prefix_list_id = {}, {}, None
    if kind == "PrefixListId":
        rule.prefix_list_id = source
    elif kind == "ReferencedGroupId":
        if backend.get_security_group_from_id(source) is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{source}' does not exist")
        rule.source_group = {"GroupId": source, "UserId": backend.account_id, "OwnerId": backend.account_id}
    else:
        rule.ip_range = {_CIDR_MEMBERS[kind]: source}
    _describe(rule, wanted.get("Description") or "")


_CIDR_MEMBERS = {"CidrIpv4": "CidrIp", "CidrIpv6": "CidrIpv6"}


def _reach(rule: SecurityGroupRule) -> tuple[Any, ...]:
    """The traffic that a rule allows."""
    every_port = rule.ip_protocol == "-1"
    return (
        rule.ip_protocol,
        None if every_port else rule.from_port,
        None if every_port else rule.to_port,
        rule.cidr_ipv4,
        rule.cidr_ipv6,
        rule.prefix_list_id,
        rule.source_group.get("GroupId"),
    )


def _describe(rule: SecurityGroupRule, description: str) -> None:
    """Put the description where a rule of this kind keeps it; an empty one is removed."""
    rule.prefix_list_description = description or None if rule.prefix_list_id else None
    for kept in (rule.ip_range, rule.source_group):
        if kept:
            kept.pop("Description", None)
            if description:
                kept["Description"] = description


@patch(
    "moto.ec2.models.security_groups:SecurityGroupBackend.describe_security_group_rules",
    sha256="a29f68ca2ed7a6935cfafe56ce0946ba75b1523dd03e4c7b99bbb62967e3f54d",
    upstream="DescribeSecurityGroupRules copies and filters all rules of the account to find one by its id.",
)
def _describe_security_group_rules(
    original: Any, backend: SecurityGroupBackend, sg_rule_ids: list[str], filters: dict[str, list[str]]
) -> list[SecurityGroupRule]:
    """Asked for by their ids, as a client does after each rule that it makes, rules are found without a copy of all."""
    if not sg_rule_ids or filters:
        rules: list[SecurityGroupRule] = original(backend, sg_rule_ids, filters)
        return rules
    known = {
        rule.id: rule
        for groups in backend.groups.values()
        for group in groups.values()
        for rule in (*group.egress_rules, *group.ingress_rules)
    }
    if missing := next((each for each in sg_rule_ids if each not in known), None):
        raise InvalidSecurityGroupRuleIdNotFoundError(missing)
    found = [copy.copy(rule) for id_, rule in known.items() if id_ in sg_rule_ids]
    for rule in found:
        # AWS answers so for a rule without ports.
        rule.from_port = -1 if rule.from_port is None else rule.from_port
        rule.to_port = -1 if rule.to_port is None else rule.to_port
    return found
