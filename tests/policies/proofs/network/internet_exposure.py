"""What the internet reaches: see ``policies/rules/network/internet_exposure.py``."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.internet_exposure import SG_NO_OPEN_INGRESS, SG_NO_PUBLIC_ADMINISTRATION, SG_NO_WIDE_RANGE
from tests.policies.analyzer import UNKNOWN, Node
from tests.policies.ingress_rules import group, ingress, inline, old_ingress
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed

BALANCER = group("load-balancer")
VPN = group("vpn-access")
GATEWAY = group("gateway")
SERVER = group("rundeck")
SSH = {"fromPort": 22, "toPort": 22}


def _into(into: Node, **properties: Any) -> Nodes:
    return (into, ingress(into, **properties))


def _both(*cidrs: str) -> Nodes:
    """Two rules, and the group that has them both at the end."""
    return (*(ingress(SERVER, f"from-{each}", cidrIpv4=each) for each in cidrs), SERVER)


PROOFS = (
    Proof(
        rule=SG_NO_OPEN_INGRESS,
        passing={
            "HTTPS of a load balancer": _into(BALANCER, cidrIpv4="0.0.0.0/0"),
            "OpenVPN": _into(VPN, cidrIpv4="0.0.0.0/0", ipProtocol="17", fromPort=1194, toPort=1194),
            "a known range": _into(SERVER, cidrIpv4="203.0.113.0/28"),
            "a group": (SERVER, VPN, ingress(SERVER, referencedSecurityGroupId=VPN)),
            "after a refresh": (inline(BALANCER, cidrBlocks=["0.0.0.0/0"]),),
        },
        failing={
            "another port of a load balancer": _into(BALANCER, cidrIpv4="0.0.0.0/0", fromPort=80, toPort=443),
            "another protocol": _into(VPN, cidrIpv4="0.0.0.0/0", fromPort=1194, toPort=1194),
            "all ports of a load balancer": _into(BALANCER, cidrIpv4="0.0.0.0/0", ipProtocol="-1"),
            "a server": _into(SERVER, cidrIpv4="0.0.0.0/0"),
            "v6": _into(SERVER, cidrIpv6="::/0"),
            "halves": _both("0.0.0.0/1", "128.0.0.0/1"),
            "inline": (inline(SERVER, cidrBlocks=["0.0.0.0/0"]),),
            "of old": (SERVER, old_ingress(SERVER, cidrBlocks=["0.0.0.0/0"])),
            "another stack's group": (ingress("sg-1", cidrIpv4="0.0.0.0/0"),),
            "a group without a system": _into(BALANCER.but(tags=None), cidrIpv4="0.0.0.0/0"),
        },
        absent=(SERVER,),
        absent_is=Status.PASSED,
        unknown=(SERVER, ingress(SERVER).derived(cidrIpv4=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=changed(
            aws.vpc.SecurityGroupIngressRule, "site-load-balancer-access-from-http", fromPort=8443, toPort=8443
        ),
    ),
    Proof(
        rule=SG_NO_WIDE_RANGE,
        passing={
            "an office": _into(SERVER, cidrIpv4="203.0.113.0/28"),
            "the network": _into(SERVER, cidrIpv4="10.0.0.0/8"),
            "the gateway, which another rule checks": _into(GATEWAY, cidrIpv4="203.0.113.0/24"),
            "everyone, which another rule checks": _into(SERVER, cidrIpv4="0.0.0.0/0"),
            "far apart": _both("203.0.113.0/28", "203.0.113.32/28"),
        },
        failing={
            "too wide": _into(SERVER, cidrIpv4="203.0.113.0/27"),
            "v6": _into(SERVER, cidrIpv6="2001:db8::/63"),
            "private and more": _into(SERVER, cidrIpv4="8.0.0.0/5"),
            "neighbours": _both("203.0.113.0/28", "203.0.113.16/28"),
            "inline": (inline(SERVER, ipv6CidrBlocks=["2001:db8::/48"]),),
            "of old": (SERVER, old_ingress(SERVER, cidrBlocks=["203.0.113.0/24"])),
        },
        absent=(SERVER,),
        absent_is=Status.PASSED,
        unknown=(SERVER.derived(ingress=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(
            aws.vpc.SecurityGroupIngressRule,
            "operations-vpn-server-access-from-clients-0.0.0.0-0",
            cidrIpv4="198.51.100.0/24",
            fromPort=943,
            toPort=943,
        ),
    ),
    Proof(
        rule=SG_NO_PUBLIC_ADMINISTRATION,
        passing={
            "from the network": _into(SERVER, **SSH, cidrIpv4="10.0.0.0/16"),
            "from a group": (SERVER, VPN, ingress(SERVER, **SSH, referencedSecurityGroupId=VPN)),
            "another port": _into(SERVER, cidrIpv4="203.0.113.7/32"),
            "the gateway, which another rule checks": _into(GATEWAY, **SSH, cidrIpv4="203.0.113.7/32"),
            "a message of the network": _into(SERVER, ipProtocol="icmp", fromPort=0, toPort=255, cidrIpv4="0.0.0.0/0"),
        },
        failing={
            "one address": _into(SERVER, **SSH, cidrIpv4="203.0.113.7/32"),
            "v6": _into(SERVER, **SSH, cidrIpv6="2001:db8::7/128"),
            "a range of ports": _into(SERVER, fromPort=3000, toPort=4000, cidrIpv4="203.0.113.7/32"),
            "all ports": _into(SERVER, ipProtocol="-1", cidrIpv4="203.0.113.7/32"),
            "inline": (inline(SERVER, **SSH, cidrBlocks=["203.0.113.7/32"]),),
            "of old": (SERVER, old_ingress(SERVER, **SSH, cidrBlocks=["203.0.113.7/32"])),
            "another stack's group": (ingress("sg-1", **SSH, cidrIpv4="203.0.113.7/32"),),
        },
        absent=(SERVER,),
        absent_is=Status.PASSED,
        unknown=(SERVER, ingress(SERVER, **SSH).derived(cidrIpv4=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=changed(
            aws.vpc.SecurityGroupIngressRule,
            "operations-vpn-server-access-from-clients-0.0.0.0-0",
            cidrIpv4="198.51.100.7/32",
            ipProtocol="tcp",
            **SSH,
        ),
    ),
)
