"""How distributions are spoken to and speak: each property violated, absent and unknown, as one rule of several."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.delivery.content_delivery import (
    CLOUDFRONT_CERTIFICATE,
    CLOUDFRONT_HTTPS_ONLY,
    CLOUDFRONT_MINIMUM_TLS,
)
from policies.rules.delivery.content_origins import CLOUDFRONT_ORIGIN_HTTPS
from tests.policies.analyzer import UNKNOWN, Diagnostic, Node, analyze, fired
from tests.policies.distributions import CERTIFICATE, DISTRIBUTION, ORIGIN

VIEWERS, TLS, NAME, ORIGINS = (
    rule.id for rule in (CLOUDFRONT_HTTPS_ONLY, CLOUDFRONT_MINIMUM_TLS, CLOUDFRONT_CERTIFICATE, CLOUDFRONT_ORIGIN_HTTPS)
)


def say(distribution: Node) -> list[Diagnostic]:
    rules = [CLOUDFRONT_HTTPS_ONLY, CLOUDFRONT_MINIMUM_TLS, CLOUDFRONT_CERTIFICATE, CLOUDFRONT_ORIGIN_HTTPS]
    return analyze([distribution], rules=rules)


def custom(**config: Any) -> list[dict[str, object]]:
    return [{**ORIGIN, "customOriginConfig": {**ORIGIN["customOriginConfig"], **config}}]  # type: ignore[dict-item]


def test_https_everywhere_passes() -> None:
    """Neither https-only nor redirect-to-https serves content over plain HTTP."""
    assert not say(DISTRIBUTION)


def test_a_bucket_origin_passes() -> None:
    """An origin without a custom configuration is a bucket, for which there is nothing to set."""
    assert not say(DISTRIBUTION.but(origins=[{"domainName": "b.s3.amazonaws.com"}]))


def test_a_certificate_made_in_the_same_run_passes() -> None:
    """Its ARN is unknown at preview, and counts all the same."""
    assert not say(DISTRIBUTION.but(viewerCertificate={**CERTIFICATE, "acmCertificateArn": UNKNOWN}))


BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "default behaviour": (
        VIEWERS,
        {"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}},
        "default_cache_behavior.viewer_protocol_policy=allow-all",
    ),
    "one ordered behaviour": (
        VIEWERS,
        {"orderedCacheBehaviors": [{"viewerProtocolPolicy": "https-only"}, {"viewerProtocolPolicy": "allow-all"}]},
        "ordered_cache_behaviors[1].viewer_protocol_policy=allow-all",
    ),
    "old TLS": (
        TLS,
        {"viewerCertificate": {**CERTIFICATE, "minimumProtocolVersion": "TLSv1"}},
        "viewer_certificate.minimum_protocol_version=TLSv1,",
    ),
    "origin over HTTP": (
        ORIGINS,
        {"origins": custom(originProtocolPolicy="match-viewer")},
        "origins[0].custom_origin_config.origin_protocol_policy=match-viewer",
    ),
    "origin with old TLS": (
        ORIGINS,
        {"origins": custom(originSslProtocols=["TLSv1.2", "SSLv3"])},
        "origins[0].custom_origin_config.origin_ssl_protocols=SSLv3",
    ),
    "no behaviour": (VIEWERS, {"defaultCacheBehavior": None}, "no default_cache_behavior.viewer_protocol_policy"),
    "no minimum": (
        TLS,
        {"viewerCertificate": {"acmCertificateArn": "arn", "sslSupportMethod": "sni-only"}},
        "no viewer_certificate.minimum_protocol_version",
    ),
    "default certificate": (
        NAME,
        {"viewerCertificate": {"cloudfrontDefaultCertificate": True, "minimumProtocolVersion": "TLSv1.2_2021"}},
        "CloudFront's default certificate",
    ),
    "no alias": (NAME, {"aliases": None}, "no alias"),
    "a dedicated address": (
        NAME,
        {"viewerCertificate": {**CERTIFICATE, "sslSupportMethod": "vip"}},
        "viewer_certificate.ssl_support_method=vip",
    ),
}


@pytest.mark.parametrize(("rule", "change", "part"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_or_missing_property_fails(rule: str, change: dict[str, Any], part: str) -> None:
    """One change makes one diagnostic, which names the property and what it has."""
    (diagnostic,) = say(DISTRIBUTION.but(**change))
    assert fired([diagnostic]) == {(rule, "media")}
    assert part in diagnostic.message


UNKNOWNS: dict[str, tuple[str, dict[str, Any], str]] = {
    "behaviour": (VIEWERS, {"defaultCacheBehavior": {"viewerProtocolPolicy": UNKNOWN}}, "default_cache_behavior"),
    "whole behaviour": (VIEWERS, {"defaultCacheBehavior": UNKNOWN}, "default_cache_behavior"),
    "ordered behaviours": (VIEWERS, {"orderedCacheBehaviors": UNKNOWN}, "ordered_cache_behaviors"),
    "minimum": (
        TLS,
        {"viewerCertificate": {**CERTIFICATE, "minimumProtocolVersion": UNKNOWN}},
        "minimum_protocol_version",
    ),
    "origins": (ORIGINS, {"origins": UNKNOWN}, "custom_origin_config"),
    "origin protocol": (ORIGINS, {"origins": custom(originProtocolPolicy=UNKNOWN)}, "origin_protocol_policy"),
    "origin TLS": (ORIGINS, {"origins": custom(originSslProtocols=[UNKNOWN])}, "origin_ssl_protocols"),
}


@pytest.mark.parametrize(("rule", "change", "part"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_each_unknown_property_fails(rule: str, change: dict[str, Any], part: str) -> None:
    """Each can be a literal, so an unknown value is refused at preview, and the message names the property."""
    (diagnostic,) = say(DISTRIBUTION.but(**change))
    assert fired([diagnostic]) == {(rule, "media")}
    assert part in diagnostic.message
    assert UNKNOWN not in diagnostic.message
