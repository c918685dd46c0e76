"""Adapters of security groups and of single rules, against the embedded AWS."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.emulator.network_parts import TAGS, a_prefix_list, a_security_group, a_vpc
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    round_trip,
    unexercised,
)

SAMPLES = Samples()


HTTPS = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["192.0.2.0/24"], "description": "office"}
ITSELF = {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}
PING = {"protocol": "icmp", "fromPort": 8, "toPort": 0, "cidrBlocks": ["10.0.0.0/8", "198.51.100.0/24"]}
OUT = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}


@SAMPLES.case("aws:ec2/securityGroup:SecurityGroup")
def without_rules(aws: Aws) -> Case:
    return Case(inputs={"name": "bare", "description": "of the site", "vpcId": a_vpc(aws), "ingress": [], "egress": []})


@SAMPLES.case("aws:ec2/securityGroup:SecurityGroup")
def with_inline_rules(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    from_group = {
        "protocol": "tcp",
        "fromPort": 3306,
        "toPort": 3306,
        "securityGroups": [a_security_group(aws, vpc_id, "front")],
    }
    return Case(
        inputs={
            "name": "ruled",
            "description": "of the site",
            "vpcId": vpc_id,
            "ingress": [HTTPS, ITSELF],
            "egress": [OUT],
            "tags": TAGS,
        },
        updates=[{"ingress": [PING, from_group]}, {"egress": [HTTPS]}, {"ingress": []}],
    )


@SAMPLES.case("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
def closed(aws: Aws) -> Case:
    return Case(
        inputs={"vpcId": a_vpc(aws), "tags": TAGS},
        updates=[{"ingress": [ITSELF], "egress": [OUT]}, {"ingress": None, "egress": None}],
        outlives_deletion=True,
    )


@SAMPLES.case("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def from_a_network_then_a_group(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    return Case(
        inputs={
            "securityGroupId": a_security_group(aws, vpc_id, "web"),
            "ipProtocol": "tcp",
            "fromPort": 80,
            "toPort": 81,
            "cidrIpv4": "192.0.2.0/24",
            "description": "office",
            "tags": TAGS,
        },
        updates=[
            {"fromPort": 443, "toPort": 443, "description": "office, safely"},
            {"ipProtocol": "udp"},
        ],
    )


@SAMPLES.case("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def from_a_group(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    return Case(
        inputs={
            "securityGroupId": a_security_group(aws, vpc_id, "db"),
            "ipProtocol": "tcp",
            "fromPort": 3306,
            "toPort": 3306,
            "referencedSecurityGroupId": a_security_group(aws, vpc_id, "app"),
            "description": "the site alone",
        },
    )


@SAMPLES.case("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def from_ipv6(aws: Aws) -> Case:
    group_id = a_security_group(aws, a_vpc(aws), "ipv6")
    return Case(
        inputs={"securityGroupId": group_id, "ipProtocol": "icmpv6", "fromPort": -1, "toPort": -1, "cidrIpv6": "::/0"}
    )


@SAMPLES.case("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def from_a_prefix_list(aws: Aws) -> Case:
    return Case(
        inputs={
            "securityGroupId": a_security_group(aws, a_vpc(aws), "offices"),
            "ipProtocol": "tcp",
            "fromPort": 22,
            "toPort": 22,
            "prefixListId": a_prefix_list(aws),
            "description": "the offices",
        },
    )


@SAMPLES.case("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def to_a_group(aws: Aws) -> Case:
    vpc_id = a_vpc(aws)
    return Case(
        inputs={
            "securityGroupId": a_security_group(aws, vpc_id, "app"),
            "ipProtocol": "tcp",
            "fromPort": 3306,
            "toPort": 3306,
            "referencedSecurityGroupId": a_security_group(aws, vpc_id, "db"),
            "description": "the database",
            "tags": TAGS,
        },
        updates=[{"description": "the database alone"}],
    )


@SAMPLES.case("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def to_a_prefix_list(aws: Aws) -> Case:
    group_id = a_security_group(aws, a_vpc(aws), "to-offices")
    return Case(inputs={"securityGroupId": group_id, "ipProtocol": "-1", "prefixListId": a_prefix_list(aws)})


@SAMPLES.case("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def to_ipv6(aws: Aws) -> Case:
    group_id = a_security_group(aws, a_vpc(aws), "to-ipv6")
    return Case(inputs={"securityGroupId": group_id, "ipProtocol": "-1", "cidrIpv6": "::/0"})


@SAMPLES.case("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def to_everywhere(aws: Aws) -> Case:
    return Case(
        inputs={
            "securityGroupId": a_security_group(aws, a_vpc(aws), "egress"),
            "ipProtocol": "-1",
            "cidrIpv4": "0.0.0.0/0",
        },
        updates=[
            {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443},
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what AWS has: at creation, after every update, and nothing is left after deletion."""
    round_trip(aws, sample)


def test_every_property_is_tried(aws: Aws) -> None:
    """A property that no case sets, or that can be updated and never is, would be accepted on trust."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_inline_rules_are_read_as_the_program_groups_them(aws: Aws) -> None:
    """AWS merges rules of the same ports; a program may write one a network, and must not see drift for it."""
    group = "aws:ec2/securityGroup:SecurityGroup"
    apart = [{**HTTPS, "cidrBlocks": [network]} for network in ("192.0.2.0/24", "198.51.100.0/24")]
    id = create(aws, group, {"name": "apart", "vpcId": a_vpc(aws), "ingress": apart})
    as_written = find_adapter(group).read(aws, id, {"ingress": apart})
    as_imported = find_adapter(group).read(aws, id, {})
    assert as_written is not None
    assert as_imported is not None
    assert as_written["ingress"] == apart
    assert as_imported["ingress"] == [{**HTTPS, "cidrBlocks": ["192.0.2.0/24", "198.51.100.0/24"]}]


def test_a_changed_inline_rule_is_drift(aws: Aws) -> None:
    """What the program wrote last is only a spelling: it must never hide what AWS has."""
    group = "aws:ec2/securityGroup:SecurityGroup"
    id = create(aws, group, {"name": "drifted", "vpcId": a_vpc(aws), "ingress": [HTTPS]})
    aws.client("ec2").authorize_security_group_ingress(
        GroupId=id, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    state = find_adapter(group).read(aws, id, {"ingress": [HTTPS]})
    assert state is not None
    assert [rule["fromPort"] for rule in state["ingress"]] == [22, 443]
