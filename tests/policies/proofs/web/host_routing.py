"""Which environment answers: see ``policies/rules/web/host_routing.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.web.host_routing import MAGENTO_ADMIN_RESTRICTED, SITE_HOST_ISOLATION
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.environments import environment, with_settings
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, replaced

BALANCER = "arn:aws:elasticloadbalancing:eu-west-3:1:loadbalancer/app/shared/1"
RULE = "aws:elbv2:listenerrule:site"


def _site(name: str, *, hosts: str, paths: str = "/*", priority: str, application: object = "shop") -> Node:
    return environment(
        name,
        {
            "aws:elasticbeanstalk:environment": {"LoadBalancerIsShared": "true"},
            "aws:elbv2:loadbalancer": {"SharedLoadBalancer": BALANCER},
            RULE: {"HostHeaders": hosts, "PathPatterns": paths, "Priority": priority},
        },
        application=application,
    )


# Of two that collide the later one by name is result.
SHOP = _site("a-shop", hosts="client.url,www.client.url", priority="2")
BACK_OFFICE = _site("b-back-office", hosts="www.client.url", paths="/backend/*", priority="1")
OTHER = _site("b-other", hosts="other.url", priority="3", application="other")
OWN = environment("own", {"aws:elasticbeanstalk:environment": {"LoadBalancerIsShared": "false"}})


def _admin(paths: str) -> Nodes:
    return (with_settings(BACK_OFFICE, {RULE: {"PathPatterns": paths}}),)


PROOFS = (
    Proof(
        rule=SITE_HOST_ISOLATION,
        passing={
            "another site": (SHOP, OTHER),
            "another path": (SHOP, BACK_OFFICE),
            "its own load balancer": (SHOP, OWN),
            "another load balancer": (
                SHOP,
                with_settings(SHOP, {"aws:elbv2:loadbalancer": {"SharedLoadBalancer": f"{BALANCER}-2"}}),
            ),
        },
        failing={
            "another site's host": (SHOP, with_settings(OTHER, {RULE: {"HostHeaders": "other.url, www.client.url"}})),
            "another site's path": (
                SHOP,
                with_settings(OTHER, {RULE: {"HostHeaders": "client.url", "PathPatterns": "/other"}}),
            ),
            "its own site's path": (SHOP, with_settings(BACK_OFFICE, {RULE: {"PathPatterns": "/*"}})),
            "every host": (with_settings(SHOP, {RULE: {"HostHeaders": "*"}}),),
            "priority": (SHOP, with_settings(OTHER, {RULE: {"Priority": "2"}})),
            "applications of this stack": (
                *(applications := [node(aws.elasticbeanstalk.Application, name) for name in ("shop", "other")]),
                _site("a-shop", hosts="client.url", priority="1", application=applications[0]),
                _site("b-other", hosts="client.url", priority="2", application=applications[1]),
            ),
        },
        absent=(with_settings(SHOP, {RULE: {"HostHeaders": None}}),),
        unknown=(with_settings(SHOP, {RULE: {"HostHeaders": UNKNOWN}}),),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.elasticbeanstalk.Environment,
            "site-front-environment",
            lambda each: with_settings(each, {"aws:elbv2:listenerrule:front": {"HostHeaders": None}}),
        ),
    ),
    Proof(
        rule=MAGENTO_ADMIN_RESTRICTED,
        passing={"another path": _admin("/x7-office/*"), "the shop": (SHOP,), "part of a name": _admin("/administer")},
        failing={
            "backend": _admin("/backend,/backend/*"),
            "one pattern": _admin("/backend*"),
            "admin": _admin("/shop,/admin/*"),
        },
        absent=(OWN,),
        absent_is=Status.PASSED,
        unknown=(with_settings(BACK_OFFICE, {RULE: {"PathPatterns": UNKNOWN}}),),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.elasticbeanstalk.Environment,
            "site-front-environment",
            lambda each: with_settings(each, {"aws:elbv2:listenerrule:front": {"PathPatterns": "/admin,/x/*"}}),
        ),
    ),
)
