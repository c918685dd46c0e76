"""A distribution that every rule likes."""

from __future__ import annotations

import pulumi_aws as aws

from tests.policies.analyzer import node

ORIGIN = {
    "originId": "site",
    "domainName": "origin.client.url",
    "customOriginConfig": {
        "originProtocolPolicy": "https-only",
        "originSslProtocols": ["TLSv1.2"],
        "httpPort": 80,
        "httpsPort": 443,
    },
}
CERTIFICATE = {
    "acmCertificateArn": "arn:aws:acm:us-east-1:1:certificate/1",
    "minimumProtocolVersion": "TLSv1.2_2021",
    "sslSupportMethod": "sni-only",
}
DISTRIBUTION = node(
    aws.cloudfront.Distribution,
    "media",
    aliases=["media.client.url"],
    defaultCacheBehavior={"viewerProtocolPolicy": "https-only", "responseHeadersPolicyId": "headers"},
    orderedCacheBehaviors=[{"viewerProtocolPolicy": "redirect-to-https"}],
    viewerCertificate=CERTIFICATE,
    origins=[ORIGIN],
)
