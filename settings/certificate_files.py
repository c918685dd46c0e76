"""The certificate that the client bought, read from its PEM files and checked before anything is created."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pulumi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from settings.certificate import CertificateSettings
from settings.host_names import is_covered
from settings.messages import MISSING, Words, message

DIRECTORY = "MAGENTO_CERTIFICATE_DIR"
"""The environment variable that overrides ``directory``, for a machine that keeps its keys elsewhere."""
_KEY = "magento:certificate"
_CERTIFICATES = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----.+?-----END ([A-Z]+ )?PRIVATE KEY-----", re.DOTALL)
_RSA_BITS = (2048, 3072, 4096)
_KEYS = "an RSA key of 2048, 3072 or 4096 bits or one of the curve P-256, which CloudFront takes"
"""CloudFront takes fewer kinds of keys than ACM ("Requirements for using SSL/TLS certificates with CloudFront")."""


class CertificateError(pulumi.RunError):
    """The files do not hold a certificate that the site can use. Ends the program without a traceback."""


@dataclass(frozen=True, kw_only=True)
class ImportedCertificate:
    """A certificate, its key and its chain as ACM takes them, checked against each other, as PEM texts."""

    certificate: str
    """The certificate alone."""
    private_key: str = field(repr=False)
    chain: str | None
    """The certificates of the authorities, the one that signed ``certificate`` first; None if it signed itself."""
    names: tuple[str, ...]
    """The names that it covers, wildcards among them, in lower case."""

    @staticmethod
    def read(settings: CertificateSettings, *, host_names: tuple[str, ...]) -> ImportedCertificate:
        """Read the files that the stack file names.

        ACM wants the certificate alone and its chain in order, without the certificate itself ("Prerequisites for
        importing ACM certificates"). Sellers hand out a full chain in one file as well, roots first, or text between
        the certificates: what the files hold is sorted, and what does not belong to the chain is left out.

        Raises ``CertificateError`` when a file is missing or not PEM, the key belongs to another certificate or is of a
        kind that CloudFront does not take, a certificate is not valid today, the authority that signed it is not in the
        files, or it does not cover ``domain`` (a wildcard) and each of ``host_names``.
        """
        folder = Path(os.environ.get(DIRECTORY) or settings.directory)
        held = _certificates(folder, settings.certificate_file, "certificate_file")
        private_key, key = _private_key(folder, settings.private_key_file)
        certificate = next((each for each in held if each.public_key() == key.public_key()), None)
        if certificate is None:
            expected = f"the private key of {settings.certificate_file}"
            raise _fault("private_key_file", settings.private_key_file, expected)
        if not _cloudfront_takes(certificate.public_key()):
            kind = Words(f"a certificate with {_described(certificate.public_key())}")
            raise _fault("certificate_file", kind, _KEYS)
        _hold_valid(certificate, "certificate_file")
        names = _names(certificate)
        for host_name in (settings.domain, *host_names):
            if not is_covered(host_name, names):
                covered = Words(f"a certificate for {', '.join(names) or 'no name'}")
                raise _fault("certificate_file", covered, f"a certificate that also covers {host_name}")
        if settings.chain_file:
            held += _certificates(folder, settings.chain_file, "chain_file")
        chain = _chain(certificate, held, settings)
        return ImportedCertificate(
            certificate=_pem(certificate),
            private_key=private_key,
            chain="".join(map(_pem, chain)) or None,
            names=names,
        )


def _chain(
    certificate: x509.Certificate, held: Sequence[x509.Certificate], settings: CertificateSettings
) -> list[x509.Certificate]:
    """The certificates of ``held`` from the one that signed ``certificate`` upwards, as far as they lead."""
    chain: list[x509.Certificate] = []
    last = certificate
    while not _signed(last, last):
        signers = [each for each in held if _signed(each, last) and each not in (certificate, *chain)]
        if not signers:
            break
        # Of two, such as one that another authority signed as well, the one that lasts longer.
        last = max(signers, key=lambda each: each.not_valid_after_utc)
        _hold_valid(last, "chain_file" if settings.chain_file else "certificate_file")
        chain.append(last)
    if not chain and not _signed(certificate, certificate):
        others = ", ".join(each.subject.rfc4514_string() for each in held if each != certificate)
        raise _fault(
            "chain_file",
            Words(f"certificates of {others}") if others else settings.chain_file or MISSING,
            f"the certificate of {certificate.issuer.rfc4514_string()}, which signed {settings.certificate_file}",
            "Whoever sold the certificate hands out this file too, as chain, bundle or intermediate certificate.",
        )
    return chain


def _signed(signer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _hold_valid(certificate: x509.Certificate, key: str) -> None:
    """Refuse a certificate that is not valid now: neither ACM nor a browser takes it."""
    now = datetime.now(UTC)
    whose = "a certificate" if key == "certificate_file" else f"a certificate of {certificate.subject.rfc4514_string()}"
    if certificate.not_valid_after_utc <= now:
        ended = Words(f"{whose} that expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
        raise _fault(key, ended, "a valid certificate")
    if certificate.not_valid_before_utc > now:
        begins = Words(f"{whose} that is valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on")
        raise _fault(key, begins, "a certificate that is valid today")


def _cloudfront_takes(key: PublicKeyTypes) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size in _RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _described(key: PublicKeyTypes) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"an RSA key of {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"a key of the curve {key.curve.name}"
    return f"a key of the kind {type(key).__name__.removesuffix('PublicKey')}"


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    # DNS ignores case.
    return tuple(sorted({name.lower() for name in extension.value.get_values_for_type(x509.DNSName)}))


def _certificates(folder: Path, name: str, key: str) -> list[x509.Certificate]:
    """Every certificate in a file, with whatever text around them left out, such as OpenSSL's Bag Attributes."""
    found = _CERTIFICATES.findall(_text(folder / name, key))
    try:
        certificates = [x509.load_pem_x509_certificate(each.encode()) for each in found]
    except ValueError:
        certificates = []
    if not certificates:
        raise _fault(key, name, "a certificate in PEM")
    return certificates


def _private_key(folder: Path, name: str) -> tuple[str, PrivateKeyTypes]:
    """The key as PEM, without text around it, and what it is."""
    text = _text(folder / name, "private_key_file")
    pem = found[0] if (found := _PRIVATE_KEY.search(text)) else ""
    try:
        return f"{pem}\n", load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise _fault("private_key_file", name, "a private key in PEM, without a passphrase") from None


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _text(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        fix = f"Put the file there, or set {DIRECTORY} to the directory that holds it."
        raise _fault(key, Words(f"{path} ({error.strerror})"), "a readable file", fix) from None
    except UnicodeDecodeError:
        raise _fault(key, str(path), "a file in PEM, which is plain ASCII text") from None


def _fault(key: str, got: object, expected: str, fix: str = "") -> CertificateError:
    return CertificateError(message(f"{_KEY}.{key}", got=got, expected=expected, fix=fix))
