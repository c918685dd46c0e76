"""A certificate that would not serve is refused before anything is created, with the file and what is wrong with it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.commands.certificate import ensure_certificate
from settings import certificate_files
from settings.certificate import CertificateSettings
from settings.certificate_files import CertificateError, ImportedCertificate


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Holds certificates of two domains, each with its key: client.* and other.*."""
    for name in ("client", "other"):
        ensure_certificate(f"{name}.url", certificate=tmp_path / f"{name}.crt", private_key=tmp_path / f"{name}.key")
    return tmp_path


def read(
    directory: Path, *, certificate: str = "client.crt", key: str = "client.key", host: str = "www.client.url"
) -> ImportedCertificate:
    settings = CertificateSettings(
        domain="*.client.url", directory=str(directory), certificate_file=certificate, private_key_file=key
    )
    return ImportedCertificate.read(settings, host_names=(host,))


@pytest.mark.parametrize("host", ["client.url", "www.client.url"])
def test_a_pair_that_serves_is_read(directory: Path, host: str) -> None:
    """The texts are the files' own, and the key stays out of what is printed."""
    pem = read(directory, host=host)
    assert pem.certificate == (directory / "client.crt").read_text()
    assert pem.private_key == (directory / "client.key").read_text()
    assert pem.private_key not in repr(pem)


def test_the_environment_says_where_the_files_are(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may keep its keys outside the project."""
    monkeypatch.setenv(certificate_files.DIRECTORY, str(directory))
    assert read(Path("nowhere")).certificate == (directory / "client.crt").read_text()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"certificate": "missing.crt"},
            r"certificate_file: got .*missing\.crt \(No such file.*expected a readable file",
        ),
        ({"key": "missing.key"}, r"private_key_file: got .*missing\.key \(No such file.*expected a readable file"),
        ({"certificate": "client.key"}, 'certificate_file: got "client.key", expected a certificate in PEM$'),
        ({"key": "client.crt"}, 'private_key_file: got "client.crt", expected a private key in PEM, without a passph'),
        ({"key": "other.key"}, 'private_key_file: got "other.key", expected the private key of client.crt$'),
        (
            {"certificate": "other.crt", "key": "other.key"},
            r"got a certificate for .*other\.url, other\.url, expected a certificate that also covers \*\.client\.url$",
        ),
        ({"host": "shop.eu.client.url"}, r"expected a certificate that also covers shop\.eu\.client\.url$"),
    ],
)
def test_files_that_do_not_serve_are_refused(directory: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(CertificateError, match=f"^magento:certificate.*{said}"):
        read(directory, **files)


def test_a_file_that_is_no_text_is_refused(directory: Path) -> None:
    (directory / "client.key").write_bytes(b"\xff\x00")
    with pytest.raises(CertificateError, match="plain ASCII text"):
        read(directory)


def test_an_expired_certificate_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found at preview, not by the first customer."""

    later = SimpleNamespace(now=lambda zone: datetime(2100, 1, 1, tzinfo=zone))
    monkeypatch.setattr(certificate_files, "datetime", later)
    with pytest.raises(
        CertificateError, match=r"certificate_file: got a certificate that expired on .*, expected a valid certificate$"
    ):
        read(directory)
