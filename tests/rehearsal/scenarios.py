"""What is rehearsed: releases that go well, that fail, and whose process is killed, with shoppers in the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from commands.errors import ExitCode
from release.frozen_plan import FrozenPlan
from release.journal import Event, Journal, Record
from release.kinds import Kind
from release.progress import UNDO
from release.redaction import REPLACEMENT
from release.steps import Action
from release.window import measured
from sandbox.applications.releases import (
    Change,
    failing_data_patch,
    failing_health,
    new_column,
    raised_setup_version,
    slow_migration,
    telling,
)
from tests.hosts.live_sandbox import BACK_OFFICE, FRONT
from tests.hosts.secrets import Secrets, places
from tests.rehearsal.answers import HELD_FRONT, Answers, Class, Verdict, texts
from tests.rehearsal.figures import parts_of_hold, wrong_hold, wrong_window
from tests.rehearsal.load import shoppers
from tests.rehearsal.on_call import Line
from tests.rehearsal.operator import Ended, Operator, Planned, at, require_quiet


@dataclass(kw_only=True)
class Row:
    """What a scenario found: a row of the table."""

    name: str
    answers: Answers
    follows: str = ""
    """The name of the row before, if that went well."""
    window: float | None = None
    """Seconds in which the hold page was to be the answer, by the journal."""
    expected: float | None = None
    """What the plan said of it."""
    jobs_of_old_code: int = 0
    """Jobs of cron that began after the migration on a host with the release before."""
    lost_orders: int = 0
    double_orders: int = 0
    wrong: list[str] = field(default_factory=list)
    """What must not be. Empty: the scenario is as it should be."""
    notes: list[str] = field(default_factory=list)

    is_control: bool = False
    """Whether it was done wrong on purpose."""
    broke_off: bool = False
    """Whether it could not be carried through, so that it says nothing."""

    @property
    def is_right(self) -> bool:
        """Whether it came out as it must: a control is noticed."""
        return bool(self.wrong) is self.is_control and not self.broke_off

    def sees(self, line: Line, ended: Ended) -> None:
        """Raise ``AssertionError`` unless a command ended in what a line of docs/on-call.md is about."""
        line.require(ended.code, ended.text)


@dataclass(kw_only=True)
class Rehearsal:
    """The sandbox, and which release its shop runs."""

    operator: Operator
    runs: str
    columns: int
    """How many the releases so far have added."""
    version: int
    """How often they have raised a module's `setup_version`."""
    last_row: str = ""
    """The name of the row before."""

    @classmethod
    def on(cls, operator: Operator) -> Rehearsal:
        """A rehearsal that goes on from what the shop runs now, and from what its database has."""
        columns = operator.sql("SHOW COLUMNS FROM catalog_product LIKE 'origin_%'")
        version = operator.sql("SELECT schema_version FROM setup_module WHERE module = 'Client_Catalog'")
        return cls(
            operator=operator,
            runs=str(operator.live.environment(FRONT)["VersionLabel"]),
            columns=len(columns),
            version=int(version[0][0].split(".")[1]),
        )

    def gone_on(self) -> Rehearsal:
        """A rehearsal that goes on after a scenario that went wrong. What it left running is ended, and a release that
        it left unfinished is finished. Raises ``AssertionError`` if that fails."""
        self.operator.end_all()
        if self.operator.shop("status").code != ExitCode.OK:
            going_on = self.operator.go_on()
            ended = going_on if isinstance(going_on, Ended) else self.operator.end(going_on)
            assert ended.code in (ExitCode.OK, ExitCode.FAILED), ended.text
        return Rehearsal.on(self.operator)

    @contextmanager
    def row(self, name: str, *allowed: Verdict) -> Iterator[Row]:
        """Shoppers while the block runs. Then their orders are counted, and the shop must be quiet.

        `allowed`: what shoppers may be answered besides good pages.
        """
        live = self.operator.live
        before = self._patches_applied_twice()
        with shoppers(live.site["Address"], live.site["Ports"]["443"]) as answers:
            row = Row(name=name, answers=answers, follows=self.last_row)
            self.last_row = name
            try:
                yield row
            except AssertionError as error:
                row.wrong.append(str(error))
        row.wrong += [
            f"front: {text}" for text in texts(each for each in answers.bad(*allowed) if _is_front(each.kind))
        ]
        back_office = [each for each in answers.bad(Verdict.HELD) if each.kind is Class.BACK_OFFICE]
        row.wrong += [f"back office: {text}" for text in texts(back_office)]
        self._count_orders(row)
        row.wrong += [
            f"patch {name} was applied more than once" for name in sorted(self._patches_applied_twice() - before)
        ]
        try:
            require_quiet(self.operator, self.runs)
        except AssertionError as error:
            row.wrong.append(f"not quiet: {error}")

    def _count_orders(self, row: Row) -> None:
        answers = row.answers
        if not answers.attempted:
            return
        # Those of this load alone: Systems Manager answers 24,000 characters at most.
        load, _, _ = next(iter(answers.attempted)).partition("-")
        rows = self.operator.sql(
            f"SELECT po_number, COUNT(*) FROM sales_order WHERE po_number LIKE '{load}-%' GROUP BY 1"
        )
        counts = {number: int(count) for number, count in rows}
        row.lost_orders = sum(counts.get(number, 0) == 0 for number in answers.placed)
        row.double_orders = sum(counts.get(number, 0) > 1 for number in answers.attempted)
        if row.lost_orders or row.double_orders:
            row.wrong.append(f"{row.lost_orders} orders are lost, {row.double_orders} are there more than once")

    def _patches_applied_twice(self) -> set[str]:
        """Since the database was made: a scenario before may have done it."""
        rows = self.operator.sql("SELECT patch_name FROM patch_list GROUP BY 1 HAVING COUNT(*) > 1")
        return {name for (name,) in rows}

    def read_journal(self, row: Row) -> Journal:
        """What the newest journal says of the window, and of cron."""
        journal = self.operator.journal()
        plan = FrozenPlan.from_json(journal.plan)
        row.window, row.expected = measured(plan.steps, journal.records), plan.window_seconds
        migrated = _first(journal.records, Event.DONE, Action.MIGRATE)
        deployed = _first(journal.records, Event.DONE, Action.DEPLOY_BACK_OFFICE, Action.DEPLOY_EVERYWHERE)
        if migrated and deployed:
            begun = f"executed_at >= FROM_UNIXTIME({at(migrated)}) AND executed_at < FROM_UNIXTIME({at(deployed)})"
            row.jobs_of_old_code = int(self.operator.sql(f"SELECT COUNT(*) FROM cron_schedule WHERE {begun}")[0][0])
            if row.jobs_of_old_code:
                row.wrong.append(f"{row.jobs_of_old_code} jobs were run by the old release after the migration")
        return journal

    def plan(
        self,
        kind: Kind,
        *changes: Change,
        raises_version: bool = True,
        edited: Callable[[Path], Path] = lambda bundle: bundle,
    ) -> Planned:
        """A new release that is planned, and is of this kind. It has what all releases before it have changed.

        One that is held raises a module's `setup_version`, so that the release before it cannot live with the database.
        `edited` changes the bundle.
        """
        self.columns += kind is Kind.ADDITIVE
        self.version += kind is Kind.HELD and raises_version
        kept = [new_column(f"origin_{number}") for number in range(1, self.columns + 1)]
        if self.version:
            kept.append(raised_setup_version(f"1.{self.version}.0"))
        planned = self.operator.plan(edited(self.operator.bundle(*kept, *changes)))
        assert planned.kind == kind, planned.text
        return planned

    def release(self, planned: Planned) -> Ended:
        """Carry it out. It must succeed, and leave the cache of the running release alone."""
        self.operator.require_own_cache(planned)
        ended = self.operator.shop(*self.operator.deploy(planned))
        assert ended.code == ExitCode.OK, ended.text
        self.runs = planned.release
        return ended

    def resume(self, planned: Planned) -> None:
        """Go on with a release that stopped. It must succeed."""
        ended = self.operator.shop("resume")
        assert ended.code == ExitCode.OK, ended.text
        self.runs = planned.release


Scenario = Callable[[Rehearsal], Row]


def plain(rehearsal: Rehearsal) -> Row:
    """Neither database nor configuration changes. Shoppers notice nothing."""
    planned = rehearsal.plan(Kind.PLAIN)
    with rehearsal.row("plain") as row:
        rehearsal.release(planned)
    rehearsal.read_journal(row)
    _require_prediction(row)
    return row


def additive(rehearsal: Rehearsal) -> Row:
    """A new column. The database is changed first, and shoppers notice nothing."""
    planned = rehearsal.plan(Kind.ADDITIVE)
    with rehearsal.row("additive") as row:
        rehearsal.release(planned)
    rehearsal.read_journal(row)
    _require_prediction(row)
    return row


def held(rehearsal: Rehearsal) -> Row:
    """A change that the running release cannot live with. Shoppers see the hold page, and nothing else of it."""
    planned = rehearsal.plan(Kind.HELD)
    with rehearsal.row("held", Verdict.HELD) as row:
        rehearsal.release(planned)
    journal = rehearsal.read_journal(row)
    _require_hold(row, journal)
    _require_short(row, journal)
    _require_prediction(row)
    return row


def killed(kind: Kind) -> Scenario:
    """The process is killed after the first and the last record of each step, and another one goes on each time."""

    def scenario(rehearsal: Rehearsal) -> Row:
        operator, before = rehearsal.operator, rehearsal.runs
        planned = rehearsal.plan(Kind.PLAIN if kind is Kind.ROLLBACK else kind)
        command, becomes = Operator.deploy(planned), planned.release
        if kind is Kind.ROLLBACK:
            rehearsal.release(planned)
            command, becomes = ("rollback",), before
        with rehearsal.row(f"{kind} killed", *([Verdict.HELD] if kind is Kind.HELD else [])) as row:
            process = operator.begin_release(*command)
            kills, ended = operator.kill_after_each(process, lambda record: record.event is not Event.NOTED)
            assert ended.code == ExitCode.OK, ended.text
            rehearsal.runs = becomes
            row.notes.append(f"killed {kills} times")
        journal = rehearsal.read_journal(row)
        if kind is Kind.HELD:
            _require_hold(row, journal)
        return row

    return scenario


def secrets_told(rehearsal: Rehearsal) -> Row:
    """A migration fails with the secrets of env.php in its message, then a hook does, and then the process is killed.
    Nobody reads a secret in the terminal, in the journal, or in what AWS keeps."""
    operator = rehearsal.operator
    planned = rehearsal.plan(Kind.HELD, telling(operator.name("Tell")))
    with rehearsal.row("secrets told", Verdict.HELD) as row:
        ended = operator.shop(*Operator.deploy(planned))
        assert ended.code == ExitCode.HALF_WAY, ended.text
        operator.shop("status")
        operator.shop("diagnose")
        ended = operator.shop("resume")
        assert ended.code == ExitCode.HALF_WAY, ended.text
        assert "predeploy/95_tell_secrets.sh" in ended.text, ended.text
        operator.shop("diagnose")
        process = operator.begin("resume")
        assert operator.await_record(process, _is_at((Event.INTENDED, Action.DEPLOY_EVERYWHERE)))
        operator.kill(process)
        operator.let_the_lock_grow_old()
        rehearsal.resume(planned)
    journal = rehearsal.read_journal(row)
    _require_hold(row, journal)
    told = [operator.shop("diagnose", "--instance", operator.live.instances(FRONT)[0]), operator.shop("history")]
    told.append(operator.shop("history", operator.journal_names()[-1]))
    for each in told:
        assert each.code == ExitCode.OK, each.text
    _require_no_secret(row, operator)
    return row


def migration_fails(rehearsal: Rehearsal) -> Row:
    """A data patch fails, and the running release can live with what was changed before it: all is taken back."""
    rehearsal.operator.sql(WITHOUT_WAREHOUSE)
    planned = rehearsal.plan(Kind.HELD, failing_data_patch(), raises_version=False)
    with rehearsal.row("migration fails", Verdict.HELD) as row:
        row.sees(Line.TAKEN_BACK, rehearsal.operator.shop(*Operator.deploy(planned)))
    _require_hold(row, rehearsal.operator.journal())
    return row


def deployed_again(rehearsal: Rehearsal) -> Row:
    """One release in three attempts. The first fails before it changes anything, and its plan is carried out again.
    That fails in its migration. Then the plan does not hold any more, and the release is planned anew."""
    operator = rehearsal.operator
    operator.sql(WITHOUT_WAREHOUSE)
    planned = rehearsal.plan(Kind.HELD, failing_data_patch(), raises_version=False)
    with rehearsal.row("deployed again", Verdict.HELD) as row:
        with _no_room_for_a_snapshot(operator):
            row.sees(Line.TAKEN_BACK, operator.shop(*Operator.deploy(planned)))
        row.sees(Line.TAKEN_BACK, operator.shop(*Operator.deploy(planned)))
        failed = operator.journal()
        operator.sql(WITH_WAREHOUSE)
        row.sees(Line.FACTS_CHANGED, operator.shop(*Operator.deploy(planned)))
        ended = operator.shop(*Operator.deploy(operator.plan("--uploaded", planned.release)))
        assert ended.code == ExitCode.OK, ended.text
        rehearsal.runs = planned.release
    journal = rehearsal.read_journal(row)
    _require_hold(row, journal)
    _require_short(row, journal)
    made = [_first(each.records, Event.DONE, Action.MAKE_SNAPSHOT) for each in (failed, journal)]
    if len({each.details["snapshot"] for each in made if each}) != len(made):
        row.wrong.append("got no snapshot, or one of both attempts, expected one each")
    [[applied]] = operator.sql("SELECT COUNT(*) FROM patch_list WHERE patch_name LIKE '%FillWarehouse'")
    if int(applied) != 1:
        row.wrong.append(f"the patch was applied {applied} times, expected once")
    operator.sql(WITHOUT_WAREHOUSE)
    return row


def migration_fails_half_way(rehearsal: Rehearsal) -> Row:
    """The same, and the running release cannot: the hold stays, the cause is mended, and the release goes on."""
    operator = rehearsal.operator
    operator.sql(WITHOUT_WAREHOUSE)
    planned = rehearsal.plan(Kind.HELD, failing_data_patch())
    with rehearsal.row("migration fails half-way", Verdict.HELD) as row:
        ended = operator.shop(*Operator.deploy(planned))
        row.sees(Line.HALF_WAY, ended)
        assert "client/stock/warehouse is not set" in ended.text, ended.text
        row.sees(Line.NOT_FINISHED, operator.shop("status"))
        operator.sql(WITH_WAREHOUSE)
        rehearsal.resume(planned)
    _require_hold(row, operator.journal())
    operator.sql(WITHOUT_WAREHOUSE)
    return row


def migration_killed(rehearsal: Rehearsal) -> Row:
    """setup:upgrade is killed in the middle. It runs once more, from where it was."""
    operator = rehearsal.operator
    planned = rehearsal.plan(Kind.HELD, slow_migration(10, operator.name("Killed")))
    with rehearsal.row("migration killed", Verdict.HELD) as row:
        process = operator.begin_release(*Operator.deploy(planned))
        operator.await_record(process, _is_at((Event.INTENDED, Action.MIGRATE)))
        operator.on_back_office(
            "until systemctl is-active --quiet 'magento-migration-*'; do sleep 0.2; done",
            "sleep 3",
            "systemctl kill --signal=KILL 'magento-migration-*'",
        )
        row.sees(Line.HALF_WAY, operator.end(process))
        row.sees(Line.NOT_FINISHED, operator.shop("status"))
        rehearsal.resume(planned)
    _require_hold(row, rehearsal.read_journal(row))
    return row


def hook_fails(rehearsal: Rehearsal) -> Row:
    """A hook of the release fails on the first front instance. The message says which, and its log's end."""
    planned = rehearsal.plan(Kind.PLAIN, Change(files={".platform/hooks/predeploy/95_fail.sh": FAILS_ON_FRONT}))
    with rehearsal.row("hook fails on an instance") as row:
        ended = rehearsal.operator.shop(*Operator.deploy(planned))
        row.sees(Line.TAKEN_BACK, ended)
        row.sees(Line.INSTANCE_FAILED, ended)
        assert "this hook fails on purpose" in ended.text, ended.text
    return row


def health_fails(rehearsal: Rehearsal) -> Row:
    """The health check of the release answers 500, and its pages do not."""
    planned = rehearsal.plan(Kind.PLAIN, failing_health())
    with rehearsal.row("health fails") as row:
        row.sees(Line.TAKEN_BACK, rehearsal.operator.shop(*Operator.deploy(planned)))
    return row


def instance_dies(rehearsal: Rehearsal) -> Row:
    """The instance of a batch is terminated in the middle of its deployment. Another one takes its place."""
    operator, live = rehearsal.operator, rehearsal.operator.live
    planned = rehearsal.plan(Kind.PLAIN)
    with rehearsal.row("an instance dies in its batch") as row:
        process = operator.begin_release(*Operator.deploy(planned))
        operator.await_record(process, _is_at((Event.INTENDED, Action.DEPLOY_FRONT)))
        live.platform.client("ec2").terminate_instances(InstanceIds=[operator.instance_in_progress(FRONT)])
        ended = operator.end(process)
        assert ended.code in (ExitCode.OK, ExitCode.FAILED), ended.text
        if ended.code == ExitCode.OK:
            rehearsal.runs = planned.release
        row.notes.append("went on" if ended.code == ExitCode.OK else "was taken back")
    return row


def throttled(rehearsal: Rehearsal) -> Row:
    """AWS throttles, and answers of calls that succeeded are lost."""
    planned = rehearsal.plan(Kind.PLAIN)
    with rehearsal.row("throttled, answers lost") as row, rehearsal.operator.faults(Seed=7, Throttled=0.05, Lost=0.05):
        rehearsal.release(planned)
    rehearsal.read_journal(row)
    return row


def snapshot_fails(rehearsal: Rehearsal) -> Row:
    """The account has as many snapshots as RDS allows. Nothing is changed yet, and nothing stays."""
    planned = rehearsal.plan(Kind.ADDITIVE)
    with rehearsal.row("a snapshot fails") as row, _no_room_for_a_snapshot(rehearsal.operator):
        row.sees(Line.TAKEN_BACK, rehearsal.operator.shop(*Operator.deploy(planned)))
    rehearsal.columns -= 1
    return row


def two_at_once(rehearsal: Rehearsal) -> Row:
    """Two people release at the same time. One of them is told who is at work."""
    operator = rehearsal.operator
    planned, other = rehearsal.plan(Kind.PLAIN), rehearsal.plan(Kind.PLAIN)
    with rehearsal.row("two releases at once") as row:
        process = operator.begin_release(*Operator.deploy(planned))
        row.sees(Line.LOCKED, operator.shop(*Operator.deploy(other)))
        row.sees(Line.LOCKED, operator.shop("resume"))
        row.sees(Line.AT_WORK, operator.shop("status"))
        assert operator.end(process).code == ExitCode.OK
        rehearsal.runs = planned.release
        row.sees(Line.FACTS_CHANGED, operator.shop(*Operator.deploy(other)))
    rehearsal.read_journal(row)
    return row


def replaced_in_hold(rehearsal: Rehearsal) -> Row:
    """A front instance is replaced during the hold. The new one comes up with the release before."""
    operator, live = rehearsal.operator, rehearsal.operator.live
    planned = rehearsal.plan(Kind.HELD, slow_migration(5, operator.name("Replaced")))
    with rehearsal.row("an instance is replaced in the hold", Verdict.HELD) as row:
        process = operator.begin_release(*Operator.deploy(planned))
        operator.await_record(process, _is_at((Event.INTENDED, Action.MIGRATE)))
        live.platform.client("ec2").terminate_instances(InstanceIds=[live.instances(FRONT)[0]])
        ended = operator.end(process)
        assert ended.code == ExitCode.OK, ended.text
        rehearsal.runs = planned.release
    _require_hold(row, rehearsal.read_journal(row))
    return row


def grows_in_hold(rehearsal: Rehearsal) -> Row:
    """A front instance is added during the hold. It comes up with the release before."""
    operator, live = rehearsal.operator, rehearsal.operator.live
    planned = rehearsal.plan(Kind.HELD, slow_migration(5, operator.name("Grown")))
    before = len(live.instances(FRONT))
    with rehearsal.row("an instance is added in the hold", Verdict.HELD) as row:
        process = operator.begin_release(*Operator.deploy(planned))
        operator.await_record(process, _is_at((Event.INTENDED, Action.MIGRATE)))
        operator.set_instances(FRONT, before + 1)
        ended = operator.end(process)
        assert ended.code == ExitCode.OK, ended.text
        rehearsal.runs = planned.release
    _require_hold(row, rehearsal.read_journal(row))
    operator.set_instances(FRONT, before)
    return row


def agent_lost(rehearsal: Rehearsal) -> Row:
    """SSM Agent dies while it migrates, and what it had started with it. The migration itself goes on."""
    operator = rehearsal.operator
    planned = rehearsal.plan(Kind.HELD, slow_migration(10, operator.name("Lost")))
    with rehearsal.row("SSM is lost", Verdict.HELD) as row:
        process = operator.begin_release(*Operator.deploy(planned))
        operator.await_record(process, _is_at((Event.INTENDED, Action.MIGRATE)))
        operator.on_back_office(
            "until systemctl is-active --quiet 'magento-migration-*'; do sleep 0.2; done",
            "for process in $(pgrep --full 'document/orchestration/.*/_script.sh'); do",
            "    if [ $process != $$ ] && [ $process != $PPID ]; then kill -KILL $process; fi",
            "done",
        )
        row.sees(Line.HALF_WAY, operator.end(process))
        rehearsal.resume(planned)
    _require_hold(row, rehearsal.read_journal(row))
    return row


def up_in_hold(rehearsal: Rehearsal) -> Row:
    """Somebody runs `pulumi up` during the hold. It changes none of it."""
    operator, live = rehearsal.operator, rehearsal.operator.live
    planned = rehearsal.plan(Kind.HELD, slow_migration(5, operator.name("Updated")))
    with rehearsal.row("pulumi up in the hold", Verdict.HELD) as row:
        process = operator.begin_release(*Operator.deploy(planned))
        operator.await_record(process, _is_at((Event.DONE, Action.HOLD_SHOP)))
        said = live.platform.pulumi("up", "--yes", "--skip-preview", "-s", "prod").stdout
        ended = operator.end(process)
        assert ended.code == ExitCode.OK, ended.text
        rehearsal.runs = planned.release
        assert "unchanged" in said, said
    _require_hold(row, rehearsal.read_journal(row))
    return row


def rolled_back(rehearsal: Rehearsal) -> Row:
    """A plain release is taken back on the next day: the one before it is deployed again."""
    before = rehearsal.runs
    planned = rehearsal.plan(Kind.PLAIN)
    with rehearsal.row("rollback") as row:
        rehearsal.release(planned)
        ended = rehearsal.operator.shop("rollback")
        assert ended.code == ExitCode.OK, ended.text
        rehearsal.runs = before
    rehearsal.read_journal(row)
    return row


def back_office_open(rehearsal: Rehearsal) -> Row:
    """The back office has a second instance while it is deployed to. Its users notice nothing, and cron stays where it
    is."""
    operator, live = rehearsal.operator, rehearsal.operator.live
    with operator.additional_batch():
        planned = rehearsal.plan(Kind.PLAIN)
        with rehearsal.row("back office stays open") as row:
            (first,) = live.instances(BACK_OFFICE)
            process = operator.begin_release(*Operator.deploy(planned))
            operator.await_record(process, _is_at((Event.INTENDED, Action.DEPLOY_BACK_OFFICE)))
            second = operator.second_back_office(first, planned.release)
            asks = (
                f"runuser -u webapp -- bash /var/app/current/.platform/is_oldest_instance.sh {BACK_OFFICE} "
                "&& echo oldest || echo younger; cat /var/log/magento-cron.log"
            )
            try:
                said = live.run(second, asks).split()
            finally:
                ended = operator.end(process)
            assert ended.code == ExitCode.OK, ended.text
            rehearsal.runs = planned.release
            assert said == ["younger"], f"second instance of the back office: got {said}, expected it to run no cron"
            assert live.instances(BACK_OFFICE) == [first]
    if held := row.answers.count(Verdict.HELD, Class.BACK_OFFICE):
        row.wrong.append(f"{held} requests of the back office got the hold page")
    rehearsal.read_journal(row)
    return row


def rollback_refused(rehearsal: Rehearsal) -> Row:
    """The release before cannot live with the database: it is not deployed again."""
    planned = rehearsal.plan(Kind.HELD)
    with rehearsal.row("rollback refused", Verdict.HELD) as row:
        rehearsal.release(planned)
        row.sees(Line.ROLLBACK_REFUSED, rehearsal.operator.shop("rollback"))
    return row


def drilled(rehearsal: Rehearsal) -> Row:
    """A snapshot of the database is restored beside the shop, and the shop's release runs with it. Nobody notices."""
    operator = rehearsal.operator
    rds, snapshot = operator.live.platform.client("rds"), operator.name("drill-").lower()
    database = operator.live.platform.outputs("prod")["database_endpoint"].partition(".")[0]
    with rehearsal.row("drill") as row:
        rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=snapshot)
        waits = {"Delay": 1, "MaxAttempts": 120}
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=snapshot, WaiterConfig=waits)
        ended = operator.shop("restore", "--snapshot", snapshot, of="drill")
        assert ended.code == ExitCode.OK, ended.text
        assert "page / 200" in ended.text, ended.text
    rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    return row


SCENARIOS: Mapping[str, Scenario] = {
    "plain": plain,
    # Once more: what it is expected to take is how long it took before.
    "plain-again": plain,
    "additive": additive,
    "additive-again": additive,
    "held": held,
    "held-again": held,
    "rollback": rolled_back,
    "rollback-refused": rollback_refused,
    "secrets-told": secrets_told,
    "migration-fails": migration_fails,
    "deployed-again": deployed_again,
    "migration-fails-half-way": migration_fails_half_way,
    "migration-killed": migration_killed,
    "hook-fails": hook_fails,
    "health-fails": health_fails,
    "instance-dies": instance_dies,
    "throttled": throttled,
    "snapshot-fails": snapshot_fails,
    "two-at-once": two_at_once,
    "replaced-in-hold": replaced_in_hold,
    "grows-in-hold": grows_in_hold,
    "agent-lost": agent_lost,
    "up-in-hold": up_in_hold,
    "back-office-open": back_office_open,
    "drill": drilled,
    "plain-killed": killed(Kind.PLAIN),
    "additive-killed": killed(Kind.ADDITIVE),
    "held-killed": killed(Kind.HELD),
    "rollback-killed": killed(Kind.ROLLBACK),
}
"""By the name that `SCENARIOS=` takes, in the order in which they run."""

FAILS_ON_FRONT = """\
#!/bin/sh
if [ "$MAGENTO_TIER" = front ]; then
    echo "this hook fails on purpose" >&2
    exit 1
fi
"""
WITHOUT_WAREHOUSE = (
    "DELETE s, p FROM core_config_data s LEFT JOIN patch_list p ON p.patch_name LIKE '%FillWarehouse' "
    "WHERE s.path = 'client/stock/warehouse'"
)
WITH_WAREHOUSE = "INSERT INTO core_config_data (path, value) VALUES ('client/stock/warehouse', 'Paris')"
"""What `failing_data_patch` fails without."""
_MOST_SNAPSHOTS = 100
"""Manual snapshots of an account and region ("Quotas and constraints for Amazon RDS")."""


@contextmanager
def _no_room_for_a_snapshot(operator: Operator) -> Iterator[None]:
    """Within the block, the account has as many snapshots as RDS allows."""
    rds = operator.live.platform.client("rds")
    database = rds.describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"]
    made = []
    try:
        for number in range(_MOST_SNAPSHOTS):
            try:
                rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=f"filler-{number}")
            except rds.exceptions.SnapshotQuotaExceededFault:
                # Those of releases before count too.
                break
            made.append(f"filler-{number}")
        yield
    finally:
        for name in made:
            rds.delete_db_snapshot(DBSnapshotIdentifier=name)


def _is_at(point: tuple[Event, str]) -> Callable[[Record], bool]:
    return lambda record: (record.event, record.step) == point


def _first(records: Sequence[Record], event: Event, *steps: str) -> Record | None:
    return next((each for each in records if each.event is event and each.step in steps), None)


def _require_no_secret(row: Row, operator: Operator) -> None:
    """No secret is where releases write. The places in which one was told have the mark in its place."""
    secrets = Secrets.of(operator.live)
    for kind, texts_ in places(operator.live, operator.printed).items():
        marked = sum(REPLACEMENT in text for _, text in texts_)
        row.notes.append(f"{kind}: {len(texts_)} texts, {marked} with a mark")
        row.wrong += [
            f"{kind}: {place} has {', '.join(sorted(found))}"
            for place, text in texts_
            if (found := secrets.found_in(text))
        ]
        if not texts_:
            row.wrong.append(f"{kind}: got no text, expected some")
        if not marked and kind != "Elastic Beanstalk":
            row.wrong.append(f"{kind}: got no {REPLACEMENT}, expected one where a secret was told")


def _is_front(kind: Class) -> bool:
    return kind is not Class.BACK_OFFICE


def _require_prediction(row: Row) -> None:
    """The window takes as long as the plan said, if the release before was alike. Of any other, steps take other times:
    it migrated more, or the process was killed."""
    if row.window is None:
        row.wrong.append("got no window, expected one: the release is not over")
        return
    if row.follows == row.name:
        row.wrong += wrong_window(row.window, row.expected or 0.0)


def _require_short(row: Row, journal: Journal) -> None:
    """The hold takes as long as the migration, one host's deployment and ten seconds."""
    if row.window is not None:
        parts = parts_of_hold(row.window, journal.records)
        row.notes += [f"{name} {seconds:.0f} s" for name, seconds in parts.items()]
        row.wrong += wrong_hold(row.window, journal.records)


def _require_hold(row: Row, journal: Journal) -> None:
    """Between arming and disarming, the hold page alone answers. Before and after, it does not."""
    armed = _first(journal.records, Event.DONE, Action.HOLD_SHOP)
    # A release that is taken back opens the shop by undoing the hold.
    opening = _first(journal.records, Event.INTENDED, Action.OPEN, f"{UNDO}{Action.HOLD_SHOP}")
    if armed is None or opening is None:
        row.wrong.append("the journal has no hold, expected one")
        return
    within = [each for each in row.answers.of(*HELD_FRONT) if at(armed) < each.at and each.over < at(opening)]
    if through := [each for each in within if each.verdict is Verdict.GOOD]:
        row.wrong.append(f"{len(through)} of {len(within)} requests during the hold were answered by the shop")
    if not within:
        row.wrong.append("got no request during the hold, expected some")
