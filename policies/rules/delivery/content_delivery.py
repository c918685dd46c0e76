"""CloudFront: visitors get HTTPS with modern TLS, and requests are logged."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.generated.aws_types import acm, cloudfront, cloudwatch
from policies.model.expectations import is_, is_set, one_of, within
from policies.model.properties import Absent, Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

# Neither serves a page over plain HTTP; a redirect keeps old links working. FSBP accepts both too.
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
        yield Violation(resource=distribution, got="no aliases", expected="the site's host name", part="aliases")
    # An ARN that is unknown until the update still counts.
    named = (properties.read(_CERTIFICATE, name) for name in ("acmCertificateArn", "iamCertificateId"))
    if all(isinstance(reading, Absent) for reading in named):
        yield Violation(
            resource=distribution,
            got="CloudFront's default certificate, which accepts TLSv1",
            expected="viewer_certificate.acm_certificate_arn",
            part="viewer_certificate",
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
                got=f"region={region}" if region else "a region that is not known",
                expected=f"{_CLOUDFRONT_REGION}, because {distribution} uses it",
            )
    if certificates:
        return
    match distribution.properties.read(_CERTIFICATE, "acmCertificateArn"):
        case Known(arn) if f":{_CLOUDFRONT_REGION}:" not in str(arn):
            yield Violation(
                resource=distribution, got=f"the certificate {arn}", expected=f"one in {_CLOUDFRONT_REGION}"
            )
        case Unknown():
            yield Undecided(resource=distribution, path=f"{_CERTIFICATE}.acmCertificateArn")


def _region(certificate: Resource) -> object:
    """The certificate's region, or else its provider's; None if neither is known."""
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
        got = "a cloudwatch.LogDeliverySource without a cloudwatch.LogDelivery" if sources else "no access logs"
        yield Violation(resource=distribution, got=got, expected="a log delivery, or logging_config")


def _check_headers(distribution: Resource, _: Config) -> Findings:
    yield from is_set(distribution, "defaultCacheBehavior.responseHeadersPolicyId")


CLOUDFRONT_HTTPS_ONLY = ResourceRule(
    id="cloudfront-https-only",
    severity=Severity.CRITICAL,
    why="Over plain HTTP anyone on the network can read and change the shop's pages.",
    fix="set viewer_protocol_policy to redirect-to-https or https-only in every behaviour.",
    sources=Sources(fsbp=("CloudFront.3",), pci=("1.2.5", "4.2.1")),
    applies_to=(cloudfront.Distribution,),
    check=_check_viewers,
)

CLOUDFRONT_MINIMUM_TLS = ResourceRule(
    id="cloudfront-minimum-tls",
    severity=Severity.HIGH,
    why="TLS before 1.2 is broken and forbidden for card data, and CloudFront accepts it by default.",
    fix='set minimum_protocol_version="TLSv1.2_2021", or a later one, in viewer_certificate.',
    sources=Sources(fsbp=("CloudFront.15",), pci=("4.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_minimum_tls,
)

CLOUDFRONT_CERTIFICATE = ResourceRule(
    id="cloudfront-certificate",
    severity=Severity.MEDIUM,
    why="CloudFront's default certificate accepts old TLS, and a dedicated IP address costs 600 dollars a month.",
    fix='set aliases, and in viewer_certificate acm_certificate_arn and ssl_support_method="sni-only".',
    sources=Sources(fsbp=("CloudFront.7", "CloudFront.8"), pci=("4.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_certificate,
)

CLOUDFRONT_CERTIFICATE_REGION = StackRule(
    id="cloudfront-certificate-us-east-1",
    severity=Severity.HIGH,
    why="CloudFront accepts only certificates in us-east-1, and reports an error only after other resources are "
    "created.",
    fix='set region="us-east-1" on the certificate.',
    sources=Sources(other='"Requirements for using SSL/TLS certificates with CloudFront"'),
    on_unknown=OnUnknown.DEFER,
    applies_to=(cloudfront.Distribution,),
    check=_check_region,
)

CLOUDFRONT_LOGGING = StackRule(
    id="cloudfront-logging",
    severity=Severity.MEDIUM,
    why="Requests that CloudFront answers from its cache appear in no other log.",
    fix="set access_logs in the site's delivery, or add a cloudwatch.LogDeliverySource and a cloudwatch.LogDelivery "
    "for "
    "the distribution.",
    sources=Sources(fsbp=("CloudFront.5",), pci=("10.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_logging,
)

CLOUDFRONT_SECURITY_HEADERS = ResourceRule(
    id="cloudfront-security-headers",
    severity=Severity.LOW,
    why="Without security headers, browsers guess file types, allow other sites to frame the shop, and try plain HTTP "
    "first.",
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
