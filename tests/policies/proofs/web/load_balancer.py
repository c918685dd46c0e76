"""Load balancers: see ``policies/rules/web/load_balancer.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.web.load_balancer import (
    ALB_ACCESS_LOGS,
    ALB_DELETION_PROTECTION,
    ALB_DESYNC,
    ALB_DROP_INVALID_HEADERS,
    ALB_MULTI_AZ,
    LOAD_BALANCER_HEALTH_CHECK,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.environments import environment, with_settings
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

BALANCER = node(
    aws.lb.LoadBalancer,
    "site",
    loadBalancerType="application",
    accessLogs={"enabled": True, "bucket": "client-magento-elb-logs"},
)
NETWORK_BALANCER = node(aws.lb.LoadBalancer, "network", loadBalancerType="network")
SUBNETS = [
    node(aws.ec2.Subnet, f"public-{zone[-1]}", vpcId=VPC, availabilityZone=zone)
    for zone in ("eu-west-3a", "eu-west-3b")
]
SECOND_OF_A_ZONE = node(aws.ec2.Subnet, "public-a-2", vpcId=VPC, availabilityZone="eu-west-3a")
TARGETS = node(
    aws.lb.TargetGroup, "targets", protocol="HTTP", healthCheck={"path": "/health_check.php", "matcher": "200"}
)
PROCESS = "aws:elasticbeanstalk:environment:process:default"
WEB = environment("web", {PROCESS: {"HealthCheckPath": "/health_check.php", "MatcherHTTPCode": "200"}})


def _in(*subnets: Node) -> Nodes:
    return (VPC, *subnets, node(aws.lb.LoadBalancer, "site", subnets=list(subnets)))


def _checked(**health_check: object) -> Nodes:
    return (TARGETS.but(healthCheck={"path": "/health_check.php", "matcher": "200", **health_check}),)


def _without_logs(balancer: Node) -> Node:
    return balancer.but(accessLogs={**balancer.properties["accessLogs"], "enabled": False})


PROOFS = (
    Proof(
        rule=ALB_ACCESS_LOGS,
        passing={"logs": (BALANCER,)},
        failing={
            "off": (BALANCER.but(accessLogs={"enabled": False, "bucket": "logs"}),),
            "not on": (BALANCER.but(accessLogs={"bucket": "logs"}),),
            "nowhere": (BALANCER.but(accessLogs={"enabled": True, "bucket": ""}),),
        },
        absent=(BALANCER.but(accessLogs=None),),
        unknown=(BALANCER.but(accessLogs={"enabled": UNKNOWN, "bucket": "logs"}),),
        not_applicable=(VPC,),
        breakage=replaced(aws.lb.LoadBalancer, None, _without_logs),
    ),
    Proof(
        rule=ALB_DELETION_PROTECTION,
        passing={"protected": (BALANCER.but(enableDeletionProtection=True),)},
        failing={"free": (BALANCER.but(enableDeletionProtection=False),)},
        absent=(BALANCER,),
        unknown=(BALANCER.but(enableDeletionProtection=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.lb.LoadBalancer, enableDeletionProtection=False),
    ),
    Proof(
        rule=ALB_DROP_INVALID_HEADERS,
        passing={"dropped": (BALANCER.but(dropInvalidHeaderFields=True),), "no HTTP": (NETWORK_BALANCER,)},
        failing={
            "passed on": (BALANCER.but(dropInvalidHeaderFields=False),),
            "the default type": (BALANCER.but(loadBalancerType=None),),
        },
        absent=(BALANCER,),
        unknown=(BALANCER.but(dropInvalidHeaderFields=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.lb.LoadBalancer, dropInvalidHeaderFields=None),
    ),
    Proof(
        rule=ALB_DESYNC,
        passing={
            "defensive": (BALANCER.but(desyncMitigationMode="defensive"),),
            "strictest": (BALANCER.but(desyncMitigationMode="strictest"),),
            "no HTTP": (NETWORK_BALANCER.but(desyncMitigationMode="monitor"),),
        },
        failing={"watched": (BALANCER.but(desyncMitigationMode="monitor"),)},
        absent=(BALANCER,),
        absent_is=Status.PASSED,
        unknown=(BALANCER.but(desyncMitigationMode=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.lb.LoadBalancer, desyncMitigationMode="monitor"),
    ),
    Proof(
        rule=ALB_MULTI_AZ,
        passing={
            "two zones": _in(*SUBNETS),
            "another stack's": (BALANCER.but(subnets=["subnet-1", "subnet-2"]),),
        },
        failing={
            "one subnet": _in(SUBNETS[0]),
            "one zone": _in(SUBNETS[0], SECOND_OF_A_ZONE),
            "one of another stack's": (BALANCER.but(subnets=["subnet-1"]),),
            "one mapping": (BALANCER.but(subnetMappings=[{"subnetId": "subnet-1"}]),),
        },
        absent=(BALANCER,),
        unknown=(BALANCER.derived(subnets=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=replaced(
            aws.lb.LoadBalancer, None, lambda each: each.but(subnets=list(each.properties["subnets"])[:1])
        ),
    ),
    Proof(
        rule=LOAD_BALANCER_HEALTH_CHECK,
        passing={
            "targets": (TARGETS,),
            "codes that are well": _checked(matcher="200-299,301"),
            "AWS's own codes": (TARGETS.but(healthCheck={"path": "/health_check.php"}),),
            "no HTTP": (TARGETS.but(protocol="TCP", healthCheck=None),),
            "environment": (WEB,),
        },
        failing={
            "errors are well": _checked(matcher="200-499"),
            "no path": _checked(path=""),
            "environment's errors": (
                with_settings(WEB, {PROCESS: {"HealthCheckPath": "/", "MatcherHTTPCode": "200,503"}}),
            ),
            "environment without a path": (with_settings(WEB, {PROCESS: {"HealthCheckPath": None}}),),
        },
        absent=(TARGETS.but(healthCheck=None),),
        unknown=_checked(matcher=UNKNOWN),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.elasticbeanstalk.Environment,
            "site-front-environment",
            lambda each: with_settings(each, {PROCESS: {"MatcherHTTPCode": "200-599"}}),
        ),
    ),
)
