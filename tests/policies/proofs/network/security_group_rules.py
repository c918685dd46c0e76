"""How a security group's rules are written: see ``policies/rules/network/security_group_rules.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.security_group_rules import (
    DATA_STORE_NO_EGRESS,
    SG_DESCRIBED,
    SG_NO_ALL_PROTOCOLS,
    SG_NO_INLINE_RULES,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.ingress_rules import PORTS, group, ingress, inline, named, old_ingress
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

GROUP = group("database")
CIDR = "10.0.0.0/16"
RULE = ingress(GROUP, cidrIpv4=CIDR)
DATABASE = node(aws.rds.Instance, "db", vpcSecurityGroupIds=[GROUP])


def _way_out(**properties: Any) -> Node:
    rule = {"securityGroupId": GROUP, "ipProtocol": "-1", "description": "Proves a rule", **properties}
    return node(aws.vpc.SecurityGroupEgressRule, "way-out", **rule)


def _with(way_out: Node, store: Node = DATABASE) -> Nodes:
    return (GROUP, store, way_out)


def _database_calls_home(nodes: Sequence[Node]) -> list[Node]:
    """The file server's way out belongs to the database instead."""
    urn = named(nodes, aws.ec2.SecurityGroup, "site-database-access-group").urn
    return replaced(
        aws.vpc.SecurityGroupEgressRule,
        "site-files-access-to-anywhere",
        lambda rule: rule.taken_from(securityGroupId=(urn,)),
    )(nodes)


PROOFS = (
    Proof(
        rule=SG_NO_ALL_PROTOCOLS,
        passing={
            "one port": (RULE,),
            "an FTP server's range": (RULE.but(fromPort=2048, toPort=4096),),
            "everything from a group": (ingress(GROUP, ipProtocol="-1", referencedSecurityGroupId=group("web")),),
            "messages of the network": (RULE.but(ipProtocol="icmp", fromPort=-1, toPort=-1),),
            "of old, on the way out": (old_ingress(GROUP, type="egress", protocol="-1", cidrBlocks=[CIDR]),),
        },
        failing={
            "everything": (RULE.but(ipProtocol="-1"),),
            "a wide range": (RULE.but(fromPort=1024, toPort=65535),),
            "from a prefix list": (ingress(GROUP, ipProtocol="-1", prefixListId="pl-1"),),
            "of old": (old_ingress(GROUP, protocol="all", cidrBlocks=[CIDR]),),
            "inline": (inline(GROUP, protocol="-1", cidrBlocks=[CIDR]),),
        },
        absent=(RULE.but(cidrIpv4=None),),
        absent_is=Status.PASSED,
        unknown=(RULE.but(toPort=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(
            aws.vpc.SecurityGroupIngressRule,
            "operations-vpn-server-access-from-clients-0.0.0.0-0",
            cidrIpv4="192.168.10.0/24",
            ipProtocol="-1",
        ),
    ),
    Proof(
        rule=SG_NO_INLINE_RULES,
        passing={"none": (GROUP,), "empty": (GROUP.but(ingress=[], egress=[]),)},
        failing={
            "in": (inline(GROUP, cidrBlocks=[CIDR]),),
            "out": (GROUP.but(egress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]),),
        },
        absent=(GROUP,),
        absent_is=Status.PASSED,
        unknown=(GROUP.but(ingress=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.ec2.SecurityGroup,
            "pim-load-balancer-group",
            lambda each: inline(each, cidrBlocks=["192.168.10.0/24"]),
        ),
    ),
    Proof(
        rule=SG_DESCRIBED,
        passing={"a group": (GROUP,), "a rule": (RULE,), "a way out": (_way_out(),), "inline": (inline(GROUP),)},
        failing={
            "the SDK's own words": (GROUP.but(description="Managed by Pulumi"),),
            "a rule": (RULE.but(description=None),),
            "a way out": (_way_out().but(description=""),),
            "inline": (inline(GROUP, description=""),),
        },
        absent=(GROUP.but(description=None),),
        unknown=(GROUP.but(description=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(
            aws.vpc.SecurityGroupIngressRule, "site-load-balancer-access-from-https", description="Managed by Pulumi"
        ),
    ),
    Proof(
        rule=DATA_STORE_NO_EGRESS,
        passing={"none": (GROUP, DATABASE), "to a range": (GROUP, _way_out(cidrIpv4=CIDR), DATABASE)},
        failing={
            "to everyone": _with(_way_out(cidrIpv4="0.0.0.0/0")),
            "v6": _with(_way_out(cidrIpv6="::/0")),
            "on one port": _with(_way_out(cidrIpv4="0.0.0.0/0", **PORTS)),
            "of old": _with(old_ingress(GROUP, type="egress", cidrBlocks=["0.0.0.0/0"])),
            "a cache": _with(
                _way_out(cidrIpv4="0.0.0.0/0"),
                node(aws.elasticache.ReplicationGroup, "cache", securityGroupIds=[GROUP]),
            ),
            "inline": (DATABASE, GROUP.but(egress=[{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}])),
        },
        absent=(GROUP, DATABASE),
        absent_is=Status.PASSED,
        unknown=_with(_way_out().derived(cidrIpv4=UNKNOWN)),
        not_applicable=(GROUP,),
        breakage=_database_calls_home,
    ),
)
