"""What `./shop release history` and `diagnose` say of a name that there is not."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.errors import CannotRunError
from release import diagnosis
from release.app import app
from release.site import Site
from tests.release.conftest import BUCKET
from tests.release.test_drill import deployed


@pytest.fixture
def site(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    found = deployed()
    monkeypatch.setattr(Site, "of", lambda _stack, _app=None: found)
    return found


@pytest.mark.usefixtures("site")
def test_a_release_that_nobody_began_is_named_as_it_was_typed(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="prod/releases/r1/plan.json", Body=b'{"release": "r1"}')
    assert CliRunner().invoke(app, ["history", "-s", "prod", "r1"]).exit_code == 0
    for name in ("nosuch", "", "r1/"):
        refused = CliRunner().invoke(app, ["history", "-s", "prod", name]).exception
        assert isinstance(refused, CannotRunError)
        assert str(refused) == f"release: got {name!r}, expected one that `./shop release history -s prod` lists"


@pytest.mark.usefixtures("site")
def test_it_says_of_what_there_are_no_releases() -> None:
    assert "The shop of stack prod has no releases yet." in CliRunner().invoke(app, ["history", "-s", "prod"]).output
    satellite = CliRunner().invoke(app, ["history", "-s", "prod", "--app", "pim"])
    assert "Satellite pim of stack prod has no releases yet." in satellite.output


@pytest.mark.usefixtures("site")
def test_of_many_releases_and_holds_only_the_newest_are_read(s3: Any) -> None:
    """Each is an object a record: a year of them would take minutes."""
    plan = json.dumps({"release": "r", "kind": "hold", "steps": [{"name": "hold on"}]}).encode()
    names = ("20261126T000000Z-zebra", "hold-20261126T000001000000Z", "20261126T000002Z-ant")
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=f"prod/releases/{name}/plan.json", Body=plan)
    s3.put_object(Bucket=BUCKET, Key="prod/releases/20261125T000000Z-old/plan.json", Body=b"It is not read.")
    said = CliRunner().invoke(app, ["history", "-s", "prod", "--count", "3"])
    assert [line.partition(":")[0].strip() for line in said.output.splitlines()] == list(names)


@pytest.mark.usefixtures("site")
def test_an_instance_of_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log would be missing among good news of all others."""
    environments = tuple(
        SimpleNamespace(
            name=name,
            describe=lambda: {"Status": "Ready", "Health": "Ok", "VersionLabel": "r1"},
            instances=lambda id=id: [SimpleNamespace(id=id, runs=lambda _label: True)],
        )
        for name, id in (("client-prod-back-office", "i-1"), ("client-prod-front", "i-2"))
    )
    monkeypatch.setattr(Site, "environments", environments)
    monkeypatch.setattr(diagnosis, "_events", lambda *_: [])
    said = CliRunner().invoke(app, ["diagnose", "-s", "prod"])
    assert "Its instance runs r1." in said.output
    refused = CliRunner().invoke(app, ["diagnose", "-s", "prod", "--instance", "i-3"]).exception
    assert isinstance(refused, CannotRunError)
    assert str(refused) == "--instance: got 'i-3', expected an instance of client-prod-back-office or client-prod-front"
