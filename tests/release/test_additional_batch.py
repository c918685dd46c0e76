"""A back office with a second instance for the time of a deployment, on the embedded AWS: what is done where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.errors import ExitCode
from components.site import cron_host
from release.beanstalk import COMMAND, WITH_ADDITIONAL_BATCH, Environment
from release.hold import DISARMED, EVERYONE_ELSE
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import SUCCESS, Answer
from tests.release.deployed_site import (
    A_NEW_TABLE,
    BACK_OFFICE,
    DeployedSite,
    planned,
    shop_release,
    site_with_a_release,
)

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = [pytest.mark.long, pytest.mark.row(19)]
PROD = ("-s", "prod")


@pytest.fixture
def site(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[DeployedSite]:
    """The site runs r1, and its back office is as `site.back_office.additional_batch` makes it."""
    with site_with_a_release(aws, monkeypatch, tmp_path, capsys) as deployed:
        settings = {
            (COMMAND, "DeploymentPolicy"): WITH_ADDITIONAL_BATCH,
            ("aws:elasticbeanstalk:application:environment", cron_host.OLDEST_OF): BACK_OFFICE,
        }
        deployed.beanstalk.beanstalk.update_environment(
            EnvironmentName=BACK_OFFICE,
            OptionSettings=[
                {"Namespace": namespace, "OptionName": name, "Value": value}
                for (namespace, name), value in settings.items()
            ],
        )
        Environment(beanstalk=deployed.beanstalk.beanstalk, name=BACK_OFFICE).wait_until_ready(float("inf"))
        deployed.ran.clear()
        deployed.fleet.deployments.clear()
        yield deployed


def is_held(site: DeployedSite) -> bool:
    rule = site.aws.client("elbv2").describe_rules(RuleArns=[site.hold_rules[EVERYONE_ELSE]])["Rules"][0]
    return bool(rule["Conditions"][0].get("HostHeaderConfig", {}).get("Values") != [DISARMED])


def one(site: DeployedSite) -> str:
    """The only instance of the back office."""
    (instance,) = site.beanstalk.in_service(BACK_OFFICE)
    return instance


def test_the_second_instance_gets_the_release_first_and_no_command(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plain release holds nothing. An additive one holds the back office until its database is changed."""
    first = one(site)
    held: list[tuple[str, bool]] = []

    def deploy(instance: str, _deployment: Answer) -> Answer:
        held.append((instance, is_held(site)))
        return SUCCESS

    site.fleet.deploy = deploy
    plain = planned(capsys, *PROD, str(site.bundle(tmp_path, "r2")))
    assert shop_release(*plain) == ExitCode.OK, capsys.readouterr().err
    (second, was_held), (after_it, also), *_fronts = held
    assert second != first == after_it
    assert not was_held
    assert not also
    assert one(site) == first
    held.clear()
    site.facts = A_NEW_TABLE
    additive = planned(capsys, *PROD, str(site.bundle(tmp_path, "r3")))
    assert shop_release(*additive) == ExitCode.OK, capsys.readouterr().err
    assert [each for _, each in held] == [False] * 3
    assert one(site) == first
    assert {"migrate", "pause-writers", "resume-writers"} <= {name for _, name in site.ran}
    fronts = site.beanstalk.in_service("client-prod-front")
    assert {instance for instance, _ in site.ran} == {first, *fronts}


def test_a_held_release_deploys_without_it_and_leaves_it_set(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second instance would take minutes to start, while the shop is held."""
    first = one(site)
    held = planned(capsys, *PROD, str(site.bundle(tmp_path, "r2")), "--hold")
    assert shop_release(*held) == ExitCode.OK, capsys.readouterr().err
    assert {instance for instance, _ in site.fleet.deployments} == {
        first,
        *site.beanstalk.in_service("client-prod-front"),
    }
    assert Environment(beanstalk=site.beanstalk.beanstalk, name=BACK_OFFICE).policy() == WITH_ADDITIONAL_BATCH


def test_a_release_that_fails_on_it_is_taken_back(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first instance has never stopped to answer, and one is left."""
    first = one(site)

    def deploy(instance: str, deployment: Answer) -> Answer:
        fails = deployment["Deployment"]["VersionLabel"] == "r2"
        return {"ReturnCode": 1, "Log": "the hook failed"} if fails else SUCCESS

    site.fleet.deploy = deploy
    plain = planned(capsys, *PROD, str(site.bundle(tmp_path, "r2")))
    assert shop_release(*plain) == ExitCode.FAILED
    assert "is taken back: the shop is as before" in capsys.readouterr().err
    assert (first, "r2") not in [(each, asked["Deployment"]["VersionLabel"]) for each, asked in site.fleet.deployments]
    assert set(site.beanstalk.versions(BACK_OFFICE).values()) == {("r1", "Deployed")}
    assert len(site.beanstalk.in_service(BACK_OFFICE)) == 1
    assert shop_release("status", *PROD) == ExitCode.OK, capsys.readouterr().out
