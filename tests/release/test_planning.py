"""Which release is gone back to, and what speaks against it, from journals alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from types import SimpleNamespace
from typing import Any

import pytest

from commands.console import Console
from release import planning
from release.candidate import ask
from release.errors import LockedError, RefusedError, ReleaseError
from release.frozen_plan import FrozenPlan, Version
from release.hold import RULES, Hold, HoldArgs
from release.journal import Event, Journal
from release.kinds import Answer, Candidate, Kind
from release.lock import LockPlace
from release.plan import show
from release.progress import ENDED, End
from release.redaction import Redaction
from release.schema_changes import Column, Table
from release.steps import STEPS
from tests.release.test_execution import Objects

BUCKET, PREFIX = "client-releases", "shop/"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site without releases. `runs` says which one it runs."""
    made = SimpleNamespace(
        s3=Objects(), bucket=BUCKET, prefix=PREFIX, runs="r0", journal_prefix=lambda name: f"{PREFIX}releases/{name}/"
    )
    monkeypatch.setattr(planning, "running", lambda _: version(made.runs))
    return made


def version(release: str) -> Version:
    return Version(label=release, release=release, bundle=f"s3://{BUCKET}/{release}.zip")


def released(
    site: Any, number: int, to: str, *, kind: Kind = Kind.PLAIN, end: End | None = End.DONE, **more: Any
) -> None:
    """A release in the journals, after which the site runs `to` if it is done."""
    migrated, against = more.get("migrated", False), more.get("against", ())
    plan = FrozenPlan(
        release=to,
        kind=kind,
        reasons=(),
        changes=(),
        against_return=tuple(against),
        to=version(to),
        previous=version(site.runs),
        facts="",
        steps=STEPS[kind],
        by="me",
        at=f"2026-11-26T00:00:0{number}+00:00",
    )
    prefix = site.journal_prefix(f"20261126T00000{number}Z-{to}")
    journal = Journal.begin(site.s3, BUCKET, prefix, plan.to_json(), Redaction())
    if migrated:
        journal.append(Event.INTENDED, step="make-snapshot", fence=1)
        journal.append(Event.DONE, step="make-snapshot", fence=1, snapshot=f"before-{to}")
        journal.append(Event.INTENDED, step="migrate", fence=1)
        journal.append(Event.DONE, step="migrate", fence=1)
    if end:
        journal.append(Event.NOTED, fence=1, **{ENDED: end.value})
    if end is End.DONE:
        site.runs = to


def back(site: Any) -> tuple[str, list[str]] | None:
    found = planning.last_done(site)
    return (found[0].previous.release, found[1]) if found else None


def test_a_release_that_another_tool_deployed_has_no_way_back(site: Any) -> None:
    assert back(site) is None


def test_the_way_back_leads_to_the_release_before(site: Any) -> None:
    released(site, 1, "r1")
    released(site, 2, "r2", kind=Kind.HELD, migrated=True, against=["patch A"])
    assert back(site) == ("r1", ["patch A"])


def test_after_a_rollback_it_does_not_lead_to_the_release_that_was_left(site: Any) -> None:
    released(site, 1, "r1")
    released(site, 2, "r2", kind=Kind.ADDITIVE, migrated=True, against=["patch A"])
    released(site, 3, "r1", kind=Kind.ROLLBACK)
    assert back(site) == ("r0", ["patch A"])


def test_what_was_taken_back_has_still_changed_the_database(site: Any) -> None:
    released(site, 1, "r1", kind=Kind.HELD, migrated=True, against=["patch A"])
    released(site, 2, "r2", kind=Kind.HELD, end=End.UNDONE, migrated=True, against=["patch B", "patch A"])
    released(site, 3, "r3", kind=Kind.HELD, end=End.UNDONE, against=["patch C"])
    assert back(site) == ("r0", ["patch B", "patch A"])


def test_a_refused_rollback_ends_with_the_ways_back(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with what the rollback at their end has to repeat."""
    released(site, 1, "r1")
    released(site, 2, "r2", kind=Kind.HELD, migrated=True, against=["patch A\\B", "column a.b dropped"])
    instance = {"LatestRestorableTime": None, "BackupRetentionPeriod": 0}
    rds = SimpleNamespace(describe_db_instances=lambda **_: {"DBInstances": [instance]})
    site.session, site.database = SimpleNamespace(client=lambda _: rds), "client-prod-site-database-1"
    site.stack, site.options = SimpleNamespace(name="prod"), "-s prod"
    monkeypatch.setattr(planning.Asked, "now", lambda *_: SimpleNamespace(candidate=None))
    with pytest.raises(RefusedError) as refused:
        planning.plan_rollback(site, accepted=["patch A\\B"])
    said = str(refused.value)
    assert 'repeat each: --accept "column a.b dropped"\nTheir codes, for Rundeck and GitHub: ' in said
    assert "By snapshot, with the loss of 1 minute, orders above all:\n" in said
    assert "\n  # Now write site.database.snapshot_id: before-r2 into Pulumi.prod.yaml\n" in said
    again = "./shop release rollback -s prod --accept 'patch A\\B' --accept 'column a.b dropped'"
    assert f"\n  {again}\n" in said
    assert said.endswith("By point in time: not possible, the database keeps no automated backups.")


def test_an_older_release_whose_upgrade_would_lose_data_is_gone_back_to_if_that_is_repeated(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, since its upgrade is not run. The newer one has made a column wider."""
    released(site, 1, "r1")
    released(site, 2, "r2", kind=Kind.HELD, migrated=True)
    column = Column(type="varchar(255)", nullable=True)
    candidate = Candidate(
        release="r1",
        database_status=Answer(exit_code=2, text=""),
        configuration_status=Answer(exit_code=0, text=""),
        dry_run=Answer(exit_code=0, text="ALTER TABLE `a` MODIFY COLUMN `b` varchar(9) NULL"),
        tables={"a": Table(rows=9, size_bytes=9, columns={"b": column})},
        raised_versions={},
    )
    plans: list[Any] = []
    asked = SimpleNamespace(candidate=candidate, plan=lambda _, decision: plans.append(decision))
    monkeypatch.setattr(planning.Asked, "now", lambda *_: asked)
    monkeypatch.setattr(planning, "_restore", lambda *_: "")
    site.options = "-s prod"
    reason = "r1 asks for changes: column a.b narrowed from varchar(255) to varchar(9)"
    with pytest.raises(RefusedError) as refused:
        planning.plan_rollback(site, accepted=())
    assert f'repeat each: --accept "{reason}"' in str(refused.value)
    planning.plan_rollback(site, accepted=[reason])
    assert [each.kind for each in plans] == [Kind.ROLLBACK]


def test_an_older_release_with_another_configuration_is_released_again(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollback imports nothing, and Magento answers each page with 500 until somebody does."""
    released(site, 1, "r1")
    released(site, 2, "r2")
    candidate = Candidate(
        release="r1", database_status=Answer(exit_code=0, text=""), configuration_status=Answer(exit_code=2, text="")
    )
    monkeypatch.setattr(planning.Asked, "now", lambda *_: SimpleNamespace(candidate=candidate))
    monkeypatch.setattr(planning, "_restore", lambda *_: "")
    site.options = "-s prod"
    reason = "r1 asks for changes: a system value of env.php or config.php changes"
    with pytest.raises(RefusedError, match=r"\./shop release plan -s prod --uploaded r1$"):
        planning.plan_rollback(site, accepted=[reason])


def test_a_release_that_is_neither_done_nor_taken_back_is_found(site: Any) -> None:
    released(site, 1, "r1")
    assert planning.unfinished(site) is None
    released(site, 2, "r2", end=None)
    found = planning.unfinished(site)
    assert found
    assert found[0] == "20261126T000002Z-r2"


def test_who_releases_while_another_release_is_at_work_is_told_of_it(site: Any) -> None:
    """And to go on with it only once its process is gone."""
    planning.require_finished(site)
    released(site, 1, "r1", end=None)
    site.options = "-s prod"
    site.lock = LockPlace(s3=site.s3, bucket=BUCKET, key="prod/lock.json")
    lock = site.lock.acquire(release="20261126T000001Z-r1", who="you", host="here")
    with pytest.raises(LockedError, match="The lock is held by release 20261126T000001Z-r1, by you"):
        planning.require_finished(site)
    lock.stop()
    with pytest.raises(RefusedError, match=r"\./shop release resume -s prod"):
        planning.require_finished(site)


def test_names_of_journals_are_in_the_order_of_the_releases(site: Any) -> None:
    """Also if the clock of another computer goes ahead. The newest one alone is looked at for what is not finished."""
    first = planning.journal_name(site, "zebra")
    assert re.fullmatch("[0-9]{8}T[0-9]{6}Z-zebra", first)
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    site.s3.put_object(Key=f"{PREFIX}releases/{ahead:%Y%m%dT%H%M%SZ}-zebra/plan.json", Body=b"{}")
    site.s3.put_object(Key=f"{PREFIX}releases/hold-20991231T000000000000Z/plan.json", Body=b"{}")
    assert planning.journal_name(site, "ant") == f"{ahead + timedelta(seconds=1):%Y%m%dT%H%M%SZ}-ant"


def test_a_plan_takes_no_place_from_a_release_that_has_begun() -> None:
    """The release changes the database from where a plan would unpack another one."""
    place, sent = LockPlace(s3=Objects(), bucket=BUCKET, key="lock"), list[str]()

    def send(_document: str, **given: str) -> Any:
        sent.append(given["Fence"])
        raise ReleaseError("It is unpacked.")

    site: Any = SimpleNamespace(lock=place, back_office_instance=SimpleNamespace(send=send))
    lock = place.acquire(release="r1", who="me", host="here")
    with pytest.raises(LockedError, match="The lock is held by release r1"):
        ask(site, version("r2"))
    with pytest.raises(ReleaseError, match="It is unpacked"):
        ask(site, version("r1"), lock)
    lock.free()
    with pytest.raises(ReleaseError, match="It is unpacked"):
        ask(site, version("r2"))
    assert sent == ["1", "1"]


def test_a_plan_says_which_large_tables_are_copied_and_what_a_point_in_time_can_do(
    site: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "Table quote is copied: about 2,400,000 rows, 3.0 GiB, an estimated 74 s or more."
    released(site, 1, "r1")
    plain = FrozenPlan.from_json(next(planning.newest_first(site))[1].plan)
    assert plain.copies == ()
    copying = replace(plain, copies=(said,), point_in_time="RDS can restore it.")
    copying.keep(site.s3, BUCKET, PREFIX)
    show(Console(), FrozenPlan.read(site.s3, BUCKET, PREFIX, copying.id))
    show(Console(), plain)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.count(said) == printed.count("The seconds are an estimate of the least") == 1
    assert printed.count("RDS can restore it.") == 1


@pytest.fixture
def shop(site: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The site runs a release of the shop, and its next one has nothing to do in the database."""
    released(site, 1, "r1")
    frozen = FrozenPlan.from_json(next(planning.newest_first(site))[1].plan)
    answer = Answer(exit_code=0, text="")
    candidate = Candidate(
        release="r2", database_status=answer, configuration_status=answer, tables={}, raised_versions={}
    )
    asked = SimpleNamespace(
        candidate=candidate,
        plan=lambda _, decision: replace(frozen, kind=decision.kind, steps=STEPS[decision.kind]),
    )
    site.asked = []
    monkeypatch.setattr(planning, "running", lambda _: replace(version("r1"), configuration_version="v1"))
    monkeypatch.setattr(planning.Asked, "now", lambda *given: site.asked.append(given) or asked)
    rules = dict.fromkeys(RULES, "arn")
    names = {"back_office_path": "backend", "front_environment": "front", "back_office_environment": "back-office"}
    site.hold_of = lambda *hosts: Hold(elbv2=None, args=HoldArgs(rules=rules, host_names=hosts, **names))
    site.hold = site.hold_of("client.url", "www.client.url")
    return site


def addresses(number: int) -> list[IPv4Network]:
    return [IPv4Network(f"203.0.113.{each}/32") for each in range(number)]


@pytest.mark.parametrize("hold", [False, True])
def test_whom_a_hold_lets_through_is_part_of_the_plan(shop: Any, hold: bool) -> None:
    planned = planning.plan_release(shop, version("r2"), hold=hold, accepted=(), allowed=addresses(4))
    assert planned.allowed == tuple(f"203.0.113.{each}/32" for each in range(4))
    assert FrozenPlan.from_json(planned.to_json()) == planned
    assert planning.plan_release(shop, version("r2"), hold=hold, accepted=()).id != planned.id


def test_more_addresses_than_a_rule_takes_are_refused_before_the_release_is_asked(shop: Any) -> None:
    with pytest.raises(RefusedError, match="rule allowed-to-back-office of the hold: got 6 values, expected 5 at most"):
        planning.plan_release(shop, version("r2"), hold=False, accepted=(), allowed=addresses(5))
    assert shop.asked == []


def test_more_host_names_than_a_rule_takes_are_refused_for_a_release_that_holds_the_shop(shop: Any) -> None:
    shop.hold = shop.hold_of(*(f"{each}.client.url" for each in range(6)))
    with pytest.raises(RefusedError, match="rule everyone-else of the hold: got 6 values, expected 5 at most"):
        planning.plan_release(shop, version("r2"), hold=True, accepted=())
    assert planning.plan_release(shop, version("r2"), hold=False, accepted=()).kind is Kind.PLAIN
