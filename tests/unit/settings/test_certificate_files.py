"""A certificate that would not serve is refused before anything is created, with the file and what is wrong with it."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sandbox.commands.certificate import ensure_certificate
from sandbox.tests.certificates import Key, issue
from settings import certificate_files
from settings.certificate import CertificateSettings
from settings.certificate_files import CertificateError, ImportedCertificate


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of two domains, each with its RSA key, which takes a while to make."""
    made = tmp_path_factory.mktemp("certificates")
    for name in ("client", "other"):
        ensure_certificate(f"{name}.url", certificate=made / f"{name}.crt", private_key=made / f"{name}.key")
    return made


@pytest.fixture
def directory(made: Path, tmp_path: Path) -> Path:
    """Holds certificates of two domains, each with its key: client.* and other.*. A test may change them."""
    return shutil.copytree(made, tmp_path, dirs_exist_ok=True)


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


NAMES = ("*.client.url", "client.url")
ROOT = issue("Root")
INTERMEDIATE = issue("Intermediate", by=ROOT)
LEAF = issue("client.url", by=INTERMEDIATE, names=NAMES)
CROSS_SIGNED = issue("Root", by=issue("Older root"), key=ROOT.key, ends=timedelta(days=1))
RENEWED = issue("client.url", by=INTERMEDIATE, names=NAMES)
OTHERS = issue("Other intermediate", by=issue("Other root"))
BAG = "Bag Attributes\n    friendlyName: client\nsubject=CN = client.url\n"


def read_texts(directory: Path, *, certificate: str, key: str, chain: str | None = None) -> ImportedCertificate:
    """Read files with these contents."""
    for name, text in (("client.crt", certificate), ("client.key", key), ("client.chain.crt", chain)):
        if text is not None:
            (directory / name).write_text(text)
    settings = CertificateSettings(
        domain="*.client.url",
        directory=str(directory),
        certificate_file="client.crt",
        private_key_file="client.key",
        chain_file=None if chain is None else "client.chain.crt",
    )
    return ImportedCertificate.read(settings, host_names=("www.client.url", "client.url"))


@pytest.mark.row(14)
@pytest.mark.parametrize(
    ("certificate", "chain", "imported"),
    [
        (LEAF.certificate, INTERMEDIATE.certificate, INTERMEDIATE.certificate),
        (LEAF.certificate, INTERMEDIATE.certificate + ROOT.certificate, INTERMEDIATE.certificate + ROOT.certificate),
        (LEAF.certificate, ROOT.certificate + INTERMEDIATE.certificate, INTERMEDIATE.certificate + ROOT.certificate),
        (LEAF.certificate, LEAF.certificate + INTERMEDIATE.certificate, INTERMEDIATE.certificate),
        (LEAF.certificate + INTERMEDIATE.certificate, None, INTERMEDIATE.certificate),
        (INTERMEDIATE.certificate + LEAF.certificate, None, INTERMEDIATE.certificate),
        (
            LEAF.certificate + INTERMEDIATE.certificate,
            INTERMEDIATE.certificate + ROOT.certificate,
            INTERMEDIATE.certificate + ROOT.certificate,
        ),
        (BAG + LEAF.certificate, BAG + INTERMEDIATE.certificate + "\n\n" + BAG, INTERMEDIATE.certificate),
        (
            LEAF.certificate.replace("\n", "\r\n"),
            INTERMEDIATE.certificate.replace("\n", "\r\n"),
            INTERMEDIATE.certificate,
        ),
        (LEAF.certificate, OTHERS.certificate + INTERMEDIATE.certificate, INTERMEDIATE.certificate),
        (
            LEAF.certificate,
            CROSS_SIGNED.certificate + INTERMEDIATE.certificate + ROOT.certificate,
            INTERMEDIATE.certificate + ROOT.certificate,
        ),
        (RENEWED.certificate + LEAF.certificate, INTERMEDIATE.certificate, INTERMEDIATE.certificate),
    ],
    ids=[
        "chain",
        "chain with its root",
        "root first",
        "with the certificate itself",
        "full chain",
        "full chain, root first",
        "full chain and chain",
        "text between",
        "line ends of Windows",
        "with another authority's",
        "signed by two roots",
        "certificate of another key",
    ],
)
def test_what_sellers_hand_out_is_sorted_as_acm_takes_it(
    tmp_path: Path, certificate: str, chain: str | None, imported: str
) -> None:
    """The certificate alone; then the one that signed it, and so on ("Certificate import problems")."""
    pem = read_texts(tmp_path, certificate=certificate, key=BAG + LEAF.private_key, chain=chain)
    assert pem == ImportedCertificate(
        certificate=LEAF.certificate, private_key=LEAF.private_key, chain=imported, names=("*.client.url", "client.url")
    )


def test_a_certificate_that_signed_itself_has_no_chain(tmp_path: Path) -> None:
    """As the certificate of a test environment, whose file may come with a chain that is of no use."""
    own = issue("client.url", names=NAMES)
    assert (
        read_texts(tmp_path, certificate=own.certificate, key=own.private_key, chain=INTERMEDIATE.certificate).chain
        is None
    )


def test_names_are_compared_as_dns_does(tmp_path: Path) -> None:
    """Some sellers write names as the customer typed them."""
    own = issue("client.url", names=("*.Client.URL", "CLIENT.url"))
    assert read_texts(tmp_path, certificate=own.certificate, key=own.private_key).names == (
        "*.client.url",
        "client.url",
    )


SELLER = "Whoever sold the certificate hands out this file too, as chain, bundle or intermediate certificate."
SIGNER = f"expected the certificate of CN=Intermediate, which signed client.crt. {SELLER}"


@pytest.mark.row(14)
@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (None, f"missing, {SIGNER}"),
        (OTHERS.certificate, f"got certificates of CN=Other intermediate, {SIGNER}"),
        (ROOT.certificate, f"got certificates of CN=Root, {SIGNER}"),
        (issue("Intermediate").certificate, f"got certificates of CN=Intermediate, {SIGNER}"),
        (LEAF.certificate, f'got "client.chain.crt", {SIGNER}'),
        ("", 'got "client.chain.crt", expected a certificate in PEM'),
        ("rubbish\n", 'got "client.chain.crt", expected a certificate in PEM'),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            'got "client.chain.crt", expected a certificate in PEM',
        ),
    ],
    ids=[
        "none",
        "another authority's",
        "not the next",
        "its name only",
        "itself",
        "empty",
        "rubbish",
        "no certificate",
    ],
)
def test_a_chain_that_does_not_lead_to_the_authority_is_refused(tmp_path: Path, chain: str | None, said: str) -> None:
    """ACM or, later, CloudFront would refuse it: CloudFront answers 502 if its origin's chain is not complete."""
    with pytest.raises(CertificateError) as error:
        read_texts(tmp_path, certificate=LEAF.certificate, key=LEAF.private_key, chain=chain)
    assert str(error.value) == f"magento:certificate.chain_file: {said}"


def test_an_authority_that_has_expired_is_refused(tmp_path: Path) -> None:
    old = issue("Intermediate", by=ROOT, begins=timedelta(days=-9), ends=timedelta(days=-2))
    leaf = issue("client.url", by=old, names=NAMES)
    said = r"chain_file: got a certificate of CN=Intermediate that expired on .*, expected a valid certificate$"
    with pytest.raises(CertificateError, match=said):
        read_texts(tmp_path, certificate=leaf.certificate, key=leaf.private_key, chain=old.certificate)


def test_a_certificate_that_is_not_valid_yet_is_refused(tmp_path: Path) -> None:
    early = issue("client.url", names=NAMES, begins=timedelta(days=2))
    said = (
        r"certificate_file: got a certificate that is valid from .* UTC on, expected a certificate that is valid today"
    )
    with pytest.raises(CertificateError, match=said):
        read_texts(tmp_path, certificate=early.certificate, key=early.private_key)


@pytest.mark.row(14)
@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "a key of the curve secp384r1"),
        (ec.generate_private_key(ec.SECP521R1()), "a key of the curve secp521r1"),
        (ec.generate_private_key(ec.SECP256K1()), "a key of the curve secp256k1"),
        (ed25519.Ed25519PrivateKey.generate(), "a key of the kind Ed25519"),
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), "an RSA key of 1024 bits"),
    ],
    ids=["P-384", "P-521", "secp256k1", "Ed25519", "RSA 1024"],
)
def test_a_key_that_cloudfront_does_not_take_is_refused(tmp_path: Path, key: Key, kind: str) -> None:
    own = issue("client.url", names=NAMES, key=key)
    with pytest.raises(CertificateError) as error:
        read_texts(tmp_path, certificate=own.certificate, key=own.private_key)
    assert str(error.value) == (
        f"magento:certificate.certificate_file: got a certificate with {kind}, expected an RSA key of 2048, 3072 or "
        "4096 bits or one of the curve P-256, which CloudFront takes"
    )
