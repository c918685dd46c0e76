"""Distributions: aliases and their certificate, updates by version, and deletion of disabled ones only."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.acm.models import CertBundle, acm_backends
from moto.cloudfront.exceptions import InvalidIfMatchVersion
from moto.cloudfront.models import CloudFrontBackend, Distribution, DistributionConfig, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.utils import utcnow

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.wafv2 import exists_for_cloudfront

CERTIFICATE_REGION = "us-east-1"
IN_PROGRESS = "InProgress"
"""Until the next request: moto then changes the status to Deployed."""


@operation(CloudFrontResponse)
def create_distribution(response: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return _created(response, parameters["DistributionConfig"], [])


@operation(CloudFrontResponse)
def create_distribution_with_tags(response: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    tagged = parameters["DistributionConfigWithTags"]
    return _created(response, tagged["DistributionConfig"], tagged.get("Tags", {}).get("Items", []))


@operation(CloudFrontResponse)
def update_distribution(response: CloudFrontResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Update only the version in IfMatch, which moto ignores, and make a new one."""
    distribution, _ = response.backend.get_distribution(parameters["Id"])
    _require_current(distribution, parameters.get("IfMatch"))
    config = DistributionConfig(parameters["DistributionConfig"])
    if config.CallerReference != distribution.distribution_config.CallerReference:
        raise AwsError("IllegalUpdate", "The caller reference of a distribution cannot be changed.")
    _check_names(response.backend, config, apart_from=distribution.id)
    _check_firewall(response.backend, config)
    distribution.distribution_config = config
    distribution.etag = random_id()
    distribution.last_modified_time = utcnow()
    distribution.status, distribution._tick = IN_PROGRESS, 0
    return _answer(distribution)


@patch(
    "moto.cloudfront.models:CloudFrontBackend.delete_distribution",
    sha256="148c626f7ef0ed2902eb4ab36acc73da9ecf236665002c4281e98e1f8236a363",
    upstream="DeleteDistribution deletes an enabled distribution and accepts any IfMatch.",
)
def _delete_distribution(original: Any, backend: CloudFrontBackend, distribution_id: str, if_match: str) -> None:
    """Delete its tags and invalidations too."""
    distribution, _ = backend.get_distribution(distribution_id)
    _require_current(distribution, if_match)
    if distribution.distribution_config.Enabled:
        raise AwsError(
            "DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.", 409
        )
    original(backend, distribution_id, if_match)
    backend.invalidations.pop(distribution_id, None)
    backend.tagger.delete_all_tags_for_resource(distribution.arn)


def _created(response: CloudFrontResponse, said: dict[str, Any], tags: list[dict[str, str]]) -> dict[str, Any]:
    config = DistributionConfig(said)
    _check_names(response.backend, config)
    _check_firewall(response.backend, config)
    distribution, _, _ = response.backend.create_distribution(said, tags)
    distribution.last_modified_time = utcnow()
    return _answer(distribution)


def _answer(distribution: Distribution) -> dict[str, Any]:
    return {"Distribution": distribution, "ETag": distribution.etag, "Location": distribution.location}


def _require_current(distribution: Distribution, if_match: str | None) -> None:
    if not if_match:
        raise InvalidIfMatchVersion
    if if_match != distribution.etag:
        raise AwsError(
            "PreconditionFailed", f"{if_match} is not the current version of distribution {distribution.id}.", 412
        )


def _check_firewall(backend: CloudFrontBackend, config: DistributionConfig) -> None:
    """A distribution names a web ACL of WAF by its ARN, and one of the older WAF Classic by its id."""
    web_acl = config.WebACLId
    if web_acl.startswith("arn:") and not exists_for_cloudfront(backend.account_id, web_acl):
        raise AwsError("InvalidWebACLId", "Web ACL is not accessible by the requester.")


def _check_names(backend: CloudFrontBackend, config: DistributionConfig, apart_from: str = "") -> None:
    """Check that no other distribution has the aliases, and that the certificate covers them.

    AWS also requires a public authority's signature. Here a self-signed certificate is accepted.
    """
    names = config.Aliases.get("Items", [])
    taken = {
        name
        for other in backend.distributions.values()
        if other.id != apart_from
        for name in other.distribution_config.Aliases.get("Items", [])
    }
    if taken & set(names):
        raise AwsError(
            "CNAMEAlreadyExists",
            f"{', '.join(sorted(taken & set(names)))}: already associated with a different distribution.",
            409,
        )
    arn = config.ViewerCertificate.get("ACMCertificateArn")
    covered = _covered_by(_certificate(backend.account_id, arn)) if arn else ()
    # Names in a certificate of IAM are not read.
    if config.ViewerCertificate["CertificateSource"] != "iam":
        for name in names:
            if not any(_covers(pattern, name) for pattern in covered):
                raise AwsError("InvalidViewerCertificate", f"The distribution's certificate does not cover {name}.")


def _certificate(account_id: str, arn: str) -> CertBundle:
    found = acm_backends[account_id][CERTIFICATE_REGION]._certificates.get(arn)
    if found is None or not _has_a_known_key(found):
        raise AwsError(
            "InvalidViewerCertificate",
            f"The specified SSL certificate doesn't exist, isn't in {CERTIFICATE_REGION} region, isn't valid, or "
            f"doesn't include a valid certificate chain: {arn}",
        )
    return found


def _has_a_known_key(certificate: CertBundle) -> bool:
    key = certificate._cert.public_key()
    return isinstance(key, rsa.RSAPublicKey) or (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    )


def _covered_by(certificate: CertBundle) -> tuple[str, ...]:
    return tuple(name.lower() for name in (*certificate.sans, certificate.common_name))


def _covers(pattern: str, name: str) -> bool:
    """Whether a name in a certificate covers a host name. A wildcard matches one label."""
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return name == pattern
