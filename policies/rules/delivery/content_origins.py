"""CloudFront's origins: HTTPS to the site, and only the stack's own buckets."""

from __future__ import annotations

import re

from pulumi_policy import Severity

from policies.generated.aws_types import cloudfront, s3
from policies.model.expectations import one_of, within
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, OnUnknown, ResourceRule, Sources, StackRule, Undecided, Violation

_TLS = frozenset({"TLSv1.2"})
_BUCKET_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9.-]+\.)?amazonaws\.com(?:\.cn)?")


def _check_https(distribution: Resource, _: Config) -> Findings:
    for index, origin in enumerate(distribution.properties.each("origins")):
        path = f"origins[{index}].customOriginConfig"
        match within(origin, "customOriginConfig"):
            case Known(Properties() as custom):
                policy = custom.read("originProtocolPolicy")
                yield from one_of(distribution, f"{path}.originProtocolPolicy", policy, {"https-only"})
                for protocol in custom.each("originSslProtocols"):
                    yield from one_of(distribution, f"{path}.originSslProtocols", protocol, _TLS)
            case Unknown():
                yield Undecided(resource=distribution, path=path)
            # Without one the origin is a bucket, which CloudFront reads from S3's REST endpoint.


def _check_access_control(distribution: Resource, _: Config) -> Findings:
    for index, origin in enumerate(distribution.properties.each("origins")):
        path = f"origins[{index}].origin_access_control_id"
        # An id that is unknown until the update still counts.
        if _is_bucket(origin) and within(origin, "originAccessControlId") in (Absent(), Known("")):
            yield Violation(
                resource=distribution,
                got=f"a bucket as origin and no {path}",
                expected="an origin access control",
                part=path,
            )
        if isinstance(origin, Unknown):
            yield Undecided(resource=distribution, path="origins")


def _is_bucket(origin: Reading) -> bool:
    """Whether the origin is a bucket: it has no configuration of another kind."""
    other = ("customOriginConfig", "vpcOriginConfig")
    return isinstance(origin, Known) and all(isinstance(within(origin, name), Absent) for name in other)


def _check_buckets(distribution: Resource, stack: Stack, _: Config) -> Findings:
    own = {bucket.properties.read("bucket") for bucket in stack.of_type(s3.Bucket)}
    # A stack without buckets uses another one's, which is not seen here.
    if not own or Unknown() in own or distribution.origin("origins", s3.Bucket):
        return
    for index, origin in enumerate(distribution.properties.each("origins")):
        path = f"origins[{index}].domain_name"
        match within(origin, "domainName"):
            case Known(host):
                found = _BUCKET_HOST.fullmatch(str(host))
                if found and Known(found["bucket"]) not in own:
                    yield Violation(
                        resource=distribution,
                        got=f"{path}={host}, which is not a bucket of this stack",
                        expected="a bucket of this stack",
                        part=path,
                    )
            case Unknown():
                yield Undecided(resource=distribution, path=path)


CLOUDFRONT_ORIGIN_HTTPS = ResourceRule(
    id="cloudfront-origin-https",
    severity=Severity.MEDIUM,
    why="A request from CloudFront to the origin crosses the internet too, and plain HTTP or old TLS exposes it.",
    fix='set origin_protocol_policy="https-only" and origin_ssl_protocols=["TLSv1.2"] in custom_origin_config.',
    sources=Sources(fsbp=("CloudFront.9", "CloudFront.10"), pci=("4.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_https,
)

CLOUDFRONT_S3_ACCESS_CONTROL = ResourceRule(
    id="cloudfront-s3-oac",
    severity=Severity.MEDIUM,
    why="Without an origin access control the bucket must be public for CloudFront to read it.",
    fix="set origin_access_control_id, and allow the distribution by aws:SourceArn in the bucket's policy.",
    sources=Sources(fsbp=("CloudFront.13",), pci=("7.2.1",)),
    applies_to=(cloudfront.Distribution,),
    check=_check_access_control,
)

CLOUDFRONT_S3_ORIGIN_EXISTS = StackRule(
    id="cloudfront-s3-origin-exists",
    severity=Severity.HIGH,
    why="If a bucket does not exist, anyone can create one with its name and serve content under the shop's host name.",
    fix="take domain_name from the s3.Bucket of this stack.",
    sources=Sources(fsbp=("CloudFront.12",)),
    on_unknown=OnUnknown.DEFER,
    applies_to=(cloudfront.Distribution,),
    check=_check_buckets,
)

RULES = (CLOUDFRONT_ORIGIN_HTTPS, CLOUDFRONT_S3_ACCESS_CONTROL, CLOUDFRONT_S3_ORIGIN_EXISTS)
