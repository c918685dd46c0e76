"""A self-signed certificate for one run of the program, since a real one is never in the repository."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def write_self_signed(certificate: Mapping[str, str], directory: Path) -> None:
    """Writes the certificate and private key that a stack's ``certificate`` config names, into the directory."""
    body, key = _pem(certificate["domain"])
    (directory / certificate["certificate_file"]).write_bytes(body)
    (directory / certificate["private_key_file"]).write_bytes(key)


@cache
def _pem(domain: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.datetime.now(datetime.UTC)
    body = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(domain), x509.DNSName(domain.removeprefix("*."))]), False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return body.public_bytes(serialization.Encoding.PEM), private
