"""A certificate for a domain and its subdomains, in place of one that you would buy."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_BITS = 2048  # ACM and CloudFront accept RSA keys of 2048 bits everywhere, larger ones not.
VALID_DAYS = 825  # The most that browsers accept from an authority that a person added.


def ensure_certificate(domain: str, *, certificate: Path, private_key: Path, chain: Path | None = None) -> bool:
    """Write a certificate for `*.domain` and its key as PEM files, unless all files exist. Returns whether it did.

    With a file for the chain, an authority signs the certificate, whose own certificate is the chain. Its key is not
    kept. Without one, the certificate signs itself.
    """
    files = [certificate, private_key, *([chain] if chain else [])]
    if all(file.exists() for file in files):
        return False
    key, name = _key(), _name(f"*.{domain}")
    names = x509.SubjectAlternativeName([x509.DNSName(f"*.{domain}"), x509.DNSName(domain)])
    unsigned = (
        _begun(name, key)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    signer, signers_key = name, key
    if chain:
        signer, signers_key = _name(f"Sandbox authority of {domain}"), _key()
        authority = (
            _begun(signer, signers_key)
            .issuer_name(signer)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        )
        _write(chain, authority.sign(signers_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(private_key, pem)
    signed = unsigned.issuer_name(signer).sign(signers_key, hashes.SHA256())
    _write(certificate, signed.public_bytes(serialization.Encoding.PEM))
    return True


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _name(common_name: str) -> x509.Name:
    # 64 characters is the most that a common name has.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _begun(name: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    # Yesterday, so that it is valid on a machine whose clock is a little behind.
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=VALID_DAYS))
    )


def _write(path: Path, content: bytes) -> None:
    """Only its owner can read the file, from the first moment: one of the two is a private key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
