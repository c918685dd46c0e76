"""CloudFront: see ``policies/rules/delivery/content_delivery.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.delivery.content_delivery import (
    CLOUDFRONT_CERTIFICATE,
    CLOUDFRONT_CERTIFICATE_REGION,
    CLOUDFRONT_HTTPS_ONLY,
    CLOUDFRONT_LOGGING,
    CLOUDFRONT_MINIMUM_TLS,
    CLOUDFRONT_SECURITY_HEADERS,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.distributions import CERTIFICATE, DISTRIBUTION
from tests.policies.networks import VPC
from tests.policies.proof import Nodes, Proof, changed, removed, replaced

IMPORTED = node(aws.acm.Certificate, "certificate", certificateBody="PEM", region="us-east-1")
OF_ANOTHER_PROVIDER = replace(IMPORTED.but(region=None), region="us-east-1")
OF_THIS_REGION = replace(IMPORTED.but(region=None), region="eu-west-3")
SOURCE = node(aws.cloudwatch.LogDeliverySource, "source", resourceArn=DISTRIBUTION, logType="ACCESS_LOGS")
DELIVERY = node(aws.cloudwatch.LogDelivery, "delivery", deliverySourceName=SOURCE)


def _certified(**changes: object) -> Nodes:
    certificate = {name: value for name, value in {**CERTIFICATE, **changes}.items() if value is not None}
    return (DISTRIBUTION.but(viewerCertificate=certificate),)


def _with(certificate: Node) -> Node:
    return DISTRIBUTION.taken_from(viewerCertificate=(certificate.urn,))


def _inner(outer: str, **changes: Any) -> Callable[[Node], Node]:
    return lambda each: each.but(**{outer: {**each.properties[outer], **changes}})


PROOFS = (
    Proof(
        rule=CLOUDFRONT_HTTPS_ONLY,
        passing={"https": (DISTRIBUTION,)},
        failing={
            "http": (DISTRIBUTION.but(defaultCacheBehavior={"viewerProtocolPolicy": "allow-all"}),),
            "http somewhere": (
                DISTRIBUTION.but(
                    orderedCacheBehaviors=[
                        {"viewerProtocolPolicy": "https-only"},
                        {"viewerProtocolPolicy": "allow-all"},
                    ]
                ),
            ),
        },
        absent=(DISTRIBUTION.but(defaultCacheBehavior=None),),
        unknown=(DISTRIBUTION.but(defaultCacheBehavior={"viewerProtocolPolicy": UNKNOWN}),),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.cloudfront.Distribution, None, _inner("defaultCacheBehavior", viewerProtocolPolicy="allow-all")
        ),
    ),
    Proof(
        rule=CLOUDFRONT_MINIMUM_TLS,
        passing={"1.2": (DISTRIBUTION,), "1.3": _certified(minimumProtocolVersion="TLSv1.3_2025")},
        failing={
            "1.1": _certified(minimumProtocolVersion="TLSv1.1_2016"),
            "1.2 with old ciphers": _certified(minimumProtocolVersion="TLSv1.2_2018"),
        },
        absent=_certified(minimumProtocolVersion=None),
        unknown=_certified(minimumProtocolVersion=UNKNOWN),
        not_applicable=(VPC,),
        breakage=replaced(
            aws.cloudfront.Distribution, "content-static", _inner("viewerCertificate", minimumProtocolVersion="TLSv1")
        ),
    ),
    Proof(
        rule=CLOUDFRONT_CERTIFICATE,
        passing={"its own": (DISTRIBUTION,), "made in the same run": _certified(acmCertificateArn=UNKNOWN)},
        failing={
            "no alias": (DISTRIBUTION.but(aliases=[]),),
            "a dedicated address": _certified(sslSupportMethod="vip"),
            "CloudFront's": _certified(acmCertificateArn=None, cloudfrontDefaultCertificate=True),
        },
        absent=(DISTRIBUTION.but(viewerCertificate=None),),
        unknown=_certified(sslSupportMethod=UNKNOWN),
        not_applicable=(VPC,),
        breakage=changed(aws.cloudfront.Distribution, "content-media", aliases=None),
    ),
    Proof(
        rule=CLOUDFRONT_CERTIFICATE_REGION,
        passing={
            "its own region": (IMPORTED, _with(IMPORTED)),
            "its provider's": (OF_ANOTHER_PROVIDER, _with(OF_ANOTHER_PROVIDER)),
            "another stack's": (DISTRIBUTION,),
            "CloudFront's": _certified(acmCertificateArn=None),
        },
        failing={
            "the stack's region": (_with(OF_THIS_REGION), OF_THIS_REGION),
            "another region": (_with(IMPORTED), IMPORTED.but(region="eu-west-3")),
            "another stack's": _certified(acmCertificateArn="arn:aws:acm:eu-west-3:1:certificate/1"),
        },
        absent=(_with(IMPORTED), IMPORTED.but(region=None)),
        unknown=(DISTRIBUTION.derived(viewerCertificate=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(IMPORTED,),
        breakage=changed(aws.acm.Certificate, "shared-platform-certificate-cloudfront", region=None),
    ),
    Proof(
        rule=CLOUDFRONT_LOGGING,
        passing={
            "delivered": (SOURCE, DELIVERY, DISTRIBUTION),
            "the older way": (DISTRIBUTION.but(loggingConfig={"bucket": "logs.s3.amazonaws.com"}),),
        },
        failing={"not delivered": (SOURCE, DISTRIBUTION), "only cookies": (DISTRIBUTION.but(loggingConfig={}),)},
        absent=(DISTRIBUTION,),
        unknown=(DISTRIBUTION.but(loggingConfig={"bucket": UNKNOWN}),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=removed(aws.cloudwatch.LogDelivery, "content-logs-media-delivery"),
    ),
    Proof(
        rule=CLOUDFRONT_SECURITY_HEADERS,
        passing={"a policy": (DISTRIBUTION,)},
        failing={"none": (DISTRIBUTION.but(defaultCacheBehavior={"viewerProtocolPolicy": "https-only"}),)},
        absent=(DISTRIBUTION.but(defaultCacheBehavior=None),),
        unknown=(DISTRIBUTION.but(defaultCacheBehavior={"responseHeadersPolicyId": UNKNOWN}),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=replaced(
            aws.cloudfront.Distribution, "content-static", _inner("defaultCacheBehavior", responseHeadersPolicyId="")
        ),
    ),
)
