"""Bad config is refused with the field, what it got and what it expected: all at once, before anything is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from settings import stack_file as settings
from settings.certificate_files import CertificateError
from tests.unit.program import build, build_program, stack_config


def refused(stack: str, change: Callable[[dict[str, Any]], None]) -> str:
    """The error for a shipped stack file with a change to it."""
    config = stack_config(stack)
    change(config)
    with pytest.raises(settings.SettingsError) as error:
        build(lambda: settings.load(), stack=stack, config=config)
    return str(error.value)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set one value, by its dotted path under the project's namespace."""

    def change(config: dict[str, Any]) -> None:
        top, *rest = path.split(".")
        if not rest:
            config[f"magento:{top}"] = value
            return
        target = config[f"magento:{top}"]
        for key in rest[:-1]:
            target = target[int(key)] if key.isdecimal() else target[key]
        target[rest[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("networks", {}, "magento:networks: no such key"),
        ("network.cird", "10.0.0.0/16", "magento:network.cird: no such key"),
        ("site.front.size", 4, "magento:site.front.size: no such key"),
        ("network.cidr", "10.0.0.0/20", 'magento:network.cidr: got "10.0.0.0/20", expected a network of /16 or /17'),
        ("network.cidr", "8.8.0.0/16", 'magento:network.cidr: got "8.8.0.0/16", expected a private network'),
        ("network.cidr", "ten", 'magento:network.cidr: got "ten", expected'),
        ("network.nat_gateways", "two", 'magento:network.nat_gateways: got "two", expected'),
        ("site.front.instances", 0, "instances must be at least 1, got 0"),
        ("site.front.instances", "four", 'magento:site.front.instances: got "four", expected'),
        ("site.front.instance_types", ["c7g.large", "c7i.large"], "instance_types must share one architecture"),
        ("site.database.engine_version", 8.4, "magento:site.database.engine_version: got 8.4, expected"),
        ("site.database.engine_version", "8.0", "Magento 2.4.8 does not run with mysql 8.0"),
        ("site.database.backup_retention_days", 36, "backup_retention_days must be 1 to 35, got 36"),
        ("site.database.max_storage_gib", 1, "max_storage_gib must be at least storage_gib (500), got 1"),
        ("site.cache.nodes", 0, "nodes must be 1 to 6"),
        ("site.host_names", [], "host_names must be 1 to 3 names, got 0"),
        ("site.health_check_path", "pub", "health_check_path must begin with /, got 'pub'"),
        ("vpn_links.0.peer_address", "192.0.2.300", 'magento:vpn_links.0.peer_address: got "192.0.2.300"'),
        ("buckets.3.expire_after_days", None, "a temporary bucket must have expire_after_days"),
        ("buckets.0.name", "Client_Billing", "name must be 3 to 63 lowercase letters"),
        ("network.zones", ["a"], "magento:network.zones: "),
        ("network.zones", ["a", "a", "b"], "magento:network.zones: each zone once"),
        ("network.zones", ["a", "3b"], 'magento:network.zones.1: got "3b", expected an availability zone\'s letter'),
        ("domains.internal", "client.url", "magento:domains: internal must differ from public, got client.url"),
        ("windows.volumes", [], "magento:windows: volumes must be one or more, got none"),
        ("windows.volumes.1.drive_letter", "D", "magento:windows: volumes must each have a drive_letter of their own"),
        ("windows.volumes.1.name", "application", "magento:windows: volumes must each have a name of their own"),
        ("windows.volumes.0.size_gib", 0, "magento:windows.volumes.0: size_gib must be at least 1, got 0"),
        ("windows.ftp_passive_ports", "1-4096", "magento:windows: ftp_passive_ports must be 1025 or higher"),
        ("rundeck.data_volume_gib", 0, "magento:rundeck: data_volume_gib must be at least 1, got 0"),
        ("vpn_access.keys_volume_gib", 0, "magento:vpn_access: keys_volume_gib must be at least 1, got 0"),
        ("gateway.forwards.0.ports", [], "magento:gateway.forwards.0: forward windows-smb: ports must name"),
        ("gateway.allowed.0.owner", "", "magento:gateway.allowed.0: allowed source 192.0.2.0/28: owner must say"),
        ("cost_report.name", "client costs", "magento:cost_report: name must be 1 to 128 letters"),
        ("cost_report.granularity", "weekly", 'magento:cost_report.granularity: got "weekly", expected'),
        ("content_delivery.static", "media.client.url", "magento:content_delivery: media, static and origin must be"),
        ("backups.0.schedule", "daily", "magento:backups.0: schedule must be cron"),
        ("satellites.1.ftp.passive_ports", "80-90", "magento:satellites.1.ftp: passive_ports must be"),
        ("monitoring.recipients", [], "magento:monitoring: recipients must name at least one address"),
        ("protect", "perhaps", 'magento:protect: got "perhaps", expected'),
    ],
)
def test_a_fault_is_named_with_its_path(path: str, value: Any, said: str) -> None:
    """One fault, one line that a person can act on."""
    assert said in refused("prod", put(path, value))


def shares(count: int) -> list[dict[str, Any]]:
    return [{"name": f"share-{number}", "path": f"share{number}", "size_gib": 1} for number in range(count)]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "vpn_links.0.remote_cidrs",
            ["10.0.50.0/24"],
            'magento:vpn_links.0.remote_cidrs: got "10.0.50.0/24", '
            "expected a network apart from 10.0.0.0/16 of network.cidr",
        ),
        (
            "vpn_links.1.remote_cidrs",
            ["192.168.10.0/25"],
            'magento:vpn_links.1.remote_cidrs: got "192.168.10.0/25", '
            "expected a network apart from 192.168.10.0/24 of VPN link lan",
        ),
        (
            "vpn_access.client_cidr",
            "10.0.8.0/24",
            'magento:vpn_access.client_cidr: got "10.0.8.0/24", expected a network apart from 10.0.0.0/16',
        ),
        (
            "vpn_access.client_cidr",
            "192.168.30.0/25",
            'magento:vpn_access.client_cidr: got "192.168.30.0/25", '
            "expected a network apart from 192.168.30.0/24 of VPN link cetsi",
        ),
        (
            "satellites.1.ftp.passive_ports",
            "5000-5200",
            'magento:satellites.1.ftp.passive_ports: got "5000-5200", '
            "expected gateway.forwards to have 5000-5200 of custom-connection.internal-client.url",
        ),
        (
            "gateway.forwards.4.target_port",
            2121,
            "expected gateway.forwards to have 21 of custom-connection.internal-client.url",
        ),
        (
            "windows.ftp_passive_ports",
            "2048-5000",
            'magento:windows.ftp_passive_ports: got "2048-5000", '
            "expected gateway.forwards to have 2048-5000 of windows.internal-client.url",
        ),
        (
            "gateway.forwards.0.target",
            "wimdows.internal-client.url",
            'got "wimdows.internal-client.url", expected windows.internal-client.url, custom-connection.internal',
        ),
        ("windows", None, 'magento:gateway.forwards.0.target: got "windows.internal-client.url", expected'),
        ("gateway", None, "magento:gateway: missing, expected the gateway through which alone windows is reached"),
        ("shared_database", None, "magento:shared_database: missing, expected the database of the satellites"),
        ("shared_database", None, 'magento:php_my_admin.databases: got "shared", expected one of site'),
        ("php_my_admin.databases", ["pim"], 'magento:php_my_admin.databases: got "pim", expected one of shared, site'),
        ("content_delivery.origin", "other.client.url", 'magento:content_delivery.origin: got "other.client.url"'),
        ("vpn_links.1.name", "lan", 'magento:vpn_links: got ["lan"], expected each name once'),
        ("buckets.1.name", "client-billing", 'magento:buckets: got ["client-billing"], expected each name once'),
        ("backups.1.name", "daily", 'magento:backups: got ["daily"], expected each name once'),
        ("satellites.0.name", "mirakl-cashout", 'magento:satellites: got ["mirakl-cashout"], expected each name once'),
        ("satellites.0.name", "front", 'magento:satellites.0.name: got "front", expected a name that is not'),
        (
            "environment",
            "production-in-europe",
            'magento:satellites.1.name: got "client-production-in-europe-custom-connection", expected at most 40',
        ),
        ("buckets.0.purpose", "site-configuration", "expected one with purpose cost-reports, which cost_report needs"),
        ("buckets.4.purpose", "cost-reports", "purpose content-delivery-logs, which content_delivery.access_logs"),
        ("buckets.2.purpose", "cost-reports", "purpose load-balancer-logs, which every site needs"),
        ("domains", None, "magento:domains: missing, expected this section in a stack with a network of its own"),
        ("file_server.shares", shares(12), "magento:file_server: shares must be at most 11, a volume each, got 12"),
    ],
)
def test_what_fields_ask_of_each_other_is_named_with_its_path(path: str, value: Any, said: str) -> None:
    """Each is sound by itself; together they would fail in the middle of a component, or of an ``up``."""
    assert said in refused("prod", put(path, value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("domains", {"public": "other.url", "internal": "internal-other.url"}, "domains"),
        ("cost_report", {"name": "client-costs"}, "cost_report"),
        ("rundeck", {"size": {"instance_type": "t4g.medium"}}, "rundeck"),
    ],
)
def test_a_joined_network_brings_its_own(path: str, value: Any, said: str) -> None:
    """A stack that joins another's network must not make a second set of what the two share."""
    assert f'magento:{said}: got "a section", expected none: it comes with the network of stack prod' in refused(
        "preprod", put(path, value)
    )


def test_a_joined_network_needs_to_be_told_where_its_file_server_is_named() -> None:
    said = refused("preprod", put("network.internal_domain", None))
    assert "magento:network.internal_domain: missing, expected the zone in which the file_server gets its name" in said


def test_only_the_owner_of_the_bucket_logs_deliveries() -> None:
    delivery = {"media": "m.client.url", "static": "s.client.url", "origin": "preprod.client.url", "access_logs": True}
    said = refused("preprod", put("content_delivery", delivery))
    assert "magento:content_delivery.access_logs: got true, expected false" in said


def test_a_server_that_nobody_forwards_ftp_to_announces_what_it_likes() -> None:
    """The range of a Windows server has a default, which only FTP makes matter."""

    def change(config: dict[str, Any]) -> None:
        put("windows.ftp_passive_ports", "6000-6100")(config)
        config["magento:gateway"]["forwards"].pop(3)

    config = stack_config("prod")
    change(config)
    loaded: list[settings.Settings] = []
    build(lambda: loaded.append(settings.load()), stack="prod", config=config)
    assert loaded[0].windows
    assert loaded[0].windows.ftp_passive_ports == "6000-6100"


def test_an_unknown_region_is_refused() -> None:
    def change(config: dict[str, Any]) -> None:
        config["aws:region"] = "eu-west-33"

    assert 'aws:region: got "eu-west-33", expected the name of an AWS region' in refused("prod", change)


def test_every_fault_is_reported_at_once() -> None:
    """Nobody should have to run a preview a fault."""

    def change(config: dict[str, Any]) -> None:
        put("network.cidr", "10.0.0.0/24")(config)
        put("site.front.instances", 0)(config)
        del config["magento:client"]

    said = refused("prod", change)
    assert "magento:network.cidr" in said
    assert "magento:site.front" in said
    assert "magento:client: missing" in said


def test_every_fault_between_fields_is_reported_at_once() -> None:
    """Three sections that do not fit each other: three lines."""

    def change(config: dict[str, Any]) -> None:
        put("vpn_access.client_cidr", "10.0.8.0/24")(config)
        put("satellites.1.ftp.passive_ports", "6000-6100")(config)
        put("windows.ftp_passive_ports", "6000-6100")(config)
        put("content_delivery.origin", "other.client.url")(config)

    assert [line.split(":")[1] for line in refused("prod", change).splitlines()[1:]] == [
        "content_delivery.origin",
        "vpn_access.client_cidr",
        "windows.ftp_passive_ports",
        "satellites.1.ftp.passive_ports",
    ]


def certificate(directory: Path, **change: Any) -> dict[str, Any]:
    return {**stack_config("prod")["magento:certificate"], "directory": str(directory), **change}


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"certificate_file: got .*client\.url\.crt \(No such file"):
        build_program("prod", config={"magento:certificate": certificate(tmp_path)})


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"databse-cpu": "DB CPU"}, "monitoring.alarm_names: no alarm is called 'databse-cpu', only"),
        (
            {"database-cpu": "Prod eb health", "front-health": "Prod eb health"},
            "monitoring.alarm_names: each alarm needs a name of its own, got more than one called Prod eb health",
        ),
    ],
)
def test_a_name_for_an_alarm_that_does_not_fit_is_an_error_without_a_traceback(
    names: dict[str, str], said: str
) -> None:
    """Which alarms there are, only the whole stack tells: the program ends with the one message all the same."""
    monitoring = {**stack_config("prod")["magento:monitoring"], "alarm_names": names}
    with pytest.raises(pulumi.RunError, match=re.escape(said)):
        build_program("prod", config={"magento:monitoring": monitoring})
