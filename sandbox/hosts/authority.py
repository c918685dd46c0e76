"""The sandbox's certificate authority: it signs what AWS's own authorities sign for databases, caches and websites.

It is made when the fleet first starts, and goes with ``.sandbox/``. Only hosts trust it.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS = 825


class Authority:
    """The authority whose files are in ``directory``, made there if it is new."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key_file = directory / "authority.key"
        if not (self._key_file.exists() and self.certificate.exists()):
            self._make()
        key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._own = x509.load_pem_x509_certificate(self.certificate.read_bytes())

    @property
    def certificate(self) -> Path:
        """Its own certificate, for those who are to trust it."""
        return self._directory / "authority.pem"

    def issue(self, name: str, *others: str) -> Path:
        """A file with a certificate for these DNS names and its key. The same names get the same file."""
        names = (name, *others)
        path = self._directory / f"{hashlib.sha256(' '.join(names).encode()).hexdigest()[:16]}.pem"
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            # A common name has at most 64 characters; clients look at the alternative names.
            certificate = (
                _builder(name[:64], self._own.subject, key)
                .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .sign(self._key, hashes.SHA256())
            )
            _write(path, _pem(certificate) + _pem_of_key(key))
        return path

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox certificate authority")])
        certificate = (
            _builder("Sandbox certificate authority", own, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self._key_file, _pem_of_key(key))
        _write(self.certificate, _pem(certificate), mode=0o644)


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=_DAYS))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole, and never readable for others when it is not meant to be."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    new.replace(path)
