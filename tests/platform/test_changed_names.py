"""A change of DNS names that fails half-way is mended by the old stack file, through the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.tests.platform import Platform

pytestmark = pytest.mark.long

_PROGRAM = """
import json
from dataclasses import replace
from pathlib import Path
import pulumi, pulumi_aws as aws
from components.delivery.content_delivery import ContentDelivery, ContentDeliveryArgs
from components.network.certificate import Certificate, CertificateArgs
from components.shared.context import Context
from components.shared.tags import Tags
from settings import stack_file
from settings.certificate_files import ImportedCertificate
from tests.unit.surroundings import SHARED

settings = stack_file.load()
if owned := settings.owned:
    context = Context(
        region=settings.region,
        account_id="",
        key_arn="",
        protect=False,
        tags=Tags(client="client", environment="prod"),
    )
    files = ImportedCertificate.read(owned.certificate, host_names=())
    certificate = Certificate("certificate", CertificateArgs(context=context, files=files))
    zone = aws.route53.Zone("zone", name="client.url")
    aws.route53.Record("taken", zone_id=zone.id, name="www.client.url", type="A", ttl=60, records=["10.0.0.1"])
    shared = replace(SHARED, public_zone_id=zone.id, cloudfront_certificate_arn=certificate.cloudfront_arn)
    # What settings would refuse is the point here: another mistake, or a fault of AWS, has the same effect.
    names = json.loads(Path("names.json").read_text())
    delivery = settings.content_delivery.model_copy(update={"access_logs": False, **names})
    arguments = ContentDeliveryArgs(context=context, shared=shared, delivery=delivery, document_root="/pub")
    ContentDelivery("content", arguments)
"""
_RECORDS = {(name, kind) for name in ("media.client.url", "static.client.url") for kind in ("A", "AAAA")} | {
    ("www.client.url", "A")
}


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A stack that has the two distributions with their records, and nothing else of the platform. A test leaves it as
    it was."""
    small = Platform.copy_to(tmp_path_factory.mktemp("delivery"))
    (small.project / "__main__.py").write_text("")
    (small.project / "names.json").write_text("{}")
    (small.project / "policies" / "exceptions.yaml").write_text("[]\n")
    try:
        small.sandbox("up")
        # The policies judge whole platforms, so this program is brought up without them.
        (small.project / "__main__.py").write_text(_PROGRAM)
        small.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
        yield small
    finally:
        small.sandbox("down", check=False)


def _records(platform: Platform) -> set[tuple[str, str]]:
    route53 = platform.client("route53")
    [zone] = route53.list_hosted_zones()["HostedZones"]
    found = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {(each["Name"].rstrip("."), each["Type"]) for each in found} - {("client.url", "NS"), ("client.url", "SOA")}


@pytest.mark.parametrize(
    "wrong",
    [
        '{"media": "www.client.url"}',
        '{"media": "new.client.url", "static": "www.client.url"}',
    ],
    ids=["taken by another resource", "taken, and another one moved before"],
)
def test_the_old_names_apply_after_a_change_that_failed(delivery: Platform, wrong: str) -> None:
    """And every record stands: none is deleted later by what the failed change left in the state."""
    assert _records(delivery) == _RECORDS
    names = delivery.project / "names.json"
    names.write_text(wrong)
    failed = delivery.pulumi("up", "-s", "prod", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "already exists" in failed.stdout + failed.stderr
    names.write_text("{}")
    delivery.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    assert _records(delivery) == _RECORDS
    delivery.pulumi("up", "-s", "prod", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")
