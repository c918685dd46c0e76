"""Prefix lists: see ``policies/rules/network/prefix_lists.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.prefix_lists import PREFIX_LISTS_ALLOW_LISTED
from tests.policies.analyzer import UNKNOWN, node
from tests.policies.ingress_rules import group, ingress, inline, old_ingress
from tests.policies.networks import VPC
from tests.policies.proof import Proof, added
from tests.policies.proofs.network.gateway_sources import LISTED

LIST = node(aws.ec2.ManagedPrefixList, "partners", name="partners", addressFamily="IPv4", maxEntries=5, entries=[])
SERVER = group("rundeck")
GATEWAY = group("gateway")
STRANGER = {"cidr": "198.51.100.128/28", "description": "A stranger"}
TAGS = {"Client": "client", "Environment": "prod", "System": "gateway", "ManagedBy": "pulumi", "Name": "partners"}

PROOFS = (
    Proof(
        rule=PREFIX_LISTS_ALLOW_LISTED,
        passing={
            "listed": (LIST.but(entries=[{"cidr": "203.0.113.0/28"}, {"cidr": "10.0.0.0/16"}]),),
            "a separate entry": (
                LIST,
                node(aws.ec2.ManagedPrefixListEntry, "entry", prefixListId=LIST, cidr="203.0.113.4/32"),
            ),
            "a rule with a list of the stack": (LIST, SERVER, ingress(SERVER, prefixListId=LIST)),
            "a rule with its id": (
                LIST.but(arn="arn:aws:ec2:eu-west-3:1:prefix-list/pl-1"),
                SERVER,
                ingress(SERVER, prefixListId="pl-1"),
            ),
            "a rule with a known list": (SERVER, ingress(SERVER, prefixListId="pl-known")),
            "the gateway, which another rule checks": (GATEWAY, ingress(GATEWAY, prefixListId="pl-1")),
        },
        failing={
            "a stranger": (LIST.but(entries=[{"cidr": "203.0.113.0/28"}, STRANGER]),),
            "an expired permission": (LIST.but(entries=[{"cidr": "192.0.2.7/32"}]),),
            "a separate entry": (
                LIST,
                node(aws.ec2.ManagedPrefixListEntry, "entry", prefixListId=LIST, cidr="198.51.100.128/28"),
            ),
            "a rule with another list": (SERVER, ingress(SERVER, prefixListId="pl-1")),
            "of old": (SERVER, old_ingress(SERVER, prefixListIds=["pl-1"])),
            "inline": (inline(SERVER, prefixListIds=["pl-1"]),),
        },
        absent=(LIST.but(entries=None),),
        absent_is=Status.PASSED,
        unknown=(LIST.derived(entries=[{"cidr": UNKNOWN}]),),
        not_applicable=(VPC,),
        config={
            "allowed": [LISTED, {**LISTED, "cidr": "192.0.2.0/28", "expires": "2020-01-31"}],
            "known_lists": ["pl-known"],
        },
        breakage=added(LIST.but(entries=[STRANGER], tags=TAGS)),
    ),
)
