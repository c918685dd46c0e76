"""CloudFront: see ``policies/rules/content_delivery.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.rules.content_delivery import CLOUDFRONT_HTTPS_ONLY
from tests.policies.analyzer import UNKNOWN, node
from tests.policies.proof import Proof, replaced

ORIGIN = {
    "domainName": "origin.client.url",
    "customOriginConfig": {"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"], "httpsPort": 443},
}
CERTIFICATE = {"acmCertificateArn": "arn:aws:acm:us-east-1:1:certificate/1", "minimumProtocolVersion": "TLSv1.2_2021"}
DISTRIBUTION = node(
    aws.cloudfront.Distribution,
    "media",
    aliases=["media.client.url"],
    defaultCacheBehavior={"viewerProtocolPolicy": "https-only"},
    orderedCacheBehaviors=[{"viewerProtocolPolicy": "redirect-to-https"}],
    viewerCertificate=CERTIFICATE,
    origins=[ORIGIN],
)

PROOFS = (
    Proof(
        rule=CLOUDFRONT_HTTPS_ONLY,
        passing={"https": (DISTRIBUTION,)},
        failing={"http": (DISTRIBUTION.but(defaultCacheBehavior={"viewerProtocolPolicy": "allow-all"}),)},
        absent=(DISTRIBUTION.but(defaultCacheBehavior=None),),
        unknown=(DISTRIBUTION.but(defaultCacheBehavior={"viewerProtocolPolicy": UNKNOWN}),),
        not_applicable=(node(aws.ec2.Vpc, "vpc"),),
        breakage=replaced(
            aws.cloudfront.Distribution,
            None,
            lambda each: each.but(
                defaultCacheBehavior={**each.properties["defaultCacheBehavior"], "viewerProtocolPolicy": "allow-all"}
            ),
        ),
    ),
)
