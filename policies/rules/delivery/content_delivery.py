"""CloudFront: what visitors are spoken to with, and what is written down of it."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.generated.aws_types import acm, cloudfront, cloudwatch
from policies.model.expectations import is_, is_set, one_of, within
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

# Neither serves a page in the clear; a redirect costs one request and keeps old links alive. FSBP accepts both too.
_HTTPS_VIEWERS = frozenset({"https-only", "redirect-to-https"})
_MODERN_TLS = frozenset({"TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"})
_CLOUDFRONT_REGION = "us-east-1"
_CERTIFICATE = "viewerCertificate"


def _check_viewers(distribution: Resource, _: Config) -> Findings:
    properties = distribution.properties
    path = "viewerProtocolPolicy"
    default = properties.read("defaultCacheBehavior", path)
    yield from one_of(distribution, f"defaultCacheBehavior.{path}", default, _HTTPS_VIEWERS)
    for index, behavior in enumerate(properties.each("orderedCacheBehaviors")):
        yield from one_of(
            distribution, f"orderedCacheBehaviors[{index}].{path}", within(behavior, path), _HTTPS_VIEWERS
        )


def _check_minimum_tls(distribution: Resource, _: Config) -> Findings:
    path = f"{_CERTIFICATE}.minimumProtocolVersion"
    yield from one_of(
        distribution, path, distribution.properties.read(_CERTIFICATE, "minimumProtocolVersion"), _MODERN_TLS
    )


def _check_certificate(distribution: Resource, _: Config) -> Findings:
    properties = distribution.properties
    if not any(True for _ in properties.each("aliases")):
        yield Violation(resource=distribution, has="no alias", must="its own host name in aliases", part="aliases")
    # An ARN that only the update will tell is an ARN all the same.
    named = (properties.read(_CERTIFICATE, name) for name in ("acmCertificateArn", "iamCertificateId"))
    if all(isinstance(reading, Absent) for reading in named):
        yield Violation(
            resource=distribution,
            has="CloudFront's default certificate, which accepts TLSv1",
            must=f"the alias's own certificate in {_CERTIFICATE}",
            part=_CERTIFICATE,
        )
    else:
        yield from is_(distribution, f"{_CERTIFICATE}.sslSupportMethod", "sni-only")


def _check_region(distribution: Resource, _stack: Stack, _: Config) -> Findings:
    certificates = distribution.origin(_CERTIFICATE, acm.Certificate, acm.CertificateValidation)
    for certificate in certificates:
        region = _region(certificate)
        if region != _CLOUDFRONT_REGION:
            yield Violation(
                resource=certificate,
                has=f"the region {region or 'of its provider, which is not told'}",
                must=f"{_CLOUDFRONT_REGION}, where {distribution} looks for it",
            )
    if certificates:
        return
    match distribution.properties.read(_CERTIFICATE, "acmCertificateArn"):
        case Known(arn) if f":{_CLOUDFRONT_REGION}:" not in str(arn):
            yield Violation(
                resource=distribution, has="a certificate of another region", must=f"one of {_CLOUDFRONT_REGION}"
            )
        case Unknown():
            yield Undecided(resource=distribution, path=f"{_CERTIFICATE}.acmCertificateArn")


def _region(certificate: Resource) -> object:
    """The certificate's own, or else its provider's; None where neither is told."""
    readings = [certificate.properties.read("region")]
    if certificate.provider:
        readings.append(certificate.provider.read("region"))
    return next((reading.value for reading in readings if isinstance(reading, Known)), None)


def _check_logging(distribution: Resource, stack: Stack, _: Config) -> Findings:
    logging = distribution.properties.read("loggingConfig", "bucket")
    if not isinstance(logging, Absent):
        return
    sources = list(stack.from_origin(cloudwatch.LogDeliverySource, "resourceArn", distribution))
    deliveries = [
        delivery
        for source in sources
        for delivery in stack.from_origin(cloudwatch.LogDelivery, "deliverySourceName", source)
    ]
    if not deliveries:
        has = "a cloudwatch.LogDeliverySource that nothing is delivered from" if sources else "no access logs"
        yield Violation(resource=distribution, has=has, must="a source and a delivery from it, or a logging_config")


def _check_headers(distribution: Resource, _: Config) -> Findings:
    yield from is_set(distribution, "defaultCacheBehavior.responseHeadersPolicyId")


CLOUDFRONT_HTTPS_ONLY = ResourceRule(
    id="cloudfront-https-only",
    severity=Severity.CRITICAL,
    why="Over plain HTTP anybody on the way can read and change what the shop serves.",
    fix="set viewer_protocol_policy to redirect-to-https or https-only in every behaviour.",
    sources=Sources(fsbp=("CloudFront.3",), pci=("1.2.5", "4.2.1")),
    applies_to=(cloudfront.Distribution,),
    check=_check_viewers,
)

CLOUDFRONT_MINIMUM_TLS = ResourceRule(
    id="cloudfront-minimum-tls",
    severity=Severity.HIGH,
    why="TLS before 1.2 is broken and forbidden for card data, and CloudFront takes it unless told otherwise.",
    fix='set minimum_protocol_version="TLSv1.2_2021", or a later one, in viewer_certificate.',
    sources=Sources(fsbp=("CloudFront.15",), pci=("4.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_minimum_tls,
)

CLOUDFRONT_CERTIFICATE = ResourceRule(
    id="cloudfront-certificate",
    severity=Severity.MEDIUM,
    why="Under CloudFront's own name and certificate old TLS is accepted, and a dedicated address costs 600 dollars a "
    "month.",
    fix='set aliases, and in viewer_certificate acm_certificate_arn and ssl_support_method="sni-only".',
    sources=Sources(fsbp=("CloudFront.7", "CloudFront.8"), pci=("4.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_certificate,
)

CLOUDFRONT_CERTIFICATE_REGION = StackRule(
    id="cloudfront-certificate-us-east-1",
    severity=Severity.HIGH,
    why="CloudFront finds certificates of us-east-1 alone, and says so only after the rest of the stack is made.",
    fix='make the certificate with region="us-east-1".',
    sources=Sources(other='"Requirements for using SSL/TLS certificates with CloudFront"'),
    on_unknown=OnUnknown.DEFER,
    applies_to=(cloudfront.Distribution,),
    check=_check_region,
)

CLOUDFRONT_LOGGING = StackRule(
    id="cloudfront-logging",
    severity=Severity.MEDIUM,
    why="What the edges answer themselves is in no log of the shop's own.",
    fix="set access_logs in the site's delivery, or give the distribution a cloudwatch.LogDeliverySource and a "
    "cloudwatch.LogDelivery.",
    sources=Sources(fsbp=("CloudFront.5",), pci=("10.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_logging,
)

CLOUDFRONT_SECURITY_HEADERS = ResourceRule(
    id="cloudfront-security-headers",
    severity=Severity.LOW,
    why="Without them browsers guess types of files, show the shop in others' frames, and try plain HTTP first.",
    fix="set response_headers_policy_id in default_cache_behavior to a policy with security headers.",
    sources=Sources(pci=("6.2.4",), other='"Use managed response headers policies"'),
    applies_to=(cloudfront.Distribution,),
    check=_check_headers,
)

RULES = (
    CLOUDFRONT_HTTPS_ONLY,
    CLOUDFRONT_MINIMUM_TLS,
    CLOUDFRONT_CERTIFICATE,
    CLOUDFRONT_CERTIFICATE_REGION,
    CLOUDFRONT_LOGGING,
    CLOUDFRONT_SECURITY_HEADERS,
)
