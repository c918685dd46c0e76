"""Every kind of release, killed after each record and failing at each step, over a model of the site.

The journal and the lock are real, over objects in memory: test_journal.py and test_lock.py have them on the embedded
AWS's S3. The points are generated from the plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commands.errors import CannotRunError, ExitCode
from release.errors import HalfWayError, LockedError, LockLostError, ReleaseError
from release.execution import Execution
from release.journal import Event, Journal, Note, Record, not_noted
from release.kinds import Kind
from release.lock import LockPlace
from release.progress import End, Progress
from release.redaction import Redaction
from release.steps import STOPS, Action, Step, steps_of
from release.traces import Traces
from tests.release.conftest import BUCKET

OLD, NEW = "old", "new"
DEPLOYS = {
    Action.DEPLOY_BACK_OFFICE: (("back office",), NEW),
    Action.DEPLOY_FRONT: (("front",), NEW),
    Action.DEPLOY_EVERYWHERE: (("back office", "front"), NEW),
    Action.RETURN_BACK_OFFICE: (("back office",), OLD),
    Action.RETURN_FRONT: (("front",), OLD),
    Action.RETURN_EVERYWHERE: (("back office", "front"), OLD),
}
DEPLOYS |= {
    Action.DEPLOY_SATELLITE: (("back office", "front"), NEW),
    Action.RETURN_SATELLITE: (("back office", "front"), OLD),
}
VERIFIES = {
    Action.VERIFY_SATELLITE: ("back office", "front"),
    Action.VERIFY_BACK_OFFICE: ("back office",),
    Action.VERIFY_FRONT: ("front",),
    Action.VERIFY_EVERYWHERE: ("back office", "front"),
}


class Objects:
    """S3's objects in memory, with conditional writes."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self.have_expired = False
        """Whether the credentials have: then S3 answers nothing else."""

    def put_object(self, *, Key: str, Body: bytes, **given: str) -> dict[str, str]:  # noqa: N803
        self._require_credentials("PutObject")
        there = self._objects.get(Key)
        refused = (
            there is not None if "IfNoneMatch" in given else "IfMatch" in given and given["IfMatch"] != _etag(there)
        )
        if refused:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self._objects[Key] = Body
        return {"ETag": _etag(Body)}

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803
        self._require_credentials("GetObject")
        if Key not in self._objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        body = self._objects[Key]
        answer = {"Body": BytesIO(body), "ETag": _etag(body), "LastModified": datetime.now(UTC)}
        return {**answer, "ResponseMetadata": {"HTTPHeaders": {}}}

    def _require_credentials(self, operation: str) -> None:
        if self.have_expired:
            said = {"Code": "ExpiredToken", "Message": "The provided token has expired."}
            raise ClientError({"Error": said}, operation)

    def get_paginator(self, _: str) -> Objects:
        return self

    def paginate(self, *, Prefix: str, **given: str) -> list[dict[str, Any]]:  # noqa: N803
        found = [key for key in self._objects if key.startswith(Prefix)]
        if "Delimiter" not in given:
            return [{"Contents": [{"Key": key} for key in found]}]
        folders = sorted({f"{Prefix}{key.removeprefix(Prefix).partition('/')[0]}/" for key in found})
        return [{"CommonPrefixes": [{"Prefix": folder} for folder in folders]}]


def _etag(body: bytes | None) -> str:
    return sha256(body or b"").hexdigest()


@dataclass(frozen=True)
class Plan:
    """What is carried out."""

    kind: Kind
    back_office_stays_open: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        return steps_of(self.kind, back_office_stays_open=self.back_office_stays_open)

    def __str__(self) -> str:
        return f"{self.kind}{'-open' if self.back_office_stays_open else ''}"


PLANS = [
    *(Plan(kind) for kind in Kind),
    *(Plan(kind, back_office_stays_open=True) for kind in (Kind.PLAIN, Kind.ADDITIVE, Kind.ROLLBACK)),
]
"""A back office that stays open makes no difference to the other kinds."""


class KilledError(BaseException):
    """The process is gone: nothing after this runs in it."""


@dataclass
class Shop:
    """A site, and what a shopper would see go wrong."""

    kind: Kind
    runs: dict[str, str] = field(default_factory=lambda: {"back office": OLD, "front": OLD})
    hold: str = ""
    writers: bool = True
    policy: str = "Rolling"
    database: str = OLD
    migrations: int = 0
    failing: set[Action] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    @property
    def old_can_live(self) -> bool:
        return self.database == OLD or self.kind is not Kind.HELD

    def do(self, action: Action, note: Note) -> Mapping[str, Any]:
        if action in self.failing:
            raise ReleaseError(f"{action} failed")
        # What is noted is started: a process that is killed here does not take it back.
        self._start(action)
        note(document=str(action), commands={"i-1": "c-1"})
        return {}

    def _start(self, action: Action) -> None:
        match action:
            case Action.HOLD_SHOP:
                self.hold = "shop"
            case Action.HOLD_BACK_OFFICE:
                self.hold = "back office"
            case Action.OPEN:
                self.hold = ""
            case Action.PAUSE_WRITERS:
                self.writers = False
            case Action.RESUME_WRITERS:
                self.writers = True
            case Action.DEPLOY_ALL_AT_ONCE:
                self.policy = "AllAtOnce"
            case Action.DEPLOY_ROLLING:
                self.policy = "Rolling"
            case Action.MIGRATE:
                self.migrations += self.database == OLD
                self.database = NEW
                if self.writers:
                    self.wrong.append("the database changes while cron runs")
            case Action.INSTALL:
                self.database = NEW
            case Action.ASK_PREVIOUS:
                if not self.old_can_live:
                    raise ReleaseError("the old release cannot live with the database")
            case _ if action in DEPLOYS:
                tiers, version = DEPLOYS[action]
                if self.policy == "AllAtOnce" and "front" in tiers and self.hold != "shop":
                    self.wrong.append("all front instances are deployed to at once while shoppers are in the shop")
                self.runs |= dict.fromkeys(tiers, version)
            case _ if action in VERIFIES:
                assert all(self.runs[tier] == NEW for tier in VERIFIES[action])
        self._look()

    def _look(self) -> None:
        """What every moment must be like."""
        if self.kind is Kind.FIRST and self.writers and (self.runs["back office"], self.database) == (NEW, OLD):
            self.wrong.append("jobs of the first release meet the database of an older shop")
        if self.hold == "shop":
            return
        if not self.old_can_live and OLD in (
            self.runs["front"],
            *([self.runs["back office"]] if not self.hold else []),
        ):
            self.wrong.append("pages of the old release meet a database that it cannot live with")


def require_quiet(shop: Shop, *releases: str) -> None:
    """Open, writing, rolling, with one release, and nothing went wrong on the way."""
    assert (shop.hold, shop.writers, shop.policy) == ("", True, "Rolling")
    (runs,) = set(shop.runs.values())
    assert runs in (releases or (OLD, NEW))
    assert shop.wrong == []


class KilledJournal(Journal):
    """Kills its process after so many records."""

    records_left: int = 0

    def append(self, event: Event, *, step: str = "", fence: int, **details: Any) -> Record:
        written = super().append(event, step=step, fence=fence, **details)
        self.records_left -= 1
        if self.records_left == 0:
            raise KilledError
        return written


@pytest.fixture
def s3() -> Any:
    return Objects()


@pytest.fixture
def place(s3: Any) -> LockPlace:
    return LockPlace(s3=s3, bucket=BUCKET, key="prod/lock.json")


def begin(s3: Any, place: LockPlace, plan: Plan, shop: Shop, *, records: int = 0) -> Execution:
    lock = place.acquire(release="r1", who="me", host="here")
    written = {"release": "r1", "steps": [step.to_json() for step in plan.steps]}
    journal = KilledJournal.begin(s3, BUCKET, "prod/releases/r1/", written, Redaction())
    assert isinstance(journal, KilledJournal)
    journal.records_left = records
    return Execution(steps=plan.steps, journal=journal, lock=lock, do=shop.do, options="-s prod")


def go_on(s3: Any, place: LockPlace, plan: Plan, shop: Shop, *, records: int = 0) -> Execution:
    """In another process, once the first is taken for dead."""
    found = place.read()
    assert found
    lock = place.acquire(release="r1", who="you", host="elsewhere", resumes=True)
    journal = KilledJournal.read(s3, BUCKET, "prod/releases/r1/", Redaction())
    assert isinstance(journal, KilledJournal)
    journal.records_left = records
    return Execution(steps=plan.steps, journal=journal, lock=lock, do=shop.do, options="-s prod")


@pytest.fixture(autouse=True)
def dead_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose heartbeat stopped is dead after two minutes. Here it is at once."""
    monkeypatch.setattr("release.lock.STALE_SECONDS", -1)


def records_of(plan: Plan) -> int:
    """How many records a release has that goes well: three a step, one at the start, one at the end."""
    return 3 * len(plan.steps) + 2


KILLS = [(plan, records) for plan in PLANS for records in range(1, records_of(plan) + 1)]


@pytest.mark.row(19)
@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_a_release_ends_quiet(s3: Any, place: LockPlace, plan: Plan) -> None:
    shop = Shop(plan.kind)
    execution = begin(s3, place, plan, shop)
    execution.forward()
    require_quiet(shop, NEW)
    assert len(execution.journal.records) == records_of(plan)
    assert execution.progress.end is End.DONE


@pytest.mark.parametrize(("plan", "records"), KILLS, ids=str)
def test_a_killed_release_is_finished_by_another_process(s3: Any, place: LockPlace, plan: Plan, records: int) -> None:
    shop = Shop(plan.kind)
    with pytest.raises(KilledError):
        begin(s3, place, plan, shop, records=records).forward()
    if records < records_of(plan):
        go_on(s3, place, plan, shop).forward()
    require_quiet(shop, NEW)
    assert shop.migrations <= 1


@pytest.mark.parametrize(("plan", "records"), KILLS, ids=str)
def test_a_killed_release_is_taken_back_or_says_that_it_cannot_be(
    s3: Any, place: LockPlace, plan: Plan, records: int
) -> None:
    shop = Shop(plan.kind)
    with pytest.raises(KilledError):
        begin(s3, place, plan, shop, records=records).forward()
    if records == records_of(plan):
        return
    back = go_on(s3, place, plan, shop)
    asks = any(Action.ASK_PREVIOUS in step.undo for step in back.progress.to_undo)
    if shop.old_can_live:
        back.back()
        require_quiet(shop, OLD)
        return
    assert asks
    held = (shop.hold, dict(shop.runs))
    with pytest.raises(HalfWayError, match="release resume -s prod"):
        back.back()
    # Nothing was taken back: what the new release needs stays.
    assert (shop.hold, shop.runs) == held
    back.lock.stop()
    go_on(s3, place, plan, shop).forward()
    require_quiet(shop, NEW)


FAILURES = [(plan, step) for plan in PLANS for step in plan.steps]


@pytest.mark.row(20)
@pytest.mark.parametrize(
    ("plan", "step"), FAILURES, ids=lambda each: each.name if isinstance(each, Step) else str(each)
)
def test_a_step_that_fails_takes_the_release_back(s3: Any, place: LockPlace, plan: Plan, step: Step) -> None:
    shop = Shop(plan.kind, failing={step.action})
    execution = begin(s3, place, plan, shop)
    with pytest.raises(ReleaseError) as caught:
        execution.forward()
    assert not shop.wrong
    if not isinstance(caught.value, HalfWayError):
        require_quiet(shop, OLD)
        assert execution.progress.end is End.UNDONE
        return
    # It follows on a release that is found good, or the database is changed and the old release cannot live with it.
    assert step.action in STOPS or not shop.old_can_live
    assert "./shop release resume -s prod" in str(caught.value)
    execution.lock.stop()
    shop.failing.clear()
    go_on(s3, place, plan, shop).forward()
    require_quiet(shop, NEW)


@pytest.mark.parametrize(
    ("plan", "step"), FAILURES, ids=lambda each: each.name if isinstance(each, Step) else str(each)
)
def test_what_cannot_be_taken_back_can_be_tried_again(s3: Any, place: LockPlace, plan: Plan, step: Step) -> None:
    """AWS refuses everything from one step on, the way back too."""
    shop = Shop(plan.kind)
    execution = begin(s3, place, plan, shop)

    def do(action: Action, note: Note) -> Mapping[str, Any]:
        if action is step.action:
            shop.failing = set(Action)
        return shop.do(action, note)

    broken = Execution(
        steps=execution.steps, journal=execution.journal, lock=execution.lock, do=do, options=execution.options
    )
    with pytest.raises(ReleaseError):
        broken.forward()
    if execution.progress.end is None:
        execution.lock.stop()
        shop.failing.clear()
        back = go_on(s3, place, plan, shop)
        if shop.old_can_live:
            back.back()
            assert shop.runs["front"] == OLD
        else:
            back.forward()
    require_quiet(shop)


@pytest.mark.parametrize(
    ("plan", "step"), FAILURES, ids=lambda each: each.name if isinstance(each, Step) else str(each)
)
def test_credentials_that_expire_stop_it_half_way(s3: Objects, place: LockPlace, plan: Plan, step: Step) -> None:
    """A release takes longer than many credentials last. What was done is not taken back, and nothing says that it was:
    whoever has new credentials goes on."""
    shop = Shop(plan.kind)
    execution = begin(s3, place, plan, shop)

    def do(action: Action, note: Note) -> Mapping[str, Any]:
        if action is step.action:
            s3.have_expired = True
        return shop.do(action, note)

    with pytest.raises(HalfWayError) as stopped:
        replace(execution, do=do).forward()
    # As the tool does at the end. S3 does not take it, so that the lock is free two minutes later.
    execution.lock.stop()
    first, *ways = str(stopped.value).splitlines()
    assert "AWS credentials: got ExpiredToken (The provided token has expired), expected valid ones." in first
    assert ways[0].endswith("./shop release resume -s prod")
    s3.have_expired = False
    go_on(s3, place, plan, shop).forward()
    require_quiet(shop, NEW)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CannotRunError("output release_documents: got no migrate"), "output release_documents: got no migrate"),
        (KeyError("Status"), "KeyError: 'Status'"),
    ],
)
def test_what_nobody_expected_takes_the_release_back_too(
    s3: Any, place: LockPlace, error: Exception, said: str
) -> None:
    """A document that the stack does not have, which ends any other command with "nothing was changed"."""
    shop = Shop(Kind.PLAIN)
    execution = begin(s3, place, Plan(Kind.PLAIN), shop)

    def do(action: Action, note: Note) -> Mapping[str, Any]:
        if action is Action.VERIFY_FRONT:
            raise error
        return shop.do(action, note)

    with pytest.raises(ReleaseError, match=f"is taken back: the shop is as before. verify-front: {said}") as failed:
        replace(execution, do=do).forward()
    assert failed.value.exit_code is ExitCode.FAILED
    require_quiet(shop, OLD)


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_each_record_may_be_the_last_of_its_process(s3: Any, place: LockPlace, plan: Plan) -> None:
    """One release, whose process is killed after every record."""
    shop = Shop(plan.kind)
    with pytest.raises(KilledError):
        begin(s3, place, plan, shop, records=1).forward()
    processes = 1
    while Progress.of(plan.steps, written(s3)).end is None:
        processes += 1
        with pytest.raises(KilledError):
            # The first record says who goes on. After the second one the action is not begun, after the third it is
            # under way, and after the fourth it is over.
            go_on(s3, place, plan, shop, records=2 + processes % 3).forward()
    assert processes > 2 * len(plan.steps)
    require_quiet(shop, NEW)


def written(s3: Any) -> list[Record]:
    return Journal.read(s3, BUCKET, "prod/releases/r1/", Redaction()).records


def test_two_processes_do_not_do_one_release(s3: Any, place: LockPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(Kind.HELD)
    execution = begin(s3, place, Plan(Kind.HELD), shop)
    monkeypatch.setattr("release.lock.STALE_SECONDS", 120)
    with pytest.raises(LockedError):
        go_on(s3, place, Plan(Kind.HELD), shop)
    monkeypatch.setattr("release.lock.STALE_SECONDS", -1)
    second = go_on(s3, place, Plan(Kind.HELD), shop)
    # The first was not dead, and changes nothing any more.
    with pytest.raises(LockLostError):
        execution.forward()
    assert shop.runs["front"] == OLD
    second.forward()
    require_quiet(shop, NEW)


def interrupted(_action: Action, _note: Note) -> Iterator[None]:
    raise KeyboardInterrupt


def test_control_c_stops_half_way_and_says_how_to_go_on(s3: Any, place: LockPlace) -> None:
    shop = Shop(Kind.PLAIN)
    execution = begin(s3, place, Plan(Kind.PLAIN), shop)
    broken = Execution(
        steps=execution.steps,
        journal=execution.journal,
        lock=execution.lock,
        do=interrupted,  # type: ignore[arg-type]
        options="-s prod",
    )
    with pytest.raises(HalfWayError, match="interrupted in step register-version"):
        broken.forward()
    execution.lock.stop()
    go_on(s3, place, Plan(Kind.PLAIN), shop).forward()
    require_quiet(shop)


def test_control_c_between_two_steps_says_how_to_go_on_too(
    s3: Any, place: LockPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a record is written, for example."""
    shop = Shop(Kind.PLAIN)
    execution = begin(s3, place, Plan(Kind.PLAIN), shop)
    with monkeypatch.context() as patched:
        patched.setattr(execution.lock, "check", lambda: interrupted(Action.OPEN, not_noted))
        with pytest.raises(HalfWayError, match=r"^The release was interrupted(.|\n)*\./shop release resume -s prod"):
            execution.forward()
    execution.lock.stop()
    go_on(s3, place, Plan(Kind.PLAIN), shop).forward()
    require_quiet(shop)


def test_what_a_step_has_started_is_known_after_a_kill(s3: Any, place: LockPlace) -> None:
    """The process waits for a command and is killed: the id of the command is in the journal."""
    plan, shop = Plan(Kind.HELD), Shop(Kind.HELD)
    before = [step.action for step in plan.steps].index(Action.MIGRATE)
    with pytest.raises(KilledError):
        begin(s3, place, plan, shop, records=1 + 3 * before + 2).forward()
    traces = Traces.of(written(s3))
    assert traces.step == "migrate"
    assert traces.lines == [
        "Step migrate ran migrate on i-1. What it printed: aws ssm get-command-invocation --command-id c-1 "
        "--instance-id i-1"
    ]
    # Once it is done, it is of no interest any more.
    go_on(s3, place, plan, shop).forward()
    assert Traces.of(written(s3)).lines == []


def test_each_step_is_timed(s3: Any, place: LockPlace) -> None:
    """While it is done, and not while the next one is begun."""
    plan, timed = Plan(Kind.HELD), list[str]()

    @contextmanager
    def timing(name: str) -> Iterator[None]:
        timed.append(f"{name} begins")
        yield
        timed.append(f"{name} ends")

    replace(begin(s3, place, plan, Shop(plan.kind)), timing=timing).forward()
    assert timed == [f"{step.name} {what}" for step in plan.steps for what in ("begins", "ends")]
