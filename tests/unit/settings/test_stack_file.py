"""A wrong stack file is refused with the path, what it got and what it expected: all faults at once, before anything is
created."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from botocore.session import Session

from settings import stack_file
from settings.certificate_files import CertificateError
from tests.unit.program import build, build_program, stack_config
from tests.unit.settings.stack_faults import BUCKETS, put, refused


@pytest.mark.parametrize(("path", "purpose", "needed_by"), BUCKETS)
def test_each_thing_that_is_written_has_a_bucket(path: str, purpose: str, needed_by: str) -> None:
    def change(config: dict[str, Any]) -> None:
        put(path, "temporary")(config)
        put(path.replace("purpose", "expire_after_days"), 14)(config)

    (line,) = refused("prod", change)
    assert line.startswith('magento:buckets: got ["')
    assert line.endswith(f"expected a bucket with purpose {purpose}, since {needed_by} needs it")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("domains", {"public": "other.url", "internal": "internal-other.url"}),
        ("cost_report", {"name": "client-costs"}),
        ("session_manager", {}),
        ("rundeck", {"size": {"instance_type": "t4g.medium"}}),
    ],
)
def test_a_joined_network_brings_its_own(key: str, value: Any) -> None:
    """A stack that joins another's network must not make a second set of what the two share."""
    assert refused("preprod", put(key, value)) == [
        f"magento:{key}: got a section, expected no section, since the stack joins the network of stack prod, "
        "which has it"
    ]


def test_a_joined_network_needs_a_domain_for_its_file_server() -> None:
    assert refused("preprod", put("network.internal_domain", None)) == [
        "magento:network.internal_domain: missing, expected the domain in which the file_server gets its name"
    ]


def test_a_key_of_a_network_of_its_own_is_unknown_in_a_joined_one() -> None:
    """The known keys are those of the kind of network that the file has."""
    assert refused("preprod", put("network.nat_gateways", "none")) == [
        "magento:network.nat_gateways: got an unknown key, expected one of stack, internal_domain, zones"
    ]


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_zones_are_chosen_by_letter(stack: str) -> None:
    """In either kind of network."""
    config = stack_config(stack)
    put("network.zones", ["b", "c"])(config)
    put("site.search.instances", 2)(config)
    loaded: list[stack_file.Settings] = []
    build(lambda: loaded.append(stack_file.load()), stack=stack, config=config)
    assert loaded[0].zones == ("eu-west-3b", "eu-west-3c")


def test_only_the_owner_of_the_bucket_logs_deliveries() -> None:
    delivery = {"media": "m.client.url", "static": "s.client.url", "origin": "preprod.client.url", "access_logs": True}
    assert refused("preprod", put("content_delivery", delivery)) == [
        "magento:content_delivery.access_logs: got true, expected false, since the bucket for these logs belongs to "
        "stack prod"
    ]


def test_without_ftp_any_passive_ports_are_fine() -> None:
    """The Windows server has a default range. It only matters if the gateway forwards FTP to the server."""
    config = stack_config("prod")
    put("windows.ftp_passive_ports", "6000-6100")(config)
    config["magento:gateway"]["forwards"].pop(3)
    loaded: list[stack_file.Settings] = []
    build(lambda: loaded.append(stack_file.load()), stack="prod", config=config)
    assert loaded[0].windows
    assert loaded[0].windows.ftp_passive_ports == "6000-6100"


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"])
def test_a_region_of_another_partition_is_refused(region: str) -> None:
    """The program writes ARNs of the partition aws."""

    def change(config: dict[str, Any]) -> None:
        config["aws:region"] = region

    assert refused("prod", change) == [
        f'aws:region: got "{region}", expected a region of the partition aws, such as eu-west-3, and not one of China, '
        "a government or a sovereign cloud"
    ]


def test_every_other_region_of_the_sdk_is_of_the_partition_aws() -> None:
    """Botocore knows the partitions; a new one in the SDK needs its prefix among those that are refused."""
    known = set(Session().get_available_regions("ec2", partition_name="aws"))
    ours = {each.value for each in aws.Region if not each.value.startswith(stack_file.OTHER_PARTITIONS)}
    assert ours <= known


def test_an_unknown_region_is_refused() -> None:
    def change(config: dict[str, Any]) -> None:
        config["aws:region"] = "eu-west-33"

    assert refused("prod", change) == [
        'aws:region: got "eu-west-33", expected the name of an AWS region, such as eu-west-3'
    ]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("magento:region", "got an unknown key, expected the region as aws:region"),
        (
            "magneto:windows",
            "got an unknown namespace, expected one of magento:, aws:, random:, pulumi:. Did you mean magento:windows?",
        ),
        ("policy:level", "got an unknown namespace, expected one of magento:, aws:, random:, pulumi:"),
    ],
)
def test_a_key_that_nothing_reads_is_refused(key: str, said: str) -> None:
    """A section that is left out for its misspelt namespace would be missed only when it is needed."""

    def change(config: dict[str, Any]) -> None:
        config[key] = "eu-west-1"

    assert refused("prod", change) == [f"{key}: {said}"]


def test_a_key_that_nothing_reads_is_reported_with_the_other_faults() -> None:
    def change(config: dict[str, Any]) -> None:
        config["magento:region"] = "eu-west-1"
        put("site.front.instances", 0)(config)

    assert len(refused("prod", change)) == 2


def test_the_region_is_no_key_of_the_programs_own() -> None:
    """It is not among those that are offered for an unknown one."""
    (line,) = refused("prod", put("regions", "eu-west-3"))
    assert line.startswith("magento:regions: got an unknown key, expected one of client, environment, ")
    assert "Did you mean" not in line


def test_every_fault_is_reported_at_once() -> None:
    """One preview shows all faults."""

    def change(config: dict[str, Any]) -> None:
        put("network.cidr", "10.0.0.0/24")(config)
        put("site.front.instances", 0)(config)
        put("site.cache.nodes", 7)(config)
        del config["magento:client"]

    assert refused("prod", change) == [
        "magento:client: missing, expected the client's short name, in tags and names",
        'magento:network.cidr: got "10.0.0.0/24", expected a private network of /16 or /17, such as 10.0.0.0/16',
        "magento:site.front.instances: got 0, expected 1 to 10000",
        "magento:site.cache.nodes: got 7, expected 1 to 6",
    ]


def test_every_fault_between_sections_is_reported_at_once() -> None:
    def change(config: dict[str, Any]) -> None:
        put("vpn_access.client_cidr", "10.0.8.0/24")(config)
        put("satellites.1.ftp.passive_ports", "6000-6100")(config)
        put("windows.ftp_passive_ports", "6000-6100")(config)
        put("content_delivery.origin", "other.client.url")(config)

    assert [line.split(":")[1] for line in refused("prod", change)] == [
        "content_delivery.origin",
        "vpn_access.client_cidr",
        "windows.ftp_passive_ports",
        "satellites.1.ftp.passive_ports",
    ]


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("protect", "hunter2", "protect: got a secret value, expected true or false"),
        (
            "satellites.2.cron.0.command",
            "login hunter2 %",
            "satellites.2.cron.0.command: got a secret value, expected \\% in place of every percent sign",
        ),
        (
            "windows.volumes.0.drive_letter",
            "E",
            "windows.volumes: got a secret value, expected each drive_letter once",
        ),
        (
            "vpn_links.0.remote_cidrs.0",
            "192.0.2.0/20",
            "vpn_links.0.remote_cidrs.0: got a secret value, expected an IPv4 network without host bits, such as "
            "192.0.2.0/24",
        ),
    ],
)
def test_a_value_that_pulumi_keeps_secret_is_not_printed(path: str, value: str, line: str) -> None:
    """After `pulumi config set --secret`, the engine marks the whole section as secret."""
    secret = frozenset({f"magento:{path.partition('.')[0]}"})
    assert refused("prod", put(path, value), secret) == [f"magento:{line}"]


def certificate(directory: Path, **change: Any) -> dict[str, Any]:
    return {**stack_config("prod")["magento:certificate"], "directory": str(directory), **change}


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        CertificateError, match=r"^magento:certificate\.certificate_file: got .*client\.url\.crt \(No such file"
    ):
        build_program("prod", config={"magento:certificate": certificate(tmp_path)})


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"databse-cpu": "DB CPU"}, 'magento:monitoring.alarm_names: got "databse-cpu", expected a key among '),
        (
            {"database-cpu": "Prod eb health", "front-health": "Prod eb health"},
            'magento:monitoring.alarm_names: got ["Prod eb health"], expected a different name for each alarm',
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
