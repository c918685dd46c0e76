"""cloudfront-https-only: violated, satisfied, absent and unknown."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest

from policies.rules.content_delivery import CLOUDFRONT_HTTPS_ONLY
from tests.policies.analyzer import UNKNOWN, Node, Verdict, analyze, fired, node

RULE = "cloudfront-https-only"
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


def say(distribution: Node) -> list[Verdict]:
    return analyze([distribution], rules=[CLOUDFRONT_HTTPS_ONLY])


def custom(**config: Any) -> list[dict[str, object]]:
    return [{**ORIGIN, "customOriginConfig": {**ORIGIN["customOriginConfig"], **config}}]  # type: ignore[dict-item]


def test_https_everywhere_passes() -> None:
    """Both https-only and redirect-to-https refuse to serve content in the clear."""
    assert not say(DISTRIBUTION)


def test_a_bucket_origin_passes() -> None:
    """An origin without a custom configuration is a bucket, for which there is nothing to set."""
    assert not say(DISTRIBUTION.but(origins=[{"domainName": "b.s3.amazonaws.com"}]))


def test_a_certificate_made_in_the_same_run_passes() -> None:
    """Its ARN is unknown at preview, but there it is."""
    assert not say(DISTRIBUTION.but(viewerCertificate={**CERTIFICATE, "acmCertificateArn": UNKNOWN}))


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "default behaviour": (
        {"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}},
        "defaultCacheBehavior.viewerProtocolPolicy allow-all",
    ),
    "one ordered behaviour": (
        {"orderedCacheBehaviors": [{"viewerProtocolPolicy": "https-only"}, {"viewerProtocolPolicy": "allow-all"}]},
        "orderedCacheBehaviors[1].viewerProtocolPolicy allow-all",
    ),
    "old TLS": (
        {"viewerCertificate": {**CERTIFICATE, "minimumProtocolVersion": "TLSv1"}},
        "viewerCertificate.minimumProtocolVersion TLSv1,",
    ),
    "origin over HTTP": (
        {"origins": custom(originProtocolPolicy="match-viewer")},
        "origins[0].customOriginConfig.originProtocolPolicy match-viewer",
    ),
    "origin with old TLS": (
        {"origins": custom(originSslProtocols=["TLSv1.2", "SSLv3"])},
        "origins[0].customOriginConfig.originSslProtocols SSLv3",
    ),
    "no behaviour": ({"defaultCacheBehavior": None}, "no defaultCacheBehavior.viewerProtocolPolicy"),
    "no minimum": (
        {"viewerCertificate": {"acmCertificateArn": "arn"}},
        "no viewerCertificate.minimumProtocolVersion",
    ),
    "default certificate": (
        {"viewerCertificate": {"cloudfrontDefaultCertificate": True, "minimumProtocolVersion": "TLSv1.2_2021"}},
        "CloudFront's default certificate",
    ),
    "no alias": ({"aliases": None}, "no alias"),
}


@pytest.mark.parametrize(("change", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_or_missing_property_is_told(change: dict[str, Any], told: str) -> None:
    """One change makes one verdict, which names the property and what it has."""
    (verdict,) = say(DISTRIBUTION.but(**change))
    assert fired([verdict]) == {(RULE, "media")}
    assert told in verdict.message


UNKNOWNS: dict[str, tuple[dict[str, Any], str]] = {
    "behaviour": ({"defaultCacheBehavior": {"viewerProtocolPolicy": UNKNOWN}}, "defaultCacheBehavior"),
    "whole behaviour": ({"defaultCacheBehavior": UNKNOWN}, "defaultCacheBehavior"),
    "ordered behaviours": ({"orderedCacheBehaviors": UNKNOWN}, "orderedCacheBehaviors"),
    "minimum": ({"viewerCertificate": {**CERTIFICATE, "minimumProtocolVersion": UNKNOWN}}, "minimumProtocolVersion"),
    "origins": ({"origins": UNKNOWN}, "customOriginConfig"),
    "origin protocol": ({"origins": custom(originProtocolPolicy=UNKNOWN)}, "originProtocolPolicy"),
    "origin TLS": ({"origins": custom(originSslProtocols=[UNKNOWN])}, "originSslProtocols"),
}


@pytest.mark.parametrize(("change", "told"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_each_unknown_property_fails(change: dict[str, Any], told: str) -> None:
    """Each of these can be written as a literal, so an unknown one is refused at preview and its path told."""
    (verdict,) = say(DISTRIBUTION.but(**change))
    assert fired([verdict]) == {(RULE, "media")}
    assert told in verdict.message
    assert UNKNOWN not in verdict.message
