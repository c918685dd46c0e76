"""Search engines: see ``policies/rules/data/search.py``."""

from __future__ import annotations

from collections.abc import Callable

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.data.search import (
    SEARCH_ACCESS,
    SEARCH_AT_REST,
    SEARCH_DEDICATED_MASTERS,
    SEARCH_HTTPS,
    SEARCH_IN_VPC,
    SEARCH_LOGS,
    SEARCH_NODE_TO_NODE,
    SEARCH_PRIVATE_SUBNETS,
    SEARCH_SEVERAL_ZONES,
    SEARCH_UPDATES,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.networks import NETWORK, PRIVATE_SUBNET, PUBLIC_SUBNET, VPC
from tests.policies.proof import Breakage, Nodes, Proof, changed, replaced

DOMAIN = node(aws.opensearch.Domain, "search")
HTTPS = {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"}
USERS = {"enabled": True, "internalUserDatabaseEnabled": True}
THREE_ZONES: dict[str, object] = {
    "instanceCount": 3,
    "zoneAwarenessEnabled": True,
    "zoneAwarenessConfig": {"availabilityZoneCount": 3},
}
MASTERS = {"instanceCount": 6, "dedicatedMasterEnabled": True, "dedicatedMasterCount": 3}
LOGS: list[dict[str, object]] = [
    {"logType": "AUDIT_LOGS", "cloudwatchLogGroupArn": UNKNOWN},
    {"logType": "ES_APPLICATION_LOGS", "cloudwatchLogGroupArn": UNKNOWN, "enabled": True},
]


def _in(*subnets: Node) -> Nodes:
    domain = DOMAIN.taken_from(vpcOptions=tuple(each.urn for each in subnets))
    return (*NETWORK, domain.but(vpcOptions={"subnetIds": [UNKNOWN], "securityGroupIds": ["sg-1"]}))


def _with(block: str, **properties: object) -> Callable[[Node], Node]:
    return lambda domain: domain.but(**{block: {**domain.properties[block], **properties}})


def _broken(block: str, **properties: object) -> Breakage:
    """Production's search engine with other values in one of its blocks."""
    return replaced(aws.opensearch.Domain, None, _with(block, **properties))


def _in_a_public_subnet(domain: Node) -> Node:
    public = tuple(
        urn.replace("private", "public") for urn in domain.origins["vpcOptions"] if urn.endswith("private-a")
    )
    assert public
    options = domain.properties["vpcOptions"]
    return domain.taken_from(vpcOptions=(*domain.origins["vpcOptions"], *public)).but(vpcOptions=options)


PROOFS = (
    Proof(
        rule=SEARCH_AT_REST,
        passing={"encrypted": (DOMAIN.but(encryptAtRest={"enabled": True}),)},
        failing={"in the clear": (DOMAIN.but(encryptAtRest={"enabled": False}),)},
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(encryptAtRest={"enabled": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=_broken("encryptAtRest", enabled=False),
    ),
    Proof(
        rule=SEARCH_NODE_TO_NODE,
        passing={"encrypted": (DOMAIN.but(nodeToNodeEncryption={"enabled": True}),)},
        failing={"in the clear": (DOMAIN.but(nodeToNodeEncryption={"enabled": False}),)},
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(nodeToNodeEncryption=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.opensearch.Domain, nodeToNodeEncryption=None),
    ),
    Proof(
        rule=SEARCH_HTTPS,
        passing={"TLS 1.2": (DOMAIN.but(domainEndpointOptions=HTTPS),)},
        failing={
            "HTTP too": (DOMAIN.but(domainEndpointOptions={**HTTPS, "enforceHttps": False}),),
            "TLS 1.0": (
                DOMAIN.but(domainEndpointOptions={**HTTPS, "tlsSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"}),
            ),
            "AWS's own policy": (DOMAIN.but(domainEndpointOptions={"enforceHttps": True}),),
        },
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(domainEndpointOptions={**HTTPS, "tlsSecurityPolicy": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=_broken("domainEndpointOptions", tlsSecurityPolicy="Policy-Min-TLS-1-0-2019-07"),
    ),
    Proof(
        rule=SEARCH_IN_VPC,
        passing={"inside": (DOMAIN.but(vpcOptions={"subnetIds": ["subnet-1"]}),)},
        failing={"no subnets": (DOMAIN.but(vpcOptions={"subnetIds": []}),)},
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(vpcOptions={"subnetIds": UNKNOWN}),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=changed(aws.opensearch.Domain, vpcOptions=None),
    ),
    Proof(
        rule=SEARCH_PRIVATE_SUBNETS,
        passing={"behind a NAT": _in(PRIVATE_SUBNET)},
        failing={"one public": _in(PRIVATE_SUBNET, PUBLIC_SUBNET), "only public": _in(PUBLIC_SUBNET)},
        absent=(DOMAIN,),
        # That it has none is for the rule of the network to say.
        absent_is=Status.PASSED,
        unknown=(DOMAIN.derived(vpcOptions=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=NETWORK,
        breakage=replaced(aws.opensearch.Domain, None, _in_a_public_subnet),
    ),
    Proof(
        rule=SEARCH_ACCESS,
        passing={"users": (DOMAIN.but(advancedSecurityOptions=USERS),)},
        failing={
            "off": (DOMAIN.but(advancedSecurityOptions={"enabled": False}),),
            "guests too": (DOMAIN.but(advancedSecurityOptions={**USERS, "anonymousAuthEnabled": True}),),
        },
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(advancedSecurityOptions={"enabled": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=_broken("advancedSecurityOptions", anonymousAuthEnabled=True),
    ),
    Proof(
        rule=SEARCH_LOGS,
        passing={"both": (DOMAIN.but(logPublishingOptions=LOGS),)},
        failing={
            "no audit trail": (DOMAIN.but(logPublishingOptions=LOGS[1:]),),
            "one is off": (DOMAIN.but(logPublishingOptions=[LOGS[0], {**LOGS[1], "enabled": False}]),),
            "only slow queries": (DOMAIN.but(logPublishingOptions=[{**LOGS[0], "logType": "SEARCH_SLOW_LOGS"}]),),
        },
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(logPublishingOptions=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.opensearch.Domain,
            None,
            lambda domain: domain.but(logPublishingOptions=domain.properties["logPublishingOptions"][:1]),
        ),
    ),
    Proof(
        rule=SEARCH_SEVERAL_ZONES,
        passing={"three": (DOMAIN.but(clusterConfig=THREE_ZONES),)},
        failing={
            "one": (DOMAIN.but(clusterConfig={**THREE_ZONES, "zoneAwarenessEnabled": False}),),
            "two": (DOMAIN.but(clusterConfig={**THREE_ZONES, "zoneAwarenessConfig": {"availabilityZoneCount": 2}}),),
            "two nodes": (DOMAIN.but(clusterConfig={**THREE_ZONES, "instanceCount": 2}),),
        },
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(clusterConfig=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=_broken("clusterConfig", instanceCount=2),
    ),
    Proof(
        rule=SEARCH_DEDICATED_MASTERS,
        passing={
            "large, with them": (DOMAIN.but(clusterConfig=MASTERS),),
            "small": (DOMAIN.but(clusterConfig=THREE_ZONES),),
        },
        failing={
            "none": (DOMAIN.but(clusterConfig={"instanceCount": 6}),),
            "an even number": (DOMAIN.but(clusterConfig={**MASTERS, "dedicatedMasterCount": 2}),),
        },
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(clusterConfig={"instanceCount": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=_broken("clusterConfig", instanceCount=6),
    ),
    Proof(
        rule=SEARCH_UPDATES,
        passing={"by itself": (DOMAIN.but(softwareUpdateOptions={"autoSoftwareUpdateEnabled": True}),)},
        failing={"by hand": (DOMAIN.but(softwareUpdateOptions={"autoSoftwareUpdateEnabled": False}),)},
        absent=(DOMAIN,),
        unknown=(DOMAIN.but(softwareUpdateOptions={"autoSoftwareUpdateEnabled": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=changed(aws.opensearch.Domain, softwareUpdateOptions=None),
    ),
)
