"""Releases whose process is killed after each of its records, and which somebody finishes as `status` says."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence

from commands.errors import ExitCode
from release.journal import Event, Record
from release.kinds import Kind
from release.progress import ENDED, UNDO
from release.steps import Action
from sandbox.applications.releases import Change, failing_data_patch, raised_setup_version, slow_migration
from tests.hosts.live_sandbox import LiveSandbox
from tests.rehearsal.answers import Verdict
from tests.rehearsal.operator import Operator, Planned, at
from tests.rehearsal.scenarios import FAILS_ON_FRONT, WITH_WAREHOUSE, WITHOUT_WAREHOUSE, Rehearsal, Row, Scenario

_PREPRODUCTION = ("client-preprod-back-office", "client-preprod-front")
_ADMINISTRATOR = "admin@client.url"
_SATELLITES = ("pim", "custom-connection", "mirakl-cashout")
_FAILS = "#!/bin/sh\necho 'this hook fails on purpose' >&2\nexit 1\n"
_PLACEHOLDER = "placeholder"
"""In the label of the version that an environment has before its first release."""
_DROP_TABLES = """
require "/var/app/current/.platform/database.php";
$database = connect(require "/var/app/current/app/etc/env.php");
$database->exec("SET FOREIGN_KEY_CHECKS = 0");
foreach ($database->query("SHOW TABLES")->fetchAll(PDO::FETCH_COLUMN) as $table) {
    $database->exec("DROP TABLE `$table`");
}
"""


def taken_back(kind: Kind) -> Scenario:
    """The front's deployment fails, and the process is killed after each record from there on: the failure, and each
    step of the way back."""

    def scenario(rehearsal: Rehearsal) -> Row:
        operator = rehearsal.operator
        changes = [Change(files={".platform/hooks/predeploy/95_fail.sh": FAILS_ON_FRONT})]
        if kind is Kind.HELD:
            # The release before can live with its patch.
            changes.append(slow_migration(1, operator.name("Undone")))
        planned = rehearsal.plan(kind, *changes, raises_version=False)
        held = [Verdict.HELD] if kind is Kind.HELD else []
        with rehearsal.row(f"{kind} taken back, killed", *held) as row:
            process = operator.begin_release(*Operator.deploy(planned))
            _kill_after_each_record(row, operator, process, _is_of_the_way_back)
        return row

    return scenario


def first_release(rehearsal: Rehearsal) -> Row:
    """The first release of pre-production, which installs Magento: its database is empty, and its environments run
    their placeholder."""
    operator = rehearsal.operator.of("preprod")
    live = operator.live
    _empty_database(live)
    _run_placeholder(live)
    with rehearsal.row("first release killed") as row:
        planned = operator.plan(operator.bundle(), "--first-admin-email", _ADMINISTRATOR)
        process = operator.begin_release(*Operator.deploy(planned))
        _kill_after_each_record(row, operator, process)
        _require_release(operator, planned.release, _PREPRODUCTION)
        back_office, _ = _PREPRODUCTION
        administrators = live.sql("SELECT COUNT(*) FROM admin_user", back_office)
        assert administrators == "1", f"got {administrators} administrators, expected 1"
        (host,) = live.instances(back_office)
        log = "/var/app/current/var/log/first_installation.log"
        installed = live.run(host, f"grep --count '^$ bin/magento setup:install$' {log}").strip()
        assert installed == "1", f"got {installed} times setup:install, expected it once"
        page = live.get("/", "preprod.client.url", environment=_PREPRODUCTION[1])
        assert page.status == 200, page.text
    return row


def first_release_of_a_shop(rehearsal: Rehearsal) -> Row:
    """The first release of pre-production, whose database holds an older shop. To change it fails, and the cause is
    mended. Then the process is killed after each record, also while the database changes."""
    operator = rehearsal.operator.of("preprod")
    _, front = _PREPRODUCTION
    operator.sql(WITHOUT_WAREHOUSE)
    administrators = operator.sql("SELECT * FROM admin_user")
    [[version]] = operator.sql("SELECT schema_version FROM setup_module WHERE module = 'Client_Catalog'")
    newer = raised_setup_version(f"1.{int(version.split('.')[1]) + 1}.0")
    patch = operator.name("Moved")
    _run_placeholder(operator.live)
    with rehearsal.row("first release of a shop killed") as row:
        bundle = operator.bundle(newer, failing_data_patch(), slow_migration(5, patch))
        planned = operator.plan(bundle, "--first-admin-email", _ADMINISTRATOR)
        ended = operator.shop(*Operator.deploy(planned))
        assert ended.code == ExitCode.HALF_WAY, ended.text
        assert "client/stock/warehouse is not set" in ended.text, ended.text
        operator.sql(WITH_WAREHOUSE)
        failed = operator.journal().records[-1].number
        _kill_after_each_record(row, operator, operator.begin("resume"), lambda record: record.number > failed)
        _require_release(operator, planned.release, _PREPRODUCTION)
        for status in ("setup:db:status", "app:config:status"):
            operator.on_back_office("cd /var/app/current", f"runuser -u webapp -- php bin/magento {status}")
        page = operator.live.get("/", "preprod.client.url", environment=front)
        assert page.status == 200, page.text
        [[applied]] = operator.sql(f"SELECT COUNT(*) FROM patch_list WHERE patch_name LIKE '%{patch}'")
        assert int(applied) == 1, f"the patch was applied {applied} times, expected once"
        assert operator.sql("SELECT * FROM admin_user") == administrators
        operator.on_back_office("test -e /etc/cron.d/magento && test ! -e /var/app/cron-paused")
        begun, changed = (
            next(each for each in operator.journal().records if (each.event, each.step) == wanted)
            for wanted in ((Event.INTENDED, Action.DEPLOY_BACK_OFFICE), (Event.DONE, Action.INSTALL))
        )
        meanwhile = f"executed_at BETWEEN FROM_UNIXTIME({at(begun)}) AND FROM_UNIXTIME({at(changed)})"
        [[jobs]] = operator.sql(f"SELECT COUNT(*) FROM cron_schedule WHERE {meanwhile}")
        assert int(jobs) == 0, f"{jobs} jobs of cron ran before the database was changed"
        row.notes.append(f"no job of cron in {at(changed) - at(begun):.0f} s before the database was changed")
    return row


def satellites(rehearsal: Rehearsal) -> Row:
    """A release of each satellite. Then one of them whose deployment fails, killed on the way back."""
    with rehearsal.row("satellites killed") as row:
        for name in _SATELLITES:
            operator = rehearsal.operator.of("prod", name)
            planned = _planned(operator)
            process = operator.begin_release(*Operator.deploy(planned))
            _kill_after_each_record(row, operator, process)
            _require_release(operator, planned.release, [_environment(name)])
        failing = _planned(operator, Change(files={".platform/hooks/predeploy/95_fail.sh": _FAILS}))
        process = operator.begin_release(*Operator.deploy(failing))
        _kill_after_each_record(row, operator, process, _is_of_the_way_back)
        _require_release(operator, planned.release, [_environment(name)])
    return row


KILLS: Mapping[str, Scenario] = {
    "plain-taken-back-killed": taken_back(Kind.PLAIN),
    "held-taken-back-killed": taken_back(Kind.HELD),
    "first-killed": first_release,
    "first-of-a-shop-killed": first_release_of_a_shop,
    "satellites-killed": satellites,
}
"""By the name that `SCENARIOS=` takes."""


def _kill_after_each_record(
    row: Row,
    operator: Operator,
    process: subprocess.Popen[str],
    wanted: Callable[[Record], bool] = lambda _: True,
) -> None:
    kills, _ = operator.kill_after_each(process, wanted)
    row.notes.append(f"{operator.app or operator.stack}: killed {kills} times")


def _is_of_the_way_back(record: Record) -> bool:
    return record.event is Event.FAILED or record.step.startswith(UNDO) or ENDED in record.details


def _planned(operator: Operator, *changes: Change) -> Planned:
    return operator.plan(operator.bundle(*changes))


def _environment(satellite: str) -> str:
    return f"client-prod-{satellite}"


def _require_release(operator: Operator, release: str, environments: Sequence[str]) -> None:
    """Raise ``AssertionError`` unless a release runs on every instance, and nothing waits for anybody."""
    status = operator.shop("status")
    assert status.code == ExitCode.OK, status.text
    live = operator.live
    beanstalk = live.platform.client("elasticbeanstalk")
    for name in environments:
        live.wait_until_ready(name, 60)
        found = beanstalk.describe_instances_health(EnvironmentName=name, AttributeNames=["Deployment"])
        runs = {each["Deployment"]["VersionLabel"] for each in found["InstanceHealthList"]}
        assert runs == {release}, f"{name} runs {runs}, expected {release}"


def _empty_database(live: LiveSandbox) -> None:
    """Let pre-production's database be as before its first release."""
    back_office, _ = _PREPRODUCTION
    if _PLACEHOLDER not in live.environment(back_office)["VersionLabel"]:
        live.run(live.instances(back_office)[0], f"php -r {shlex.quote(_DROP_TABLES)}")


def _run_placeholder(live: LiveSandbox) -> None:
    """Let pre-production's environments be as before their first release."""
    beanstalk = live.platform.client("elasticbeanstalk")
    for name in _PREPRODUCTION:
        application = live.environment(name)["ApplicationName"]
        versions = beanstalk.describe_application_versions(ApplicationName=application)["ApplicationVersions"]
        label = next(each["VersionLabel"] for each in versions if _PLACEHOLDER in each["VersionLabel"])
        beanstalk.update_environment(EnvironmentName=name, VersionLabel=label)
    for name in _PREPRODUCTION:
        live.wait_until_ready(name)
