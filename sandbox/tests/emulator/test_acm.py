"""Imported certificates that ACM or CloudFront refuse, through boto3 in this process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from sandbox.emulator.in_process import client
from sandbox.tests.certificates import KeyPair, issue
from sandbox.tests.emulator.test_cloudfront import create, named
from sandbox.tests.refusals import aws_refuses

NAMES = ("*.client.url",)
ROOT = issue("Root")
INTERMEDIATE = issue("Intermediate", by=ROOT)
SIGNED = issue("client.url", by=INTERMEDIATE, names=NAMES)
OWN = issue("client.url", names=NAMES)
SEVERAL = "The certificate field contains more than one certificate. You can specify only one certificate in this field"
NO_CHAIN = "Provided certificate is not a valid self signed"
OTHER_CHAIN = "Could not validate the certificate with the certificate chain"


def imported(acm: Any, pair: KeyPair, *chain: KeyPair, body: str = "") -> str:
    """The ARN of a certificate that ACM takes."""
    authorities = "".join(each.certificate for each in chain)
    answer = acm.import_certificate(
        Certificate=(body or pair.certificate).encode(),
        PrivateKey=pair.private_key.encode(),
        **({"CertificateChain": authorities.encode()} if chain else {}),
    )
    return str(answer["CertificateArn"])


@pytest.mark.parametrize(
    ("pair", "chain"),
    [(OWN, ()), (SIGNED, (INTERMEDIATE,)), (SIGNED, (INTERMEDIATE, ROOT))],
    ids=["signed by itself", "with its chain", "with the root"],
)
def test_a_certificate_with_its_whole_chain_is_imported(acm: Any, pair: KeyPair, chain: tuple[KeyPair, ...]) -> None:
    found = acm.get_certificate(CertificateArn=imported(acm, pair, *chain))
    assert found["Certificate"] == pair.certificate
    assert found.get("CertificateChain", "") == "".join(each.certificate for each in chain)


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ((), NO_CHAIN),
        ((ROOT, INTERMEDIATE), OTHER_CHAIN),
        ((SIGNED, INTERMEDIATE), OTHER_CHAIN),
        ((ROOT,), OTHER_CHAIN),
    ],
    ids=["none", "root first", "with the certificate itself", "another authority's"],
)
def test_a_chain_that_does_not_lead_upwards_is_refused(acm: Any, chain: tuple[KeyPair, ...], said: str) -> None:
    with aws_refuses("ValidationException", said):
        imported(acm, SIGNED, *chain)


def test_a_body_with_two_certificates_is_refused(acm: Any) -> None:
    """What most sellers call the full chain."""
    with aws_refuses("ValidationException", SEVERAL):
        imported(acm, SIGNED, INTERMEDIATE, body=SIGNED.certificate + INTERMEDIATE.certificate)


def test_a_certificate_that_is_not_valid_yet_is_refused(acm: Any) -> None:
    with aws_refuses("ValidationException", "not in effect yet"):
        imported(acm, issue("client.url", names=NAMES, begins=timedelta(days=1)))


def test_a_key_of_another_kind_is_refused(acm: Any) -> None:
    with aws_refuses("ValidationException", "The private key is not supported"):
        imported(acm, issue("client.url", names=NAMES, key=ed25519.Ed25519PrivateKey.generate()))


def test_cloudfront_takes_fewer_kinds_of_keys_than_acm(cloudfront: Any) -> None:
    large = issue("client.url", names=NAMES, key=ec.generate_private_key(ec.SECP384R1()))
    arn = imported(client("acm", "us-east-1"), large)
    with aws_refuses("InvalidViewerCertificate", "doesn't exist, isn't in us-east-1 region, isn't valid"):
        create(cloudfront, **named("media.client.url", arn=arn))
