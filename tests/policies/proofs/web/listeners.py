"""What load balancers answer to: see ``policies/rules/web/listeners.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.web.listeners import CERTIFICATE_OF_ACM, HTTP_REDIRECTS, TLS_POLICY
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.environments import environment, with_settings
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

MODERN = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
HTTPS = node(aws.lb.Listener, "https", protocol="HTTPS", port=443, sslPolicy=MODERN)
TO_HTTPS = {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
HTTP = node(aws.lb.Listener, "http", protocol="HTTP", port=80, defaultActions=[TO_HTTPS])
FORWARD = {"type": "forward", "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-3:1:targetgroup/web/1"}

ENVIRONMENT = "aws:elasticbeanstalk:environment"
FIRST = "aws:elbv2:listener:default"
SECURE = "aws:elbv2:listener:443"
OWN = environment(
    "pim",
    {
        ENVIRONMENT: {"LoadBalancerType": "application", "LoadBalancerIsShared": "false"},
        FIRST: {"ListenerEnabled": "false"},
        SECURE: {"Protocol": "HTTPS", "SSLPolicy": MODERN},
    },
)
SHARED = environment(
    "front",
    {
        ENVIRONMENT: {"LoadBalancerType": "application", "LoadBalancerIsShared": "true"},
        SECURE: {"Rules": "front"},
    },
)
SINGLE = environment("one", {ENVIRONMENT: {"EnvironmentType": "SingleInstance"}})
CLASSIC = environment("old", {ENVIRONMENT: {"LoadBalancerType": "classic"}})

IMPORTED = node(aws.acm.Certificate, "imported", certificateBody="PEM", privateKey="PEM")
ISSUED = node(aws.acm.Certificate, "issued", validationMethod="DNS")
VALIDATION = node(aws.acm.CertificateValidation, "validation", certificateArn=ISSUED)


def _redirecting(**target: object) -> Nodes:
    action = {"type": "redirect", "redirect": {**TO_HTTPS["redirect"], **target}}  # type: ignore[dict-item]
    return (HTTP.but(defaultActions=[action]),)


def _rule(*actions: object) -> Node:
    return node(aws.lb.ListenerRule, "rule", listenerArn=HTTP, actions=list(actions))


def _certified(certificate: object) -> Node:
    return node(aws.lb.Listener, "https", protocol="HTTPS", certificateArn=certificate)


PROOFS = (
    Proof(
        rule=TLS_POLICY,
        passing={
            "TLS 1.3 and 1.2": (HTTPS,),
            "TLS 1.3 alone": (HTTPS.but(sslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06"),),
            "forward secrecy": (HTTPS.but(sslPolicy="ELBSecurityPolicy-FS-1-2-Res-2020-10"),),
            "plain": (HTTP,),
            "Beanstalk's": (OWN,),
        },
        failing={
            "of 2016": (HTTPS.but(sslPolicy="ELBSecurityPolicy-2016-08"),),
            "TLS 1.3 and all others": (HTTPS.but(sslPolicy="ELBSecurityPolicy-TLS13-1-0-2021-06"),),
            "TLS over TCP": (HTTPS.but(protocol="TLS", sslPolicy="ELBSecurityPolicy-TLS-1-1-2017-01"),),
            "Beanstalk's": (with_settings(OWN, {SECURE: {"SSLPolicy": "ELBSecurityPolicy-2016-08"}}),),
            "Beanstalk's default": (with_settings(OWN, {SECURE: {"SSLPolicy": None}}),),
        },
        absent=(HTTPS.but(sslPolicy=None),),
        unknown=(HTTPS.but(sslPolicy=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.lb.Listener, "site-load-balancer-https", sslPolicy="ELBSecurityPolicy-2016-08"),
    ),
    Proof(
        rule=HTTP_REDIRECTS,
        passing={
            "redirect": (HTTP,),
            "HTTPS": (HTTPS,),
            "a rule that redirects": (_rule(TO_HTTPS), HTTP),
            "a rule that answers itself": (_rule({"type": "fixed-response"}), HTTP),
            "a rule for HTTPS": (
                HTTPS,
                node(aws.lb.ListenerRule, "rule", listenerArn=HTTPS, actions=[FORWARD]),
                HTTP,
            ),
            "Beanstalk's HTTPS alone": (OWN,),
            "shared": (SHARED,),
            "no load balancer": (SINGLE,),
            "network": (
                with_settings(OWN, {ENVIRONMENT: {"LoadBalancerType": "network"}, FIRST: {"Protocol": "TCP"}}),
            ),
            "classic HTTPS": (with_settings(CLASSIC, {"aws:elb:listener": {"ListenerProtocol": "HTTPS"}}),),
        },
        failing={
            "forwards": (HTTP.but(defaultActions=[FORWARD]),),
            "another port": _redirecting(port="8443"),
            "the same port": _redirecting(port="#{port}"),
            "plain again": _redirecting(protocol="#{protocol}"),
            "for now": _redirecting(statusCode="HTTP_302"),
            "a rule that forwards": (HTTP, _rule(FORWARD)),
            "a rule that redirects elsewhere": (HTTP, _rule({"type": "redirect", "redirect": {"protocol": "HTTP"}})),
            "Beanstalk's own": (with_settings(OWN, {FIRST: {"ListenerEnabled": "True", "Protocol": "HTTP"}}),),
            "Beanstalk's without a word": (
                with_settings(OWN, {FIRST: {"ListenerEnabled": None}, SECURE: {"Protocol": None, "SSLPolicy": None}}),
            ),
            "Beanstalk's other port": (with_settings(OWN, {"aws:elbv2:listener:8080": {"Protocol": "HTTP"}}),),
            "rules on the shared port 80": (with_settings(SHARED, {"aws:elbv2:listener:80": {"Rules": "front"}}),),
            "classic": (CLASSIC,),
        },
        absent=(HTTP.but(defaultActions=None),),
        unknown=(HTTP.derived(protocol=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.lb.Listener, "site-load-balancer-http", defaultActions=[FORWARD]),
    ),
    Proof(
        rule=CERTIFICATE_OF_ACM,
        passing={
            "imported": (IMPORTED, _certified(IMPORTED)),
            "validated": (ISSUED, VALIDATION, _certified(VALIDATION)),
            "another stack's": (_certified("arn:aws:acm:eu-west-3:1:certificate/1"),),
            "plain": (HTTP,),
        },
        failing={
            "of IAM": (_certified("arn:aws:iam::1:server-certificate/old"),),
            "not waited for": (ISSUED, _certified(ISSUED)),
        },
        absent=(HTTPS,),
        unknown=(HTTPS.derived(certificateArn=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=replaced(
            aws.lb.Listener,
            "site-load-balancer-https",
            lambda each: each.but(certificateArn=None),
        ),
    ),
)
