"""Who may talk to whom: see ``policies/rules/network/tier_isolation.py``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.tier_isolation import (
    ADMIN_TOOLS_ONLY_VPN,
    CACHE_INGRESS_ONLY_OWN_SITE,
    DB_INGRESS_ONLY_OWN_SITE,
    NFS_INGRESS_ONLY_WEB,
    SEARCH_INGRESS_ONLY_OWN_SITE,
    WEB_INGRESS_ONLY_LOAD_BALANCER,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.ingress_rules import allows_instead, group, ingress, inline, old_ingress
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof

WEB = group("front", "magento")
PREPROD_WEB = group("preprod-front", "magento", "preprod")
PIM = group("pim")
PHP_MY_ADMIN = group("phpmyadmin")
GATEWAY = group("gateway")
VPN = group("vpn-access")
BALANCER = group("load-balancer")
SOURCES = (WEB, PREPROD_WEB, PIM, PHP_MY_ADMIN, GATEWAY, VPN, BALANCER)

DATABASE_GROUP = group("database")
DATABASE = node(aws.rds.Instance, "db", vpcSecurityGroupIds=[DATABASE_GROUP], tags={"System": "database"})
SHARED = DATABASE.but(tags={"System": "shared-database"})
CACHE_GROUP = group("cache")
CACHE = node(aws.elasticache.ReplicationGroup, "cache", securityGroupIds=[CACHE_GROUP])
SEARCH_GROUP = group("search")
SEARCH = node(aws.opensearch.Domain, "search").taken_from(vpcOptions=(SEARCH_GROUP.urn,))
FILES = group("nfs")
ENVIRONMENT = node(aws.elasticbeanstalk.Environment, "front", settings=[WEB, BALANCER])
RUNDECK = group("rundeck")
WINDOWS = group("windows")
LINK = node(aws.ec2.VpnConnectionRoute, "lan", destinationCidrBlock="192.168.10.0/24")


def _into(store: Node, into: Node, **source: Any) -> Nodes:
    return (*SOURCES, into, store, ingress(into, **source))


def _store(store: Node, into: Node) -> dict[str, Any]:
    """The cases of a data store that only its site's instances reach."""
    nodes = (*SOURCES, into, store)
    return {
        "passing": {
            "the site": _into(store, into, referencedSecurityGroupId=WEB),
            "of old": (*nodes, old_ingress(into, sourceSecurityGroupId=WEB)),
        },
        "failing": {
            "a satellite": _into(store, into, referencedSecurityGroupId=PIM),
            "another environment": _into(store, into, referencedSecurityGroupId=PREPROD_WEB),
            "another stack's group": _into(store, into, referencedSecurityGroupId="sg-1"),
            "a range": _into(store, into, cidrIpv4="10.0.0.0/16"),
            "a prefix list": _into(store, into, prefixListId="pl-1"),
            "itself": (*nodes, old_ingress(into, self=True)),
        },
        "unknown": (*nodes, ingress(into).derived(referencedSecurityGroupId=UNKNOWN)),
    }


PROOFS = (
    Proof(
        rule=DB_INGRESS_ONLY_OWN_SITE,
        passing={
            "its site": _into(DATABASE, DATABASE_GROUP, referencedSecurityGroupId=WEB),
            "a satellite of the shared one": _into(SHARED, DATABASE_GROUP, referencedSecurityGroupId=PIM),
            "phpMyAdmin where config says so": _into(SHARED, DATABASE_GROUP, referencedSecurityGroupId=PHP_MY_ADMIN),
            "of old": (*SOURCES, DATABASE_GROUP, old_ingress(DATABASE_GROUP, sourceSecurityGroupId=WEB), DATABASE),
            "after a refresh": (
                WEB.but(arn="arn:aws:ec2:eu-west-3:1:security-group/sg-1"),
                inline(DATABASE_GROUP, securityGroups=["sg-1"]),
                DATABASE,
            ),
            "a range, which rds-private-ingress checks": _into(DATABASE, DATABASE_GROUP, cidrIpv4="10.0.0.0/16"),
        },
        failing={
            "a satellite": _into(DATABASE, DATABASE_GROUP, referencedSecurityGroupId=PIM),
            "phpMyAdmin where config does not say so": _into(
                DATABASE, DATABASE_GROUP, referencedSecurityGroupId=PHP_MY_ADMIN
            ),
            "the site of the shared one": _into(SHARED, DATABASE_GROUP, referencedSecurityGroupId=WEB),
            "another environment": _into(DATABASE, DATABASE_GROUP, referencedSecurityGroupId=PREPROD_WEB),
            "another stack's group": _into(DATABASE, DATABASE_GROUP, referencedSecurityGroupId="sg-1"),
            "any of a list": (
                *SOURCES,
                DATABASE_GROUP,
                DATABASE,
                ingress(DATABASE_GROUP).taken_from(referencedSecurityGroupId=(WEB.urn, PIM.urn)),
            ),
            "of old": (*SOURCES, DATABASE_GROUP, DATABASE, old_ingress(DATABASE_GROUP, sourceSecurityGroupId=PIM)),
            "inline": (
                *SOURCES,
                DATABASE,
                replace(inline(DATABASE_GROUP, securityGroups=[UNKNOWN]), origins={"ingress": (PIM.urn,)}),
            ),
            "after a refresh": (
                PIM.but(arn="arn:aws:ec2:eu-west-3:1:security-group/sg-1"),
                DATABASE,
                inline(DATABASE_GROUP, securityGroups=["sg-1"]),
            ),
            "inline, another stack's group": (DATABASE, inline(DATABASE_GROUP, securityGroups=["sg-1"])),
        },
        absent=(DATABASE_GROUP, DATABASE),
        absent_is=Status.PASSED,
        unknown=(DATABASE_GROUP, DATABASE.derived(tags={"System": UNKNOWN})),
        not_applicable=(VPC,),
        config={
            "clients": [
                {"stack": "test", "database": "shared-database", "client": "pim"},
                {"stack": "test", "database": "shared-database", "client": "phpmyadmin"},
                {"stack": "other", "database": "database", "client": "phpmyadmin"},
            ]
        },
        breakage=allows_instead("shared-database-access-from-pim", "site-front-instances-group"),
    ),
    Proof(
        rule=CACHE_INGRESS_ONLY_OWN_SITE,
        **_store(CACHE, CACHE_GROUP),
        absent=(node(aws.elasticache.ReplicationGroup, "cache"),),
        not_applicable=(VPC,),
        breakage=allows_instead("site-cache-access-from-front", "pim-instances-group"),
    ),
    Proof(
        rule=SEARCH_INGRESS_ONLY_OWN_SITE,
        **_store(SEARCH, SEARCH_GROUP),
        absent=(node(aws.opensearch.Domain, "search"),),
        not_applicable=(VPC,),
        breakage=allows_instead("site-search-access-from-front", "pim-instances-group"),
    ),
    Proof(
        rule=NFS_INGRESS_ONLY_WEB,
        passing={
            "the site": (WEB, ingress(FILES, referencedSecurityGroupId=WEB), FILES),
            "another server": (PIM, RUNDECK, ingress(RUNDECK, referencedSecurityGroupId=PIM)),
        },
        failing={
            "a satellite": (PIM, FILES, ingress(FILES, referencedSecurityGroupId=PIM)),
            "the VPN": (VPN, FILES, ingress(FILES, referencedSecurityGroupId=VPN)),
            "another environment": (PREPROD_WEB, FILES, ingress(FILES, referencedSecurityGroupId=PREPROD_WEB)),
            "a range": (FILES, ingress(FILES, cidrIpv4="10.0.0.0/16")),
            "inline": (inline(FILES, cidrBlocks=["10.0.0.0/16"]),),
        },
        absent=(FILES,),
        absent_is=Status.PASSED,
        unknown=(FILES, ingress(FILES).derived(cidrIpv4=UNKNOWN)),
        not_applicable=(VPC,),
        breakage=allows_instead("site-files-access-from-front", "pim-instances-group"),
    ),
    Proof(
        rule=WEB_INGRESS_ONLY_LOAD_BALANCER,
        passing={
            "the load balancer": (BALANCER, ingress(WEB, referencedSecurityGroupId=BALANCER), WEB, ENVIRONMENT),
            "FTP by the gateway": (
                GATEWAY,
                ingress(WEB, fromPort=21, toPort=21, referencedSecurityGroupId=GATEWAY),
                WEB,
                ENVIRONMENT,
            ),
            "everyone at the load balancer": (WEB, BALANCER, ingress(BALANCER, cidrIpv4="0.0.0.0/0"), ENVIRONMENT),
        },
        failing={
            "HTTP by the gateway": (WEB, ENVIRONMENT, GATEWAY, ingress(WEB, referencedSecurityGroupId=GATEWAY)),
            "everything by the gateway": (
                WEB,
                ENVIRONMENT,
                GATEWAY,
                ingress(WEB, ipProtocol="-1", referencedSecurityGroupId=GATEWAY),
            ),
            "another application": (WEB, ENVIRONMENT, PIM, ingress(WEB, referencedSecurityGroupId=PIM)),
            "another stack's load balancer": (WEB, ENVIRONMENT, ingress(WEB, referencedSecurityGroupId="sg-1")),
            "a range": (WEB, ENVIRONMENT, ingress(WEB, cidrIpv4="10.0.0.0/16")),
            "SSH from the VPN": (
                WEB,
                ENVIRONMENT,
                VPN,
                ingress(WEB, fromPort=22, toPort=22, referencedSecurityGroupId=VPN),
            ),
        },
        absent=(node(aws.elasticbeanstalk.Environment, "front"),),
        absent_is=Status.PASSED,
        unknown=(WEB, ENVIRONMENT, ingress(WEB).derived(referencedSecurityGroupId=UNKNOWN)),
        not_applicable=(VPC, WEB),
        breakage=allows_instead("site-front-instances-from-load-balancer", "operations-windows-access-group"),
    ),
    Proof(
        rule=ADMIN_TOOLS_ONLY_VPN,
        passing={
            "the VPN": (VPN, ingress(RUNDECK, referencedSecurityGroupId=VPN), RUNDECK),
            "behind a link": (LINK, ingress(RUNDECK, cidrIpv4="192.168.10.128/25"), RUNDECK),
            "Windows by the gateway": (GATEWAY, ingress(WINDOWS, referencedSecurityGroupId=GATEWAY), WINDOWS),
        },
        failing={
            "Rundeck by the gateway": (GATEWAY, RUNDECK, ingress(RUNDECK, referencedSecurityGroupId=GATEWAY)),
            "Windows from a satellite": (PIM, WINDOWS, ingress(WINDOWS, referencedSecurityGroupId=PIM)),
            "phpMyAdmin from the site": (WEB, PHP_MY_ADMIN, ingress(PHP_MY_ADMIN, referencedSecurityGroupId=WEB)),
            "the network": (LINK, RUNDECK, ingress(RUNDECK, cidrIpv4="10.0.0.0/16")),
            "more than is behind a link": (LINK, RUNDECK, ingress(RUNDECK, cidrIpv4="192.168.0.0/16")),
            "one address of the internet": (RUNDECK, ingress(RUNDECK, cidrIpv4="203.0.113.7/32")),
            "of old": (PIM, RUNDECK, old_ingress(RUNDECK, sourceSecurityGroupId=PIM)),
            "inline": (inline(RUNDECK, cidrBlocks=["10.0.0.0/16"]),),
        },
        absent=(RUNDECK,),
        absent_is=Status.PASSED,
        unknown=(RUNDECK.derived(tags={"System": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=allows_instead("operations-rundeck-server-access-from-vpn", "pim-instances-group"),
    ),
)
