"""`pulumi up --refresh` in the middle of a held release: it sets the stack's deployment policy again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from commands.errors import ExitCode
from release.beanstalk import ALL_AT_ONCE, COMMAND, ROLLING, Environment
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import SUCCESS, Answer
from tests.release.deployed_site import BACK_OFFICE, FRONT, DeployedSite, planned, shop_release, site_with_a_release

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = [pytest.mark.long, pytest.mark.row(19)]
PROD = ("-s", "prod")


@pytest.fixture
def site(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[DeployedSite]:
    """The site runs r1, and deploys as the stack says."""
    with site_with_a_release(aws, monkeypatch, tmp_path, capsys) as deployed:
        for name in (BACK_OFFICE, FRONT):
            refresh(deployed, name)
            Environment(beanstalk=deployed.beanstalk.beanstalk, name=name).wait_until_ready(float("inf"))
        yield deployed


def refresh(site: DeployedSite, environment: str) -> None:
    """The call that `pulumi up --refresh` makes when it finds another policy than the stack's."""
    site.beanstalk.beanstalk.update_environment(
        EnvironmentName=environment,
        OptionSettings=[{"Namespace": COMMAND, "OptionName": "DeploymentPolicy", "Value": ROLLING}],
    )


def policy(site: DeployedSite, environment: str) -> str:
    return Environment(beanstalk=site.beanstalk.beanstalk, name=environment).policy()


def test_it_sets_the_policy_before_the_deployment(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The release sets `AllAtOnce` once more, so that the shop is not held longer, and puts `Rolling` back later."""
    run, seen = site.fleet.run, list[str]()

    def migrating(instance: str, asked: Answer) -> Answer:
        if asked["Commands"][0] == "migrate":
            for name in (BACK_OFFICE, FRONT):
                assert policy(site, name) == ALL_AT_ONCE
                refresh(site, name)
        return run(instance, asked)

    def deploying(_instance: str, _deployment: Answer) -> Answer:
        seen.extend(policy(site, name) for name in (BACK_OFFICE, FRONT))
        return SUCCESS

    site.fleet.run, site.fleet.deploy = migrating, deploying
    held = planned(capsys, *PROD, str(site.bundle(tmp_path, "r2")), "--hold")
    assert shop_release(*held) == ExitCode.OK, capsys.readouterr().err
    assert set(seen) == {ALL_AT_ONCE}
    assert {policy(site, name) for name in (BACK_OFFICE, FRONT)} == {ROLLING}
    assert shop_release("status", *PROD) == ExitCode.OK, capsys.readouterr().out


def test_it_is_refused_during_the_deployment(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beanstalk does one thing at a time. The release ends well, and `pulumi up` has nothing to set afterwards."""
    refused: list[str] = []

    def deploying(_instance: str, _deployment: Answer) -> Answer:
        for name in (BACK_OFFICE, FRONT):
            try:
                refresh(site, name)
            except ClientError as error:
                refused.append(error.response["Error"]["Code"])
        return SUCCESS

    site.fleet.deploy = deploying
    held = planned(capsys, *PROD, str(site.bundle(tmp_path, "r2")), "--hold")
    assert shop_release(*held) == ExitCode.OK, capsys.readouterr().err
    assert set(refused) == {"InvalidParameterValue"}
    assert {policy(site, name) for name in (BACK_OFFICE, FRONT)} == {ROLLING}
