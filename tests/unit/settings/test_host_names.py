"""Names that Route 53 would refuse half-way in an update are refused by their key, before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_aws as aws
import pytest

from settings import host_names, stack_file
from settings.dns_record import DnsRecordSettings, RecordType
from tests.unit.program import build, build_program, stack_config
from tests.unit.settings.stack_faults import put, refused

Change = Callable[[dict[str, Any]], None]
SITE_ORIGIN = "a name other than that of site.host_names.2, since both are in one zone"


def both(*changes: Change) -> Change:
    def change(config: dict[str, Any]) -> None:
        for each in changes:
            each(config)

    return change


FTP = {"user": "pim", "passive_ports": "5000-5100"}
FORWARD = {"name": "ftp", "ports": [2022], "target_port": 21, "passive_ports": "5000-5100"}


def ftp_satellite(name: str) -> Change:
    """The first satellite with another name and an FTP server, and what leads there."""

    def change(config: dict[str, Any]) -> None:
        put("satellites.0.name", name)(config)
        put("satellites.0.ftp", FTP)(config)
        config["magento:gateway"]["forwards"][4]["target"] = f"{name}.internal-client.url"
        del config["magento:satellites"][1]["ftp"]

    return change


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            put("content_delivery.media", "www.client.url"),
            'content_delivery.media: got "www.client.url", expected a name other than that of site.host_names.1, '
            "since both are in one zone",
        ),
        (
            put("content_delivery.static", "client.url"),
            'content_delivery.static: got "client.url", expected a name other than that of site.host_names.0, '
            "since both are in one zone",
        ),
        (
            put("satellites.0.https_host_name", "origin.client.url"),
            f'satellites.0.https_host_name: got "origin.client.url", expected {SITE_ORIGIN}',
        ),
        (
            both(
                put("satellites.0.https_host_name", "pim.client.url"),
                put("satellites.2.https_host_name", "pim.client.url"),
            ),
            'satellites.2.https_host_name: got "pim.client.url", expected a name other than that of '
            "satellites.0.https_host_name, since both are in one zone",
        ),
        (
            both(put("site.host_names.0", "shop.client.url"), put("satellites.0.https_host_name", "client.url")),
            'satellites.0.https_host_name: got "client.url", expected a name other than that of domains.public, '
            "since both are in one zone",
        ),
        (
            put("file_server.host_name", "rundeck"),
            'file_server.host_name: got "rundeck.internal-client.url", expected a name other than that of rundeck, '
            "since both are in one zone",
        ),
        (
            put("file_server.host_name", "phpmyadmin"),
            'file_server.host_name: got "phpmyadmin.internal-client.url", expected a name other than that of '
            "php_my_admin, since both are in one zone",
        ),
        (
            put("file_server.host_name", "custom-connection"),
            'satellites.1.name: got "custom-connection.internal-client.url", expected a name other than that of '
            "file_server.host_name, since both are in one zone",
        ),
        (
            ftp_satellite("windows"),
            'satellites.0.name: got "windows.internal-client.url", expected a name other than that of windows, '
            "since both are in one zone",
        ),
        (
            put("site.host_names", ["client.url", "www.other.example", "origin.client.url"]),
            'site.host_names.1: got "www.other.example", expected client.url or a name that ends in .client.url, as '
            "in domains.public",
        ),
        (
            put("content_delivery.media", "media.notclient.url"),
            'content_delivery.media: got "media.notclient.url", expected client.url or a name that ends in '
            ".client.url, as in domains.public",
        ),
        (
            put("satellites.0.https_host_name", "pim.other.example"),
            'satellites.0.https_host_name: got "pim.other.example", expected client.url or a name that ends in '
            ".client.url, as in domains.public",
        ),
    ],
)
def test_a_name_that_route_53_has_no_place_for_is_refused(change: Change, line: str) -> None:
    """By Route 53 only after other records were changed."""
    assert refused("prod", change) == [f"magento:{line}"]


def test_one_name_may_be_in_both_zones() -> None:
    """They are two zones: neither sees the other's records."""
    config = stack_config("prod")
    put("site.host_names.1", "nfs.client.url")(config)
    put("satellites.0.https_host_name", "rundeck.client.url")(config)
    build(stack_file.load, stack="prod", config=config)


MAIL = {"name": "client.url", "type": "MX", "values": ["10 mail.example.com", "20 mail2.example.com"]}
SPF = {"name": "client.url", "type": "TXT", "values": ["v=spf1 -all"], "ttl": 300}
IN_ONE_ZONE = "since both are in one zone"


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (
            {"name": "www.client.url", "type": "A", "values": ["192.0.2.1"]},
            f'0.name: got "www.client.url", expected a name other than that of site.host_names.1, {IN_ONE_ZONE}',
        ),
        (
            {"name": "client.url", "type": "CNAME", "values": ["other.example"]},
            f'0.name: got "client.url", expected a name other than that of domains.public, {IN_ONE_ZONE}',
        ),
        (
            {"name": "client.url", "type": "NS", "values": ["ns.other.example"]},
            f'0.name: got "client.url", expected a name other than that of domains.public, {IN_ONE_ZONE}',
        ),
        (
            {"name": "_dmarc.other.url", "type": "TXT", "values": ["v=DMARC1"]},
            '0.name: got "_dmarc.other.url", expected client.url or a name that ends in .client.url, as in '
            "domains.public",
        ),
        (
            {"name": "client.url", "type": "MX", "values": ["mail.example.com"]},
            '0.values.0: got "mail.example.com", expected a priority and a domain name, such as 10 mail.example.com, '
            "since type is MX",
        ),
        (
            {"name": "m.client.url", "type": "CNAME", "values": ["a.example", "b.example"]},
            '0.values: got ["a.example", "b.example"], expected one value, since type is CNAME',
        ),
        (
            {"name": "Mail.client.url", "type": "MX", "values": ["10 mail.example.com"]},
            '0.name: got "Mail.client.url", expected a full name in lower case, such as _dmarc.client.url',
        ),
    ],
)
def test_a_further_record_is_checked_as_all_others(record: dict[str, Any], line: str) -> None:
    assert refused("prod", put("domains.records", [record])) == [f"magento:domains.records.{line}"]


def test_a_long_text_is_split_as_dns_wants_it() -> None:
    """A key of DKIM with 2048 bits has some 400 characters, and a string of a TXT record 255."""
    record = DnsRecordSettings(name="k._domainkey.client.url", type=RecordType.TXT, values=("a" * 300,))
    assert record.texts == ["a" * 255 + '" "' + "a" * 45]


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_every_record_of_the_program_is_one_that_settings_know(stack: str) -> None:
    """What makes a record and is not on the list would not be compared with the others."""
    config = stack_config(stack)
    for index, satellite in enumerate(config.get("magento:satellites", [])):
        satellite["https_host_name"] = f"satellite-{index}.client.url"
    if "magento:domains" in config:
        config["magento:domains"]["records"] = [MAIL, SPF]
    loaded: list[stack_file.Settings] = []
    build(lambda: loaded.append(stack_file.load()), stack=stack, config=config)
    (settings,) = loaded
    known = [*host_names.public_records(settings), *host_names.internal_records(settings)]
    changed: dict[str, Any] = {key: config[key] for key in ("magento:satellites", "magento:domains") if key in config}
    graph = build_program(stack, config=changed)
    made = {(each.inputs["name"], each.inputs["type"]) for each in graph.of_type(aws.route53.Record)}
    assert made == {(each.name, kind) for each in known for kind in each.types}
