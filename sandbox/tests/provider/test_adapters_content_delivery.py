"""Adapters of content delivery, against the embedded AWS."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.adapter import Aws
from sandbox.provider.registry import find_adapter
from sandbox.tests.certificates import self_signed
from sandbox.tests.provider.adapter_round_trip import (
    Case,
    Sample,
    Samples,
    create,
    read,
    round_trip,
    unexercised,
)

SAMPLES = Samples()
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
TAGS = {"Name": "media", "Client": "client"}
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ORIGIN: dict[str, Any] = {
    "originId": "site",
    "domainName": "origin.client.url",
    "originPath": "/pub/media",
    "customOriginConfig": {
        "httpPort": 80,
        "httpsPort": 443,
        "originProtocolPolicy": "https-only",
        "originSslProtocols": ["TLSv1.2"],
    },
}
BEHAVIOR: dict[str, Any] = {
    "targetOriginId": "site",
    "viewerProtocolPolicy": "https-only",
    "allowedMethods": ["GET", "HEAD", "OPTIONS"],
    "cachedMethods": ["GET", "HEAD"],
    "compress": True,
    "cachePolicyId": CACHING_OPTIMIZED,
    "originRequestPolicyId": "59781a5b-3903-41f3-afcb-af62929ccde1",
    "responseHeadersPolicyId": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
}
UNRESTRICTED = {"geoRestriction": {"restrictionType": "none"}}
MINIMAL: dict[str, Any] = {
    "enabled": True,
    "origins": [ORIGIN],
    "defaultCacheBehavior": BEHAVIOR,
    "restrictions": UNRESTRICTED,
    "viewerCertificate": {"cloudfrontDefaultCertificate": True},
}


def certificate(aws: Aws) -> str:
    """The ARN of a certificate for ``*.client.url`` where CloudFront looks."""
    pair = self_signed("*.client.url")
    imported = aws.client("acm", "us-east-1").import_certificate(
        Certificate=pair.certificate.encode(), PrivateKey=pair.private_key.encode()
    )
    return str(imported["CertificateArn"])


def web_acl(aws: Aws) -> str:
    """A firewall that distributions may have: CloudFront refuses one that is not there."""
    made = aws.client("wafv2", "us-east-1").create_web_acl(
        Name="shop",
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"},
    )
    return str(made["Summary"]["ARN"])


@SAMPLES.case(DISTRIBUTION)
def media(aws: Aws) -> Case:
    viewer = {
        "acmCertificateArn": certificate(aws),
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    }
    without_compression = {name: value for name, value in BEHAVIOR.items() if name != "compress"}
    ordered = [{**BEHAVIOR, "pathPattern": pattern} for pattern in ("/catalog/*", "/wysiwyg/*")]
    return Case(
        inputs={
            **MINIMAL,
            "aliases": ["media.client.url"],
            "comment": "Media of the shop",
            "customErrorResponses": [{"errorCode": code, "errorCachingMinTtl": 5} for code in (504, 500)],
            "httpVersion": "http2and3",
            "isIpv6Enabled": True,
            "priceClass": "PriceClass_100",
            "viewerCertificate": viewer,
            "tags": TAGS,
        },
        updates=[
            {"aliases": ["pictures.client.url", "media.client.url"]},
            {"comment": None},
            {"customErrorResponses": [{"errorCode": 404, "responseCode": 200, "responsePagePath": "/none.jpg"}]},
            {"customErrorResponses": None},
            {"defaultCacheBehavior": {**without_compression, "viewerProtocolPolicy": "redirect-to-https"}},
            {"defaultRootObject": "index.html"},
            {"enabled": False},
            {"httpVersion": "http2"},
            {"isIpv6Enabled": False},
            {"loggingConfig": {"bucket": "client-logs.s3.amazonaws.com", "prefix": "media/", "includeCookies": True}},
            {"loggingConfig": {"bucket": "client-logs.s3.amazonaws.com"}},
            {"loggingConfig": None},
            {"orderedCacheBehaviors": ordered},
            {"orderedCacheBehaviors": ordered[::-1]},
            {"origins": [{**ORIGIN, "originPath": "/media", "customHeaders": [{"name": "X-From", "value": "edge"}]}]},
            {"origins": [ORIGIN, {**ORIGIN, "originId": "spare", "connectionAttempts": 1, "connectionTimeout": 5}]},
            {"priceClass": "PriceClass_All"},
            {"restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["FR", "BE"]}}},
            {"viewerCertificate": {**viewer, "minimumProtocolVersion": "TLSv1.3_2025"}},
            {"webAclId": web_acl(aws)},
            *({name: None} for name in ("webAclId", "defaultRootObject", "orderedCacheBehaviors", "aliases")),
        ],
    )


@pytest.mark.parametrize("sample", SAMPLES.all, ids=str)
def test_round_trip(aws: Aws, sample: Sample) -> None:
    """What a program says is what CloudFront has: at creation, after every update, and nothing is left afterwards."""
    round_trip(aws, sample)


def test_every_property_is_exercised(aws: Aws) -> None:
    """A property that no case sets and changes could be broken without a test knowing it."""
    assert unexercised(SAMPLES.all, aws) == {}


def test_a_distribution_tells_where_its_name_is_answered(aws: Aws) -> None:
    """What an alias record needs: the name, and CloudFront's one zone."""
    state = read(aws, DISTRIBUTION, create(aws, DISTRIBUTION, MINIMAL))
    assert state is not None
    assert state["domainName"].endswith(".cloudfront.net")
    assert state["hostedZoneId"] == "Z2FDTNDATAQYW2"
    assert state["status"] == "Deployed"


def test_a_retained_distribution_is_only_turned_off(aws: Aws) -> None:
    """It may take a quarter of an hour to delete one: a program may leave that to others."""
    id = create(aws, DISTRIBUTION, MINIMAL)
    find_adapter(DISTRIBUTION).delete(aws, id, {"retainOnDelete": True})
    state = read(aws, DISTRIBUTION, id)
    assert state is not None
    assert state["enabled"] is False


@pytest.mark.parametrize(
    ("path", "inputs"),
    [
        ("defaultCacheBehavior.forwardedValues", {"defaultCacheBehavior": {"forwardedValues": {"queryString": False}}}),
        ("origins[0].originShield", {"origins": [{**ORIGIN, "originShield": {"enabled": True}}]}),
        ("restrictions.geoRestriction.region", {"restrictions": {"geoRestriction": {"region": "EU"}}}),
    ],
)
def test_what_is_not_handled_is_refused_at_preview(path: str, inputs: dict[str, Any]) -> None:
    """Nothing nested is silently dropped: the message names the property."""
    assert [found for found, _ in find_adapter(DISTRIBUTION).check(inputs)] == [path]
