"""Security groups: see ``policies/rules/network/gateway_sources.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.gateway_sources import GATEWAY_INGRESS_ALLOW_LISTED
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.proof import Nodes, Proof, replaced

GATEWAY = node(aws.ec2.SecurityGroup, "gateway", tags={"System": "gateway"})
LISTED = {"cidr": "203.0.113.0/28", "owner": "ops", "reason": "the client's offices", "expires": "2999-12-31"}


def _admitting(cidr: str, group: Node = GATEWAY) -> Nodes:
    rule = node(
        aws.vpc.SecurityGroupIngressRule,
        "rule",
        securityGroupId=group,
        ipProtocol="tcp",
        fromPort=3389,
        toPort=3389,
        cidrIpv4=cidr,
    )
    return (group, rule)


def _open_to_a_stranger(rule: Node) -> Node:
    return rule.but(cidrIpv4="198.51.100.128/28") if "192.0.2.0/28" in rule.properties.values() else rule


PROOFS = (
    Proof(
        rule=GATEWAY_INGRESS_ALLOW_LISTED,
        passing={"listed": _admitting("203.0.113.0/28"), "part of it": _admitting("203.0.113.4/32")},
        failing={"not listed": _admitting("203.0.113.16/28")},
        absent=(GATEWAY,),
        absent_is=Status.PASSED,
        unknown=(GATEWAY.derived(tags={"System": UNKNOWN}),),
        not_applicable=(node(aws.ec2.Vpc, "vpc"),),
        config={"allowed": [LISTED]},
        breakage=replaced(aws.vpc.SecurityGroupIngressRule, None, _open_to_a_stranger),
    ),
)
