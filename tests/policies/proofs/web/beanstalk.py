"""Beanstalk's environments: see ``policies/rules/web/beanstalk.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.web.beanstalk import (
    EB_IMDSV1_OFF,
    EB_NO_PLAINTEXT_SECRETS,
    EB_NO_PUBLIC_IP,
    EB_PRIVATE_SUBNETS,
    MAGENTO_DOCUMENT_ROOT,
)
from tests.policies.analyzer import UNKNOWN, Node, node, secret
from tests.policies.environments import Options, environment, with_settings
from tests.policies.networks import NETWORK, PRIVATE_SUBNET, PUBLIC_SUBNET, PUBLIC_TABLE, VPC
from tests.policies.proof import Breakage, Nodes, Proof, replaced

INSTANCES = "aws:autoscaling:launchconfiguration"
PLACE = "aws:ec2:vpc"
VARIABLES = "aws:elasticbeanstalk:application:environment"
SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
PHP = "aws:elasticbeanstalk:container:php:phpini"
PROXY = "aws:elasticbeanstalk:environment:proxy"
ARN = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:shop"
ALL_UNKNOWN = node(aws.elasticbeanstalk.Environment, "web").but(settings=UNKNOWN)

# As after the update: the network's own properties hold ids.
PUBLIC_ASSOCIATION = node(
    aws.ec2.RouteTableAssociation, "public-association", subnetId=PUBLIC_SUBNET, routeTableId=PUBLIC_TABLE
).but(subnetId="subnet-public")
MADE = (*(each for each in NETWORK if each.name != PUBLIC_ASSOCIATION.name), PUBLIC_ASSOCIATION)


def _web(options: Options) -> Nodes:
    return (environment("web", options),)


def _with_variable(name: str, value: object) -> Nodes:
    return _web({VARIABLES: {name: value}})


def _in(subnets: str, **place: str) -> Nodes:
    web = environment("web", {PLACE: {"Subnets": subnets, **place}})
    # At least the list of settings as a whole comes from a subnet.
    return (*MADE, node(aws.elasticbeanstalk.Environment, "web", settings=[PRIVATE_SUBNET]).but(**web.properties))


def _magento(document_root: object, **proxy: object) -> Nodes:
    return _web({VARIABLES: {"MAGENTO_TIER": "front"}, PHP: {"document_root": document_root}, PROXY: proxy})


def _beside_its_balancer(web: Node) -> Node:
    (subnets,) = (each["value"] for each in web.properties["settings"] if each["name"] == "ELBSubnets")
    return with_settings(web, {PLACE: {"Subnets": subnets}})


def _broken(name: str, options: Options) -> Breakage:
    """Production with some options of one environment changed."""
    return replaced(aws.elasticbeanstalk.Environment, name, lambda web: with_settings(web, options))


PROOFS = (
    Proof(
        rule=EB_NO_PLAINTEXT_SECRETS,
        passing={
            "not secret": _with_variable("MAIL_HOST", "smtp.client.url"),
            "where the secret is": _with_variable("FTP_SECRET", ARN),
            "fetched at the start": _web({SECRETS: {"DATABASE_PASSWORD": UNKNOWN}}),
            "known later, and not secret": _with_variable("MAIL_HOST", UNKNOWN),
        },
        failing={
            "password": _with_variable("DATABASE_PASSWORD", "correct horse"),
            "token in camel case": _with_variable("apiToken", "0123456789"),
            "known to be secret": _with_variable("MAIL_USER", secret("correct horse")),
            "known to become secret": _with_variable("MAIL_USER", secret(UNKNOWN)),
            "in an address": _with_variable("DATABASE_URL", "mysql://shop:correcthorse1@db.client.url/shop"),
        },
        absent=_web({}),
        absent_is=Status.PASSED,
        unknown=_with_variable("FTP_SECRET", UNKNOWN),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=_broken("pim-environment", {VARIABLES: {"DATABASE_PASSWORD": "correct horse"}}),
    ),
    Proof(
        rule=EB_PRIVATE_SUBNETS,
        passing={
            "private": _in("subnet-private"),
            "beside an internal load balancer": _in(
                "subnet-private", ELBSubnets="subnet-private", ELBScheme="internal"
            ),
        },
        failing={
            "with a way to the internet": _in("subnet-private,subnet-public"),
            "where its load balancer faces the internet": _in(
                "subnet-other", ELBSubnets="subnet-some, subnet-other", ELBScheme="public"
            ),
            "where a load balancer of the stack faces the internet": (
                node(aws.lb.LoadBalancer, "balancer", internal=False, subnets=["subnet-other"]),
                *_in("subnet-other"),
            ),
        },
        absent=_web({}),
        unknown=_in(UNKNOWN),
        unknown_is=Status.UNKNOWN,
        not_applicable=NETWORK,
        breakage=replaced(aws.elasticbeanstalk.Environment, "pim-environment", _beside_its_balancer),
    ),
    Proof(
        rule=EB_NO_PUBLIC_IP,
        passing={"none": _web({PLACE: {"AssociatePublicIpAddress": "False"}})},
        failing={"one": _web({PLACE: {"AssociatePublicIpAddress": "true"}})},
        absent=_web({}),
        unknown=_web({PLACE: {"AssociatePublicIpAddress": UNKNOWN}}),
        not_applicable=(VPC,),
        breakage=_broken("site-front-environment", {PLACE: {"AssociatePublicIpAddress": "true"}}),
    ),
    Proof(
        rule=EB_IMDSV1_OFF,
        passing={"off": _web({INSTANCES: {"DisableIMDSv1": "true"}})},
        failing={"on": _web({INSTANCES: {"DisableIMDSv1": "false"}})},
        absent=_web({}),
        unknown=(ALL_UNKNOWN,),
        not_applicable=(VPC,),
        breakage=_broken("site-back-office-environment", {INSTANCES: {"DisableIMDSv1": None}}),
    ),
    Proof(
        rule=MAGENTO_DOCUMENT_ROOT,
        passing={
            "pub": _magento("/pub", ProxyServer="nginx"),
            "pub in a directory": _magento("/shop/pub/"),
            "Magento's directory with Apache": _magento("/", ProxyServer="Apache"),
            "a satellite": _web({PHP: {"document_root": "/"}}),
        },
        failing={
            "Magento's directory": _magento("/", ProxyServer="nginx"),
            "Magento's directory with the default server": _magento("/"),
            "a directory that ends alike": _magento("/gastropub"),
        },
        absent=_magento(None),
        unknown=_magento(UNKNOWN),
        not_applicable=(VPC,),
        breakage=_broken("site-front-environment", {PHP: {"document_root": "/"}}),
    ),
)
