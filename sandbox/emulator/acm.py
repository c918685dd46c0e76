"""ACM: certificates that are imported again, their chain, and what uses them."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.cloudfront.models import cloudfront_backends
from moto.core.responses import ActionResult

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch

RSA_BITS = (1024, 2048, 3072, 4096)
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


@patch(
    "moto.acm.models:AWSCertificateManagerBackend.import_certificate",
    sha256="c6899297abf07bab998b8bd603b3e5049524e9a5caee27f9c851bf73fe4666ca",
    upstream="Importing takes any chain or none, and several certificates as body; a second time it changes the tags.",
)
def _import_certificate(
    original: Any,
    backend: AWSCertificateManagerBackend,
    certificate: bytes,
    private_key: bytes,
    chain: bytes | None,
    arn: str | None,
    tags: list[dict[str, str]] | None,
) -> str:
    """A certificate that is imported again keeps its tags; new tags are refused.

    A body is one certificate, and a chain leads upwards from it ("Certificate import problems"; the messages are in
    "Troubleshoot importing a third-party certificate").
    """
    _check_material(certificate, chain)
    before = backend._certificates.get(arn) if arn else None
    if before is not None and tags:
        raise AwsError("ValidationException", "Tagging is not permitted on re-import.")
    imported: str = original(backend, certificate, private_key, chain, arn, tags)
    bundle = backend._certificates[imported]
    bundle.imported_chain = chain
    if before is not None:
        bundle.tags, bundle.created_at = before.tags, before.created_at
    return imported


def _check_material(certificate: bytes, chain: bytes | None) -> None:
    bodies, authorities = _parsed(certificate, "certificate"), _parsed(chain, "certificate chain") if chain else []
    if len(bodies) > 1:
        raise _invalid(
            "The certificate field contains more than one certificate. "
            "You can specify only one certificate in this field."
        )
    [body] = bodies
    if not _has_a_known_key(body):
        raise _invalid("The private key is not supported.")
    if not authorities and not _signed(body, body):
        raise _invalid(
            "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or "
            "certificate chain."
        )
    last = body
    for authority in authorities:
        if not _signed(authority, last):
            raise _invalid("Could not validate the certificate with the certificate chain.")
        last = authority


def _parsed(pem: bytes, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise _invalid(f"The {what} is not PEM-encoded or is not valid.") from None


def _has_a_known_key(certificate: x509.Certificate) -> bool:
    """Whether ACM imports keys of this kind ("Prerequisites for importing ACM certificates")."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size in RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)


def _signed(signer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


@patch(
    "moto.acm.responses:AWSCertificateManagerResponse.get_certificate",
    sha256="415533dea2d5bbd77281cab5475c3f958ce3a583bcf68bd97da6908ec40eb34c",
    upstream="GetCertificate answers a made-up chain for a certificate imported without one.",
)
def _get_certificate(original: Any, response: AWSCertificateManagerResponse) -> ActionResult:
    """The chain that was imported, or none."""
    answer: ActionResult = original(response)
    bundle = response.acm_backend.get_certificate(response._get_param("CertificateArn"))
    if bundle.type == "IMPORTED":
        del answer.result["CertificateChain"]
        if bundle.imported_chain:
            answer.result["CertificateChain"] = bundle.imported_chain.decode()
    return answer


@patch(
    "moto.acm.models:AWSCertificateManagerBackend.describe_certificate",
    sha256="10a7dde24da7c8963bde9673c9a39432122b0288b58123426992121147867238",
    upstream="InUseBy lists listeners, also deleted ones, instead of load balancers and distributions.",
)
def _describe_certificate(original: Any, backend: AWSCertificateManagerBackend, arn: str) -> CertBundle:
    bundle = original(backend, arn)
    bundle.in_use_by = _users(backend, arn)
    return bundle


@patch(
    "moto.acm.models:AWSCertificateManagerBackend.delete_certificate",
    sha256="671b0af876fbdf174368e5650c7fa58129c1b71b44b23781439ed0c6b3b3dc2b",
    upstream="DeleteCertificate deletes a certificate in use.",
)
def _delete_certificate(original: Any, backend: AWSCertificateManagerBackend, arn: str) -> None:
    if _users(backend, arn):
        raise AwsError("ResourceInUseException", f"Certificate {arn} in account {backend.account_id} is in use.")
    original(backend, arn)


@operation(AWSCertificateManagerResponse)
def update_certificate_options(response: AWSCertificateManagerResponse, parameters: dict[str, Any]) -> None:
    bundle = response.acm_backend.get_certificate(parameters["CertificateArn"])
    bundle.cert_options = {**(bundle.cert_options or {}), **parameters["Options"]}


def _users(backend: AWSCertificateManagerBackend, arn: str) -> list[str]:
    """The ARNs of the load balancers and distributions that use a certificate."""
    from moto.elbv2.models import elbv2_backends  # loaded when the first load balancer is

    balancers = elbv2_backends[backend.account_id][backend.region_name].load_balancers.values()
    serving = [
        balancer.arn
        for balancer in balancers
        if any(arn in listener.certificates for listener in balancer.listeners.values())
    ]
    distributions = cloudfront_backends[backend.account_id][backend.partition].distributions.values()
    return serving + [
        distribution.arn
        for distribution in distributions
        if distribution.distribution_config.ViewerCertificate.get("ACMCertificateArn") == arn
    ]
