"""Certificate Manager and Route 53: see ``policies/rules/delivery/certificates_and_dns.py``."""

from __future__ import annotations

from dataclasses import replace

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.delivery.certificates_and_dns import (
    ACM_DNS_VALIDATED,
    ACM_KEY_STRENGTH,
    ACM_NO_DELETE_BEFORE_REPLACE,
    ACM_VALIDATION_RECORDS,
    R53_NO_DANGLING,
)
from tests.policies.analyzer import UNKNOWN, Node, node, secret
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, added, changed, replaced

TAGS = {
    "Client": "client",
    "Environment": "prod",
    "System": "certificate",
    "ManagedBy": "pulumi",
    "Name": "client-prod-certificate",
}
WITHOUT_ALARM = frozenset({"alarms-cover-certificates"})
"""Other rules that a certificate violates when it is added to production without its records."""
REQUESTED = node(aws.acm.Certificate, "certificate", domainName="client.url", validationMethod="DNS")
IMPORTED = node(aws.acm.Certificate, "certificate", certificateBody="PEM", privateKey=secret("PEM of the key"))
ZONE = node(aws.route53.Zone, "public", name="client.url")
PRIVATE_ZONE = node(aws.route53.Zone, "internal", name="internal-client.url", vpcs=[{"vpcId": "vpc-1"}])
ADDRESS = node(aws.ec2.Eip, "address", domain="vpc")
BALANCER = node(aws.lb.LoadBalancer, "site")
CONFIRMING = node(aws.route53.Record, "confirming", zoneId=ZONE, type="CNAME", name=REQUESTED, records=[REQUESTED])


def _record(kind: str, *records: object, zone: Node = ZONE) -> Node:
    return node(aws.route53.Record, "www", zoneId=zone, name="www.client.url", type=kind, records=list(records))


def _alias(name: object) -> Node:
    alias = {"name": name, "zoneId": "Z3Q77PNBQS71R4", "evaluateTargetHealth": False}
    return node(aws.route53.Record, "www", zoneId=ZONE, name="www.client.url", type="A", aliases=[alias])


def _in_public(record: Node) -> Nodes:
    return (ZONE, record)


PROOFS = (
    Proof(
        rule=ACM_DNS_VALIDATED,
        passing={"requested": (REQUESTED,)},
        failing={
            "imported": (IMPORTED,),
            "by e-mail": (REQUESTED.but(validationMethod="EMAIL"),),
            "imported with a key that is not known": (REQUESTED.but(privateKey=UNKNOWN),),
        },
        absent=(REQUESTED.but(validationMethod=None),),
        unknown=(REQUESTED.but(validationMethod=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=added(REQUESTED.but(validationMethod="EMAIL", tags=TAGS)),
        fires_too=WITHOUT_ALARM,
    ),
    Proof(
        rule=ACM_VALIDATION_RECORDS,
        passing={
            "confirmed": (ZONE, CONFIRMING, REQUESTED),
            "imported": (IMPORTED,),
            "by e-mail": (REQUESTED.but(validationMethod="EMAIL"),),
        },
        failing={
            "not confirmed": (REQUESTED,),
            "another's record": (ZONE, _record("CNAME", "_1.acm-validations.aws"), REQUESTED),
        },
        absent=(REQUESTED,),
        # It has to be one of the two methods that can be written down, which acm-dns-validated says.
        unknown=(REQUESTED.derived(validationMethod=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(ZONE,),
        breakage=added(REQUESTED.but(tags=TAGS)),
        fires_too=WITHOUT_ALARM,
    ),
    Proof(
        rule=ACM_KEY_STRENGTH,
        passing={"strong": (REQUESTED.but(keyAlgorithm="EC_prime256v1"),)},
        failing={"weak": (REQUESTED.but(keyAlgorithm="RSA_1024"),)},
        absent=(REQUESTED,),
        absent_is=Status.PASSED,
        unknown=(REQUESTED.but(keyAlgorithm=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.acm.Certificate, "shared-platform-certificate-regional", keyAlgorithm="RSA_1024"),
    ),
    Proof(
        rule=ACM_NO_DELETE_BEFORE_REPLACE,
        passing={"successor first": (REQUESTED,)},
        failing={"gap": (replace(REQUESTED, delete_before_replace=True),)},
        absent=(IMPORTED,),
        absent_is=Status.PASSED,
        # Options of a resource are known to every preview.
        unknown=(REQUESTED.but(domainName=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=replaced(
            aws.acm.Certificate,
            "shared-platform-certificate-regional",
            lambda each: replace(each, delete_before_replace=True),
        ),
    ),
    Proof(
        rule=R53_NO_DANGLING,
        passing={
            "an Elastic IP": (ADDRESS, *_in_public(_record("A", ADDRESS))),
            "a load balancer": (
                BALANCER,
                *_in_public(_alias("site").taken_from(aliases=(BALANCER.urn,))),
            ),
            "a name of the internet": _in_public(_record("CNAME", "shop.example.com")),
            "a private address": _in_public(_record("A", "10.0.1.7")),
            "text": _in_public(_record("TXT", "v=spf1 -all")),
            "a private zone": (PRIVATE_ZONE, _record("A", "8.8.8.8", zone=PRIVATE_ZONE)),
            "another stack's zone": (node(aws.route53.Record, "www", zoneId="Z1", type="A", records=["8.8.8.8"]),),
        },
        failing={
            "an address": _in_public(_record("A", "8.8.8.8")),
            "an address of version 6": _in_public(_record("AAAA", "2600:1f18::7")),
            "an alias": _in_public(_alias("old-1234.eu-west-3.elb.amazonaws.com")),
            "an environment": _in_public(_record("CNAME", "old.eu-west-3.elasticbeanstalk.com.")),
            "a bucket": _in_public(_record("CNAME", "www.client.url.s3-website.eu-west-3.amazonaws.com")),
        },
        absent=_in_public(_record("A").but(records=None)),
        absent_is=Status.PASSED,
        unknown=_in_public(_record("A", UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(ZONE,),
        breakage=changed(aws.route53.Record, "site-www.client.url", aliases=None, records=["8.8.8.8"], ttl=60),
    ),
)
