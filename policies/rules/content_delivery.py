"""CloudFront: what visitors and origins are spoken to with."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.aws_types import cloudfront
from policies.properties import Absent, Known, Properties, Reading, Unknown
from policies.resources import Resource
from policies.rule import Config, Findings, ResourceRule, Sources, Undecided, Violation

# Neither serves a page in the clear; a redirect costs one request and keeps old links alive. FSBP accepts both too.
_HTTPS_VIEWERS = frozenset({"https-only", "redirect-to-https"})
_MODERN_TLS = frozenset({"TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"})
_ORIGIN_TLS = frozenset({"TLSv1.2"})


def _check(distribution: Resource, _: Config) -> Findings:
    properties = distribution.properties
    yield from _one_of(
        distribution,
        properties.read("defaultCacheBehavior", "viewerProtocolPolicy"),
        "defaultCacheBehavior.viewerProtocolPolicy",
        _HTTPS_VIEWERS,
    )
    for index, behavior in enumerate(properties.each("orderedCacheBehaviors")):
        yield from _one_of(
            distribution,
            _within(behavior, "viewerProtocolPolicy"),
            f"orderedCacheBehaviors[{index}].viewerProtocolPolicy",
            _HTTPS_VIEWERS,
        )
    yield from _check_certificate(distribution)
    for index, origin in enumerate(properties.each("origins")):
        yield from _check_origin(distribution, origin, f"origins[{index}]")


def _check_certificate(distribution: Resource) -> Findings:
    properties = distribution.properties
    if not any(True for _ in properties.each("aliases")):
        yield Violation(resource=distribution, has="no alias", must="its own host name in aliases")
    # An ARN that only the update will tell is an ARN all the same.
    named = (properties.read("viewerCertificate", name) for name in ("acmCertificateArn", "iamCertificateId"))
    if all(isinstance(reading, Absent) for reading in named):
        yield Violation(
            resource=distribution,
            has="CloudFront's default certificate, which accepts TLSv1",
            must="the alias's own certificate in viewerCertificate",
        )
    yield from _one_of(
        distribution,
        properties.read("viewerCertificate", "minimumProtocolVersion"),
        "viewerCertificate.minimumProtocolVersion",
        _MODERN_TLS,
    )


def _check_origin(distribution: Resource, origin: Reading, path: str) -> Findings:
    match _within(origin, "customOriginConfig"):
        case Known(Properties() as custom):
            policy_path = f"{path}.customOriginConfig.originProtocolPolicy"
            yield from _one_of(
                distribution, custom.read("originProtocolPolicy"), policy_path, frozenset({"https-only"})
            )
            for protocol in custom.each("originSslProtocols"):
                yield from _one_of(distribution, protocol, f"{path}.customOriginConfig.originSslProtocols", _ORIGIN_TLS)
        case Unknown():
            yield Undecided(resource=distribution, path=f"{path}.customOriginConfig")
        # Without one the origin is a bucket, which CloudFront always reads over the protocol of S3's own REST endpoint.


def _within(reading: Reading, name: str) -> Reading:
    """A property of an object that is itself a reading, such as an element of a list."""
    match reading:
        case Known(Properties() as properties):
            return properties.read(name)
        case Unknown():
            return reading
    return Absent()


def _one_of(distribution: Resource, reading: Reading, path: str, accepted: frozenset[str]) -> Findings:
    must = f"{path} {' or '.join(sorted(accepted))}"
    match reading:
        case Known(value) if value in accepted:
            return
        case Known(value):
            yield Violation(resource=distribution, has=f"{path} {value}", must=must)
        case Absent():
            yield Violation(resource=distribution, has=f"no {path}", must=must)
        case Unknown():
            yield Undecided(resource=distribution, path=path)


CLOUDFRONT_HTTPS_ONLY = ResourceRule(
    id="cloudfront-https-only",
    severity=Severity.CRITICAL,
    why="Over plain HTTP or old TLS anybody on the way can read and change what the shop serves.",
    fix="set viewer_protocol_policy to redirect-to-https or https-only in every behaviour, a viewer certificate with "
    "minimum_protocol_version TLSv1.2_2021, and origin_protocol_policy https-only with TLSv1.2.",
    sources=Sources(
        fsbp=("CloudFront.3", "CloudFront.7", "CloudFront.9", "CloudFront.10", "CloudFront.15"), pci=("1.2.5", "4.2.1")
    ),
    applies_to=(cloudfront.Distribution,),
    check=_check,
)

RULES = (CLOUDFRONT_HTTPS_ONLY,)
