"""The certificate that the client bought, read from its PEM files and checked before anything is created."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from settings.certificate import CertificateSettings
from settings.messages import Words, message

DIRECTORY = "MAGENTO_CERTIFICATE_DIR"
"""The environment variable that overrides ``directory``, for a machine that keeps its keys elsewhere."""
_KEY = "magento:certificate"


class CertificateError(pulumi.RunError):
    """The files do not hold a certificate that the site can use. Ends the program without a traceback."""


@dataclass(frozen=True, kw_only=True)
class ImportedCertificate:
    """A certificate and its key, checked against each other, as PEM texts."""

    certificate: str
    private_key: str = field(repr=False)
    chain: str | None

    @staticmethod
    def read(settings: CertificateSettings, *, host_names: tuple[str, ...]) -> ImportedCertificate:
        """Read the files that the stack file names.

        Raises ``CertificateError`` when one is missing or not PEM, the key belongs to another certificate, the
        certificate has expired, or it does not cover ``domain`` (a wildcard) and each of ``host_names``.
        """
        directory, domain = settings.directory, settings.domain
        certificate_file, private_key_file = settings.certificate_file, settings.private_key_file
        chain_file = settings.chain_file
        folder = Path(os.environ.get(DIRECTORY, directory))
        certificate = _text(folder / certificate_file, "certificate_file")
        private_key = _text(folder / private_key_file, "private_key_file")
        chain = _text(folder / chain_file, "chain_file") if chain_file else None
        try:
            parsed = x509.load_pem_x509_certificate(certificate.encode())
        except ValueError:
            raise _fault("certificate_file", certificate_file, "a certificate in PEM") from None
        try:
            key = load_pem_private_key(private_key.encode(), None)
        except (ValueError, TypeError):
            raise _fault("private_key_file", private_key_file, "a private key in PEM, without a passphrase") from None
        if parsed.public_key() != key.public_key():
            raise _fault("private_key_file", private_key_file, f"the private key of {certificate_file}")
        if parsed.not_valid_after_utc <= datetime.now(UTC):
            ended = Words(f"a certificate that expired on {parsed.not_valid_after_utc:%Y-%m-%d}")
            raise _fault("certificate_file", ended, "a valid certificate")
        names = _names(parsed)
        for host_name in (domain, *host_names):
            # A wildcard stands for one label: *.client.url does not cover client.url itself.
            if not names & {host_name, f"*.{host_name.partition('.')[2]}"}:
                covered = Words(f"a certificate for {', '.join(sorted(names)) or 'no name'}")
                raise _fault("certificate_file", covered, f"a certificate that also covers {host_name}")
        return ImportedCertificate(certificate=certificate, private_key=private_key, chain=chain)


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return set(extension.value.get_values_for_type(x509.DNSName))


def _text(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        fix = f"Put the file there, or set {DIRECTORY} to the directory that holds it."
        raise _fault(key, Words(f"{path} ({error.strerror})"), "a readable file", fix) from None
    except UnicodeDecodeError:
        raise _fault(key, str(path), "a file in PEM, which is plain ASCII text") from None


def _fault(key: str, got: str, expected: str, fix: str = "") -> CertificateError:
    return CertificateError(message(f"{_KEY}.{key}", got=got, expected=expected, fix=fix))
