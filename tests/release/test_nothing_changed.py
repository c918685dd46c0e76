"""A command that ends before its first step has changed nothing, and its exit code says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from commands.errors import ExitCode
from release import planning
from release.frozen_plan import FrozenPlan
from sandbox.tests.emulator.aws_process import EmbeddedAws
from tests.release.deployed_site import DeployedSite, planned, shop_release, site_with_a_release

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = [pytest.mark.row(19), pytest.mark.long]
PROD = ("-s", "prod")


@pytest.fixture
def site(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[DeployedSite]:
    """It runs r2, after r1."""
    with site_with_a_release(aws, monkeypatch, tmp_path, capsys) as deployed:
        second = planned(capsys, *PROD, str(deployed.bundle(tmp_path, "r2")))
        assert shop_release(*second) == ExitCode.OK, capsys.readouterr().err
        yield deployed


def refuse(patched: pytest.MonkeyPatch, refused: str) -> None:
    """AWS takes every call but one."""
    call = BaseClient._make_api_call

    def answer(client: Any, operation: str, given: dict[str, Any]) -> Any:
        if operation == refused:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(client, operation, given)

    patched.setattr(BaseClient, "_make_api_call", answer)


def test_what_fails_before_the_first_step_is_a_refusal(
    site: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether AWS refuses, or an instance does not do it. Exit code 1 would say that the shop was changed and back."""
    third = planned(capsys, *PROD, str(site.bundle(tmp_path, "r3")))
    before = list(site.fleet.deployments)
    for refused, commands in {
        "ListObjectsV2": (third, ("resume", *PROD), ("rollback", *PROD)),
        "GetCallerIdentity": (third, ("rollback", *PROD)),
        "DescribeAlarms": (third, ("rollback", *PROD)),
    }.items():
        for command in commands:
            with pytest.MonkeyPatch.context() as patched:
                refuse(patched, refused)
                assert shop_release(*command) == ExitCode.COULD_NOT_RUN
            said = capsys.readouterr().err
            assert "Nothing was changed. " in said
            assert refused in said
    site.fails = {"stage-candidate": "the disk is broken"}
    for command in (third, ("rollback", *PROD)):
        assert shop_release(*command) == ExitCode.COULD_NOT_RUN
        assert "the disk is broken" in capsys.readouterr().err
    site.fails = {}
    assert site.fleet.deployments == before
    # Neither a lock nor a journal is left.
    assert shop_release("status", *PROD) == ExitCode.OK, capsys.readouterr().out


def test_a_release_that_came_and_went_since_the_decision_is_a_refusal(
    site: DeployedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rollback was decided from what the shop ran before. Afterwards it runs the same release, but another one may
    have changed the database meanwhile."""
    third = planned(capsys, *PROD, str(site.bundle(tmp_path, "r3")))
    plan_rollback = planning.plan_rollback

    def slowly(*given: Any, **more: Any) -> FrozenPlan:
        decided = plan_rollback(*given, **more)
        site.fails = {"verify-release": "the home page is 500"}
        assert shop_release(*third) == ExitCode.FAILED
        site.fails = {}
        return decided

    monkeypatch.setattr(planning, "plan_rollback", slowly)
    capsys.readouterr()
    assert shop_release("rollback", *PROD) == ExitCode.COULD_NOT_RUN
    assert "-r3 was carried out meanwhile. Nothing was changed. Plan again." in capsys.readouterr().err
    assert shop_release("status", *PROD) == ExitCode.OK, capsys.readouterr().out
