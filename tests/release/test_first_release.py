"""The first release of a stack whose database holds an older shop, from its plan to its end on the embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.errors import ExitCode
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import SUCCESS, Answer
from tests.release.deployed_site import BACK_OFFICE, NOT_INSTALLED, DeployedSite, shop_release, site_of_the_tool

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = [pytest.mark.long, pytest.mark.row(19)]
PROD = ("-s", "prod")
DEPLOYED, CHANGED = ["pause-writers", "deployment"], ["await-migration", "stage-candidate", "pause-writers", "migrate"]
REST = ["resume-writers", "deployment of the front", "verify-release", "verify-release of the front"]


@pytest.fixture
def site(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedSite]:
    """It has no release yet."""
    with site_of_the_tool(aws, monkeypatch) as deployed:
        shop = {**NOT_INSTALLED, "tables": 400, "modules": 150, "administrators": 3, "key": "fits"}
        deployed.says = {"look-for-magento": json.dumps(shop)}
        yield deployed


@pytest.fixture
def done(site: DeployedSite) -> list[str]:
    """What changes something on an instance or verifies it, from now on."""
    (back_office,) = site.beanstalk.in_service(BACK_OFFICE)
    found, run = list[str](), site.fleet.run

    def do(instance: str, what: str) -> None:
        if what not in ("check-instance", "look-for-magento"):
            found.append(what if instance == back_office else f"{what} of the front")

    def running(instance: str, asked: Answer) -> Answer:
        do(instance, asked["Commands"][0])
        return run(instance, asked)

    def deploying(instance: str, _: Answer) -> Answer:
        do(instance, "deployment")
        return SUCCESS

    site.fleet.run, site.fleet.deploy = running, deploying
    return found


def plan(site: DeployedSite, directory: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, ...]:
    """The arguments that carry a plan out, which is right whatever the database holds."""
    bundle = str(site.bundle(directory, "r1"))
    assert shop_release("plan", *PROD, bundle, "--first-admin-email", "you@client.url") == ExitCode.OK
    said = capsys.readouterr().out
    assert "If it holds a shop already, that one is brought up to date" in " ".join(said.split())
    return tuple(said.splitlines()[-1].split()[2:])


def test_its_database_is_changed_before_a_job_or_the_front_meets_it(
    site: DeployedSite, done: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop_release(*plan(site, tmp_path, capsys)) == ExitCode.OK, capsys.readouterr().err
    assert sorted(done[len(DEPLOYED + CHANGED) :]) == sorted(REST)
    assert done[: len(DEPLOYED + CHANGED) + 2] == [*DEPLOYED, *CHANGED, *REST[:2]]


def test_a_change_that_fails_is_tried_again_and_cron_goes_on_afterwards(
    site: DeployedSite, done: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.fails = {"migrate": "a patch is missing a setting"}
    assert shop_release(*plan(site, tmp_path, capsys)) == ExitCode.HALF_WAY
    said = capsys.readouterr().err
    assert "a patch is missing a setting" in said
    assert "go on: ./shop release resume -s prod" in said
    assert done == [*DEPLOYED, *CHANGED]
    done.clear()
    site.fails = {}
    assert shop_release("resume", *PROD) == ExitCode.OK, capsys.readouterr().err
    assert done[: len(CHANGED) + 2] == [*CHANGED, *REST[:2]]


def test_a_change_that_fails_can_be_taken_back(
    site: DeployedSite, done: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cron goes on for whatever comes next: such as an installation into another database."""
    site.fails = {"migrate": "a patch is missing a setting"}
    assert shop_release(*plan(site, tmp_path, capsys)) == ExitCode.HALF_WAY
    done.clear()
    assert shop_release("rollback", *PROD) == ExitCode.OK, capsys.readouterr().err
    assert done == ["deployment", "resume-writers"]
