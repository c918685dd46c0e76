"""A held release from its plan to its end on the embedded AWS: whom the hold lets through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.errors import ExitCode
from release.hold import ALLOWED_TO_BACK_OFFICE, ALLOWED_TO_FRONT, DISARMED, EVERYONE_ELSE
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import Answer
from tests.release.deployed_site import BUCKET, DeployedSite, shop_release, site_with_a_release

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = [pytest.mark.long, pytest.mark.row(21)]
PROD = ("-s", "prod")


@pytest.fixture
def site(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[DeployedSite]:
    """The site runs r1."""
    with site_with_a_release(aws, monkeypatch, tmp_path, capsys) as deployed:
        deployed.ran.clear()
        yield deployed


def values(site: DeployedSite) -> dict[str, list[str]]:
    """What the conditions of each rule of the hold are about."""
    elbv2 = site.aws.client("elbv2")
    return {
        name: [
            value
            for condition in elbv2.describe_rules(RuleArns=[arn])["Rules"][0]["Conditions"]
            for member in ("HostHeaderConfig", "PathPatternConfig", "SourceIpConfig")
            for value in condition.get(member, {}).get("Values", ())
        ]
        for name, arn in site.hold_rules.items()
    }


def test_the_addresses_of_the_plan_are_let_through_while_the_database_changes(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, seen = site.fleet.run, list[dict[str, list[str]]]()

    def looking(instance: str, asked: Answer) -> Answer:
        if asked["Commands"][0] == "migrate":
            seen.append(values(site))
        return run(instance, asked)

    site.fleet.run = looking
    bundle = str(site.bundle(tmp_path, "r2"))
    assert shop_release("plan", *PROD, bundle, "--hold", "--allow", "203.0.113.0/28", "--allow", "198.51.100.7") == 0
    said = capsys.readouterr().out
    assert "lets these through: 203.0.113.0/28, 198.51.100.7/32." in " ".join(said.split())
    assert "RDS can restore the database to a point in time up to " in said
    assert shop_release(*said.splitlines()[-1].split()[2:]) == ExitCode.OK, capsys.readouterr().err
    allowed = ["203.0.113.0/28", "198.51.100.7/32"]
    assert seen == [
        {
            ALLOWED_TO_BACK_OFFICE: ["/backend*", *allowed],
            ALLOWED_TO_FRONT: allowed,
            EVERYONE_ELSE: ["client.url"],
        }
    ]
    assert set(map(tuple, values(site).values())) == {(DISARMED,)}


def test_too_many_addresses_are_refused_before_anything_is_asked(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = [word for each in range(5) for word in ("--allow", f"203.0.113.{each}")]
    bundle = str(site.bundle(tmp_path, "r2"))
    assert shop_release("plan", *PROD, bundle, "--hold", *allow) == ExitCode.COULD_NOT_RUN
    assert "got 5 networks, expected at most 4" in capsys.readouterr().err
    assert site.ran == []
    plans = site.aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="client-magento-prod/plans/")
    assert plans["KeyCount"] == 1
    assert shop_release("plan", *PROD, bundle, "--allow", "office") == ExitCode.COULD_NOT_RUN
    assert "--allow: got 'office', expected an IPv4 address or network" in capsys.readouterr().err
