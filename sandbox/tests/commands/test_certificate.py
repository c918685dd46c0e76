"""The self-signed certificate of the sandbox, and where a stack file names one."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from commands.errors import CannotRunError
from sandbox.commands.certificate import ensure_certificate
from sandbox.commands.stack_files import ImportedCertificate, certificate_files

_SPKI = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_it_covers_the_domain_and_the_names_under_it_and_belongs_to_its_key(tmp_path: Path) -> None:
    """ACM refuses a certificate whose key is another's."""
    certificate, key = tmp_path / "new" / "shop.crt", tmp_path / "new" / "shop.key"
    assert ensure_certificate("shop.example", certificate=certificate, private_key=key)
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"*.shop.example", "shop.example"}
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    assert private.public_key().public_bytes(*_SPKI) == read.public_key().public_bytes(*_SPKI)
    assert key.stat().st_mode & 0o777 == 0o600


def test_one_that_is_there_is_kept_and_half_of_one_is_not(tmp_path: Path) -> None:
    """A new certificate in every run would be a change in every run."""
    certificate, key = tmp_path / "shop.crt", tmp_path / "shop.key"
    ensure_certificate("shop.example", certificate=certificate, private_key=key)
    made = certificate.read_bytes()
    assert not ensure_certificate("shop.example", certificate=certificate, private_key=key)
    assert certificate.read_bytes() == made
    key.unlink()
    assert ensure_certificate("shop.example", certificate=certificate, private_key=key)
    assert certificate.read_bytes() != made


def test_an_authority_signs_it_if_the_stack_file_has_a_chain(tmp_path: Path) -> None:
    """As with one that you would buy: the shipped stack file works in the sandbox as it does on AWS."""
    files = {name: tmp_path / f"shop.{name}" for name in ("certificate", "private_key", "chain")}
    assert ensure_certificate("shop.example", **files)
    assert not ensure_certificate("shop.example", **files)
    certificate, chain = (x509.load_pem_x509_certificate(files[name].read_bytes()) for name in ("certificate", "chain"))
    certificate.verify_directly_issued_by(chain)
    chain.verify_directly_issued_by(chain)
    files["chain"].unlink()
    assert ensure_certificate("shop.example", **files)


def test_the_stack_file_names_domain_and_files(tmp_path: Path) -> None:
    """The wildcard is part of the certificate's name, not of the domain's."""
    stack_file = tmp_path / "Pulumi.prod.yaml"
    stack_file.write_text(
        'config:\n  magento:certificate:\n    domain: "*.shop.example"\n    directory: certificates\n'
        "    certificate_file: shop.crt\n    private_key_file: shop.key\n"
    )
    assert certificate_files(stack_file) == ImportedCertificate(
        domain="shop.example", certificate="shop.crt", private_key="shop.key"
    )
    stack_file.write_text(f"{stack_file.read_text()}    chain_file: shop.chain.crt\n")
    found = certificate_files(stack_file)
    assert found is not None
    assert found.chain == "shop.chain.crt"
    stack_file.write_text("config:\n  aws:region: eu-west-3\n")
    assert certificate_files(stack_file) is None


@pytest.mark.parametrize("content", [None, "config: ["], ids=["missing", "no YAML"])
def test_a_stack_file_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    """Before the engine runs, whose error would come later and be longer."""
    stack_file = tmp_path / "Pulumi.prod.yaml"
    if content is not None:
        stack_file.write_text(content)
    with pytest.raises(CannotRunError, match=r"^Pulumi.prod.yaml(, line 1)?: "):
        certificate_files(stack_file)


def test_the_shipped_prod_stack_imports_a_certificate_that_the_sandbox_can_make() -> None:
    """If the key is renamed, the sandbox must follow: it would silently make none."""
    assert certificate_files(Path(__file__).parents[3] / "Pulumi.prod.yaml") is not None
