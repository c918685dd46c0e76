"""What AWS offers, as the stack file is held against it."""

from __future__ import annotations

import botocore.session
import pulumi_aws as aws
import pytest

from sandbox.emulator.instance_types import Offer, is_offered
from settings.backups import BackupSettings
from settings.instance_types import Service, architecture, facts, is_nitro, offered
from settings.schedules import is_aws_schedule, is_crontab_schedule
from tests.unit.program import program


def test_botocore_knows_every_type_of_ec2() -> None:
    """The file comes from price lists and botocore from the API: what one of them has wrong, the other shows."""
    known = botocore.session.get_session().get_service_model("ec2").shape_for("InstanceType").enum
    # Dedicated hosts are priced by type, and not started by one of these names.
    unknown = {name for name in offered(Service.EC2) if name not in known}
    assert len(unknown) <= 25, sorted(unknown)


def test_botocore_knows_the_retentions() -> None:
    days = botocore.session.get_session().get_service_model("logs").shape_for("Days").documentation
    assert all(str(each) in days for each in facts()["log_retention_days"])


@pytest.mark.parametrize(
    ("service", "offer"),
    [
        (Service.EC2, Offer.EC2),
        (Service.RDS, Offer.MYSQL),
        (Service.ELASTICACHE, Offer.ELASTICACHE),
        (Service.OPENSEARCH, Offer.OPENSEARCH),
    ],
)
def test_the_embedded_aws_offers_every_type(service: Service, offer: Offer) -> None:
    """It has newer price lists or the same, never older ones, which would refuse what AWS takes."""
    types = [(region, name) for region in facts()["types"][service] for name in offered(service, region)]
    assert types
    assert [each for each in types if not is_offered(offer, each[1], each[0])] == []


@pytest.mark.parametrize("service", Service)
def test_a_region_offers_fewer_than_all(service: Service) -> None:
    assert set() < offered(service, "eu-west-3") < offered(service)
    assert offered(service, "eu-west-33") == set()


@pytest.mark.parametrize(
    ("name", "processor", "nitro"),
    [
        ("t4g.small", "arm64", True),
        ("t2.micro", "x86_64", False),
        ("i3.large", "x86_64", False),
        ("i3.metal", "x86_64", True),
        ("g5g.xlarge", "arm64", True),
        ("g5.xlarge", "x86_64", True),
    ],
)
def test_processor_and_hypervisor(name: str, processor: str, nitro: bool) -> None:
    assert (architecture(name), is_nitro(name)) == (processor, nitro)


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(30 5 * * ? *)",
        "cron(0/15 5-7 ? * MON-FRI *)",
        "cron(0 5 L * ? *)",
        "cron(0 5 15W * ? *)",
        "cron(0 5 ? * 3#2 *)",
        "cron(0 5 ? * FRIL *)",
        "cron(0 5 31 JAN,MAR ? 2026-2030)",
    ],
)
def test_what_aws_takes_is_taken(schedule: str) -> None:
    """The examples of "Cron expressions reference", and every wildcard."""
    assert is_aws_schedule(schedule)


@pytest.mark.parametrize(
    "schedule", ["*/5 0-9,12 * JAN mon", "0 0 29 2 *", "0 0 31 4 5", "1-59/2 * * * 7", "0 0 * * sun"]
)
def test_what_cron_takes_is_taken(schedule: str) -> None:
    assert is_crontab_schedule(schedule)


@pytest.mark.parametrize(
    "schedule", ["cron(31 2 ? * WED *)", "cron(1 4 * * ? *)", "cron(59 0 * * ? *)", "cron(0 3 ? * WED *)"]
)
def test_a_copy_just_outside_of_the_windows_is_taken(schedule: str) -> None:
    BackupSettings(name="daily", schedule=schedule, keep_days=1)


def test_the_windows_are_those_of_the_databases() -> None:
    for database in program("prod").of_type(aws.rds.Instance):
        assert database.inputs["backupWindow"] == "02:00-02:30"
        assert database.inputs["maintenanceWindow"] == "tue:03:00-tue:04:00"
