"""CloudFront's origins: see ``policies/rules/delivery/content_origins.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.delivery.content_origins import (
    CLOUDFRONT_ORIGIN_HTTPS,
    CLOUDFRONT_S3_ACCESS_CONTROL,
    CLOUDFRONT_S3_ORIGIN_EXISTS,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.distributions import DISTRIBUTION, ORIGIN
from tests.policies.networks import VPC
from tests.policies.proof import Breakage, Nodes, Proof, replaced

BUCKET = node(aws.s3.Bucket, "media", bucket="client-media")
BUCKET_HOST = "client-media.s3.eu-west-3.amazonaws.com"


def _custom(**config: object) -> Nodes:
    return (DISTRIBUTION.but(origins=[{**ORIGIN, "customOriginConfig": {**ORIGIN["customOriginConfig"], **config}}]),)  # type: ignore[dict-item]


def _stored(host: str, **more: object) -> Node:
    return DISTRIBUTION.but(origins=[ORIGIN, {"originId": "files", "domainName": host, **more}])


def _over_http(each: Node) -> Node:
    (origin,) = each.properties["origins"]
    config = {**origin["customOriginConfig"], "originProtocolPolicy": "match-viewer"}
    return each.but(origins=[{**origin, "customOriginConfig": config}])


def _fetching(host: str, **more: object) -> Breakage:
    origin = {"originId": "site", "domainName": host, **more}
    return replaced(aws.cloudfront.Distribution, "content-media", lambda each: each.but(origins=[origin]))


PROOFS = (
    Proof(
        rule=CLOUDFRONT_ORIGIN_HTTPS,
        passing={"https": (DISTRIBUTION,), "a bucket": (_stored(BUCKET_HOST),)},
        failing={
            "as the viewer asks": _custom(originProtocolPolicy="match-viewer"),
            "http": _custom(originProtocolPolicy="http-only"),
            "old TLS too": _custom(originSslProtocols=["TLSv1.2", "TLSv1"]),
        },
        absent=(DISTRIBUTION.but(origins=[{"domainName": "origin.client.url", "customOriginConfig": {}}]),),
        unknown=_custom(originProtocolPolicy=UNKNOWN),
        not_applicable=(VPC,),
        breakage=replaced(aws.cloudfront.Distribution, "content-media", _over_http),
    ),
    Proof(
        rule=CLOUDFRONT_S3_ACCESS_CONTROL,
        passing={
            "no bucket": (DISTRIBUTION,),
            "controlled": (_stored(BUCKET_HOST, originAccessControlId="E1"),),
            "made in the same run": (_stored(BUCKET_HOST, originAccessControlId=UNKNOWN),),
        },
        failing={"empty": (_stored(BUCKET_HOST, originAccessControlId=""),)},
        absent=(_stored(UNKNOWN),),
        unknown=(DISTRIBUTION.but(origins=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=_fetching("client-temp-storage.s3.eu-west-3.amazonaws.com"),
    ),
    Proof(
        rule=CLOUDFRONT_S3_ORIGIN_EXISTS,
        passing={
            "its own": (BUCKET, _stored(BUCKET_HOST)),
            "no region in the name": (BUCKET, _stored("client-media.s3.amazonaws.com")),
            "taken from it": (
                BUCKET,
                node(aws.cloudfront.Distribution, "media").taken_from(origins=(BUCKET.urn,)),
            ),
            "another stack's": (_stored("elsewhere.s3.amazonaws.com"),),
        },
        failing={
            "not there": (BUCKET, _stored("free-name.s3.eu-west-3.amazonaws.com")),
            "a website": (BUCKET, _stored("free-name.s3-website.eu-west-3.amazonaws.com")),
        },
        absent=(BUCKET, DISTRIBUTION),
        absent_is=Status.PASSED,
        unknown=(BUCKET, DISTRIBUTION.derived(origins=UNKNOWN)),
        unknown_is=Status.UNKNOWN,
        not_applicable=(BUCKET,),
        breakage=_fetching("client-old-media.s3.eu-west-3.amazonaws.com", originAccessControlId="E1"),
    ),
)
