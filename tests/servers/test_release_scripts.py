"""The commands of a release on an instance: the very scripts of the SSM documents, with real bash, PHP and processes.

Each runs in a process namespace of its own, because pause-writers.sh ends every cron job that it sees. systemd is a
stand-in that knows units by their names; tests/hosts has the real one.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.site.release_documents import DOCUMENTS
from sandbox.tests.applications.servers import Stores, require_programs, stores
from tests.servers.beanstalk_instance import BeanstalkInstance, differences
from tests.servers.release import PLATFORM_CONFIG

CURRENT, CANDIDATE = "/var/app/current", "/var/app/candidates/r9"
MARKER, FENCE, CALLS = "/var/app/cron-paused", "/var/lib/magento-release-fence", "/var/app/calls"
PASSWORD, TOKEN = "correct-horse-7", "token-of-the-cache"
OLD_KEY, NEW_KEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
AUTHORITY = "/etc/database-authority.crt"
GIVEN = {"Release": "r9", "Attempt": "1", "Copy": "client-site-for-preprod.abc.eu-west-3.rds.amazonaws.com"}
FENCED = [each.name for each in DOCUMENTS if each.is_fenced]
SYSTEMD_RUN = """
for option; do [[ $option == --unit=* ]] && unit=${option#--unit=}; done
systemctl is-active --quiet "$unit" && exit 1
mkdir -p /run/units
setsid "${@: -2}" >/dev/null 2>&1 &
echo $! >"/run/units/$unit\""""
SYSTEMCTL = """
[[ $1 == is-active ]] || exit 0
read -r pid 2>/dev/null <"/run/units/$3" && grep --quiet '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null"""
MAGENTO = """<?php
// Stands in for bin/magento. What it was called with is in /var/app/calls.
$name = $argv[1];
file_put_contents('/var/app/calls', "$name\\n", FILE_APPEND);
$until = static function (string $file): void {
    while (!is_file("/var/app/$file")) {
        usleep(20000);
        clearstatcache();
    }
};
match ($name) {
    'queue:consumers:restart' => touch('/var/app/restarted'),
    'queue:consumers:start' => $until('restarted'),
    'cron:run' => $until($argv[2]),
    'setup:upgrade' => $until('go'),
    default => null,
};
if ($name === 'setup:upgrade' && is_file('/var/app/refuses')) {
    echo "SQLSTATE: access denied for magento with correct-horse-7\\n";
    exit(1);
}
file_put_contents('/var/app/calls', "$name ended\\n", FILE_APPEND);
echo "$name is done\\n";
"""


@pytest.fixture(scope="module")
def data_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    require_programs()
    # A socket's path must be short.
    with stores(tmp_path_factory.mktemp("s")) as made:
        yield made


@dataclass(frozen=True)
class Host:
    """An instance with a running release and one beside it."""

    instance: BeanstalkInstance

    def run(self, script: str, *, network: bool = False) -> subprocess.CompletedProcess[str]:
        """What Run Command does, among processes of its own. With `network`, also in a network of its own."""
        apart = ("--net",) if network else ()
        # No unit of systemd outlives its processes.
        alone = f"rm -rf /run/units\n{script}"
        command = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *apart, "bash", "-c", alone)
        return self.instance.run(*command, check=False)

    def calls(self) -> list[str]:
        """What bin/magento was called with, and what ended by itself."""
        return self.instance.read(CALLS).splitlines() if self.instance.exists(CALLS) else []


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with instance_with_releases(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def web_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One that is only asked for pages."""
    with instance_with_releases(tmp_path_factory.mktemp("web")) as made:
        yield made


@pytest.fixture
def satellite_host(tmp_path: Path) -> Iterator[Host]:
    """One without a release of the shop."""
    with BeanstalkInstance(tmp_path, properties={"APP_SECRET": TOKEN, "APP_NAME": "pim"}) as instance:
        instance.write("/run/properties", json.dumps(instance.properties))
        yield Host(instance)


@contextmanager
def instance_with_releases(directory: Path) -> Iterator[Host]:
    stand_ins = {
        "systemctl": SYSTEMCTL,
        "systemd-run": SYSTEMD_RUN,
        # Of the script's waits, so that five minutes of looks pass in seconds.
        "sleep": "exec /bin/sleep 0.01",
        "curl": 'exec /usr/bin/curl "$@"',
    }
    with BeanstalkInstance(directory, properties={}, stand_ins=stand_ins) as instance:
        for release in (CURRENT, CANDIDATE):
            instance.write(f"{release}/bin/magento", MAGENTO)
            instance.write(f"{release}/app/etc/env.php", env_php())
            for name in ("database.php", "end_running_jobs.php", "without_secrets.php"):
                script = PLATFORM_CONFIG / "magento/.platform" / name
                instance.write(f"{release}/.platform/{name}", script.read_text())
        instance.run("chown", "-R", "webapp:webapp", "/var/app")
        yield Host(instance)


def env_php(database: Stores | None = None) -> str:
    port, password = (database.database_port, "secret") if database else (3306, PASSWORD)
    options = f"PDO::MYSQL_ATTR_SSL_CA => '{AUTHORITY}'" if database else ""
    return f"""<?php
return [
    'db' => ['table_prefix' => '', 'connection' => ['default' => [
        'host' => '127.0.0.1:{port}', 'dbname' => 'magento', 'username' => 'shop', 'password' => '{password}',
        'driver_options' => [{options}],
    ]]],
    'crypt' => ['key' => "{OLD_KEY}\\n{NEW_KEY}"],
    'cache' => ['frontend' => ['default' => ['backend_options' => ['password' => '{TOKEN}', 'port' => '6379']]]],
];
"""


def script_of(name: str, fence: int = 1, **given: str) -> str:
    """The script of a document as SSM Agent gets it: with its parameters in it."""
    (document,) = [each for each in DOCUMENTS if each.name == name]
    said = {"Fence": str(fence), **GIVEN, **given}
    lines = json.loads(document.content)["mainSteps"][0]["inputs"]["runCommand"]
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: said.get(found[1], "none"), "\n".join(lines))


def test_a_document_from_an_earlier_holder_of_the_lock_is_refused(host: Host) -> None:
    """The sender was thought dead, and another process goes on: nothing on the instance changes."""
    for fence_file in (FENCE, "/var/lib/magento-refresh-fence-client-site-for-preprod"):
        host.instance.write(fence_file, "8\n")
    before = host.instance.tree()
    assert {"stage-candidate", "scrub-copy", "install-magento", "migrate"} <= set(FENCED)
    for name in FENCED:
        ran = host.run(script_of(name, 7))
        assert (ran.returncode, ran.stdout) == (1, ""), name
        assert ran.stderr == "fence: got 7, expected at least 8: another process goes on with the release\n"
        assert differences(before, host.instance.tree()) == {}, name
    assert host.calls() == []


def test_a_refresh_has_the_lock_of_the_stack_that_gets_the_copy(host: Host) -> None:
    """Its numbers are not those of this stack's own lock: a release here, of a higher number, does not shut it out."""
    host.instance.write(FENCE, "900\n")
    ran = host.run(script_of("scrub-copy", 7))
    assert "got no scrub_copy.php, expected a release of the shop that has one" in ran.stderr
    assert host.instance.read("/var/lib/magento-refresh-fence-client-site-for-preprod") == "7\n"
    assert host.instance.read(FENCE) == "900\n"


def test_the_newest_holder_of_the_lock_shuts_the_others_out(host: Host) -> None:
    for fence, code in ((3, 0), (3, 0), (5, 0), (4, 1), (5, 0)):
        assert host.run(script_of("resume-writers", fence)).returncode == code, fence
    assert host.instance.read(FENCE).split() == ["5"]


def test_writers_end_by_themselves_if_they_can(host: Host) -> None:
    """A consumer ends when it is told to, and a job of cron when it is done. Nobody is killed."""
    ran = host.run(
        f"""
        cd {CURRENT}
        runuser -u webapp -- php bin/magento queue:consumers:start async.operations.all &
        runuser -u webapp -- php bin/magento cron:run done &
        until [[ $(pgrep --uid webapp --count php) == 2 ]]; do /bin/sleep 0.02; done
        (/bin/sleep 0.5; touch /var/app/done) &
        {in_shell(script_of("pause-writers"))}
        echo "ended with $?, left $(pgrep --uid webapp --count php)"
        """
    )
    # Without a database, the last step of the script fails, which is not what this is about.
    assert ran.stdout.splitlines()[-1].endswith("left 0"), ran.stdout + ran.stderr
    assert {"queue:consumers:start ended", "cron:run ended"} <= set(host.calls())
    assert host.instance.read(MARKER) == "by release r9\n"
    assert "php bin/magento" not in ran.stdout


def two_that_do_not_end(script: str) -> str:
    """Jobs of cron that never end, the second one by TERM neither, and then a script."""
    return f"""
        cd {CURRENT}
        runuser -u webapp -- php bin/magento cron:run never &
        runuser -u webapp -- bash -c 'trap "" TERM; exec php bin/magento cron:run never-either' &
        until [[ $(pgrep --uid webapp --count --full 'php bin/magento cron') == 2 ]]; do /bin/sleep 0.02; done
        {script}
        echo "ended with $?, left $(pgrep --uid webapp --count php)"
        """


def test_what_does_not_end_is_ended(host: Host) -> None:
    """By TERM, and what withstands it by KILL. The release is of before it had a script for the rows."""
    for release in (CURRENT, CANDIDATE):
        host.instance.run("rm", f"{release}/.platform/end_running_jobs.php")
    script = script_of("pause-writers")
    assert script.count("\nreadonly seconds=300\n") == 1
    ran = host.run(two_that_do_not_end(in_shell(script.replace("seconds=300", "seconds=15"))))
    said = ran.stdout.splitlines()
    assert said[-1] == "ended with 0, left 0", ran.stdout + ran.stderr
    assert len([line for line in said if "php bin/magento cron:run" in line]) == 2
    # What TERM ends has 20 looks more. KILL needs a moment.
    assert 15 + 20 <= len(host.instance.calls("sleep")) <= 15 + 20 + 5


@pytest.mark.long
def test_rows_of_what_was_ended_are_reset(host: Host, data_stores: Stores) -> None:
    """A job whose process is ended would be "running" for ever. Each is listed. What runs gets five minutes first."""
    for release in (CURRENT, CANDIDATE):
        host.instance.write(f"{release}/app/etc/env.php", env_php(data_stores))
    host.instance.write(AUTHORITY, data_stores.ca.read_text())
    data_stores.sql("DROP DATABASE IF EXISTS magento; CREATE DATABASE magento")
    data_stores.sql(
        "CREATE TABLE cron_schedule (schedule_id INT PRIMARY KEY, job_code VARCHAR(80), status VARCHAR(7), "
        "messages TEXT, executed_at DATETIME, finished_at DATETIME); INSERT INTO cron_schedule VALUES "
        "(1, 'indexer_reindex_all', 'running', NULL, '2026-11-26 03:00:00', NULL), "
        "(2, 'sales_clean_quotes', 'success', NULL, '2026-11-26 03:00:00', '2026-11-26 03:00:02'), "
        "(3, 'newsletter_send_all', 'pending', NULL, NULL, NULL)",
        "magento",
    )
    ran = host.run(two_that_do_not_end(in_shell(script_of("pause-writers"))))
    said = ran.stdout.splitlines()
    assert said[-1] == "ended with 0, left 0", ran.stdout + ran.stderr
    assert "indexer_reindex_all, running since 2026-11-26 03:00:00" in said
    assert len(host.instance.calls("sleep")) >= 300 + 20
    rows = "SELECT schedule_id, status, messages, finished_at IS NOT NULL FROM cron_schedule ORDER BY schedule_id"
    assert data_stores.sql(rows, "magento").splitlines() == [
        "1\terror\tended by release r9\t1",
        "2\tsuccess\tNULL\t1",
        "3\tpending\tNULL\t0",
    ]


def test_an_empty_database_has_no_jobs_to_end(host: Host, data_stores: Stores) -> None:
    """Cron is paused before the first release, also beside one that was unpacked before and taken back."""
    host.instance.write(f"{CANDIDATE}/app/etc/env.php", env_php(data_stores))
    host.instance.write(AUTHORITY, data_stores.ca.read_text())
    data_stores.sql("DROP DATABASE IF EXISTS magento; CREATE DATABASE magento")
    ran = host.run(script_of("pause-writers"))
    assert (ran.returncode, ran.stdout, host.instance.read(MARKER)) == (0, "", "by release r9\n"), ran.stderr


def test_an_instance_without_a_release_is_paused(host: Host) -> None:
    """Before the first release: neither Magento nor anything unpacked beside it is there."""
    host.instance.run("rm", "-r", CURRENT, "/var/app/candidates")
    ran = host.run(script_of("pause-writers"))
    assert (ran.returncode, ran.stdout, host.instance.read(MARKER)) == (0, "", "by release r9\n"), ran.stderr


def test_a_pause_by_hand_stays(host: Host) -> None:
    host.instance.write(MARKER, "by hand: stock is counted\n")
    said = host.run(script_of("pause-writers"))
    assert "not by a release. Cron stays paused afterwards." in said.stdout
    assert host.run(script_of("resume-writers")).returncode == 0
    assert host.instance.read(MARKER) == "by hand: stock is counted\n"


def in_shell(script: str) -> str:
    """A command that runs a script in a shell of its own."""
    encoded = base64.b64encode(script.encode()).decode()
    return f'bash -c "$(base64 --decode <<<{encoded})"'


MIGRATED = ["setup:upgrade", "app:config:import", "cache:clean", "setup:db:status"]


def test_a_migration_outlives_its_command_and_is_never_started_twice(host: Host) -> None:
    """The agent dies in the middle, and another process asks again: it waits for the one that runs. Later, it hears the
    result. Magento itself would let two run at once."""
    ran = host.run(
        f"""
        {in_shell(script_of("migrate"))} >/run/first 2>&1 &
        until grep --quiet setup:upgrade {CALLS} 2>/dev/null; do /bin/sleep 0.02; done
        kill -KILL $!
        {in_shell(script_of("migrate", 2))} >/run/second 2>&1 &
        second=$!
        until pgrep --full --count 'while systemctl' >/dev/null || ((looks++ > 20)); do /bin/sleep 0.02; done
        /bin/sleep 0.3
        kill -0 $second && echo "the second waits"
        touch /var/app/go
        wait $second
        echo "the second ended with $?"
        {in_shell(script_of("migrate", 3))}
        echo "the third ended with $?"
        """
    )
    assert ran.stdout.splitlines() == [
        "the second waits",
        "the second ended with 0",
        *(f"{name} is done" for name in MIGRATED),
        "the third ended with 0",
    ], ran.stderr
    assert host.calls() == [line for name in MIGRATED for line in (name, f"{name} ended")]
    (started,) = host.instance.calls("systemd-run")
    assert "--unit=magento-migration-r9" in started


def test_a_migration_that_goes_on_without_its_command_answers_for_the_next_attempt(host: Host) -> None:
    """The agent was lost, which failed the step. Whoever resumes asks for a second attempt while the first one runs."""
    ran = host.run(
        f"""
        {in_shell(script_of("migrate"))} >/run/first 2>&1 &
        until grep --quiet setup:upgrade {CALLS} 2>/dev/null; do /bin/sleep 0.02; done
        kill -KILL $!
        (/bin/sleep 0.5; touch /var/app/go) &
        {in_shell(script_of("migrate", 2, Attempt="2"))}
        echo "the second ended with $?"
        """
    )
    assert ran.stdout.splitlines()[-1] == "the second ended with 0", ran.stderr
    assert host.calls() == [line for name in MIGRATED for line in (name, f"{name} ended")]


def test_a_killed_attempt_has_not_the_result_of_the_one_before(host: Host) -> None:
    for file in ("go", "refuses"):
        host.instance.write(f"/var/app/{file}", "")
    assert "bin/magento ended with 1." in host.run(script_of("migrate")).stderr
    host.instance.run("rm", "/var/app/go", CALLS)
    ran = host.run(
        f"""
        {in_shell(script_of("migrate", 2, Attempt="2"))} &
        until grep --quiet setup:upgrade {CALLS} 2>/dev/null; do /bin/sleep 0.02; done
        kill -KILL -- "-$(cat /run/units/magento-migration-r9)"
        wait $!
        """
    )
    assert (ran.returncode, "magento-migration-r9: it was killed." in ran.stderr) == (1, True)


def test_a_pause_ends_when_another_process_lets_the_writers_go_on(host: Host) -> None:
    """Or it would end the jobs that cron has begun since."""
    ran = host.run(
        two_that_do_not_end(
            f"""
            {in_shell(script_of("pause-writers"))} &
            pause=$!
            until [[ -e {MARKER} ]]; do /bin/sleep 0.02; done
            {in_shell(script_of("resume-writers", 2))}
            wait $pause
            """
        )
    )
    assert ran.stdout.splitlines()[-1] == "ended with 1, left 2", ran.stdout + ran.stderr
    assert f"{MARKER}: it is gone. Cron and consumers go on." in ran.stderr


def test_a_migration_that_failed_is_made_again_as_another_attempt(host: Host) -> None:
    """Not by whoever asks for the result of the first one. A password in what Magento says is taken out."""
    for file in ("go", "refuses"):
        host.instance.write(f"/var/app/{file}", "")
    for fence in (1, 2):
        failed = host.run(script_of("migrate", fence))
        assert (failed.returncode, failed.stdout) == (1, "")
        assert "bin/magento ended with 1." in failed.stderr
        assert "access denied for magento with [secret]" in failed.stderr
        assert PASSWORD not in failed.stderr
    assert host.calls() == ["setup:upgrade"]
    host.instance.run("rm", "/var/app/refuses")
    again = host.run(script_of("migrate", 3, Attempt="2"))
    assert again.returncode == 0, again.stderr
    assert host.calls() == ["setup:upgrade", *(line for name in MIGRATED for line in (name, f"{name} ended"))]


def test_secrets_of_env_php_are_taken_out_of_what_magento_says(host: Host) -> None:
    """Each line of the crypt key too. Names, hosts and ports stay."""
    said = f"{PASSWORD} and {OLD_KEY}, {NEW_KEY}: {TOKEN} at 127.0.0.1:6379 for shop\n"
    ran = host.run(f"php {CANDIDATE}/.platform/without_secrets.php <<<'{said}'")
    assert ran.stdout.strip() == "[secret] and [secret], [secret]: [secret] at 127.0.0.1:6379 for shop"


@pytest.mark.parametrize(
    "said",
    [f"Authorization: Basic {base64.b64encode(f'{user}:{PASSWORD}'.encode()).decode()}" for user in ("a", "it", "own")]
    + [f"it is {PASSWORD[:7]}  \n  {PASSWORD[7:]} here"],
)
def test_secrets_are_taken_out_in_base64_and_broken_over_lines(web_host: Host, said: str) -> None:
    web_host.instance.write("/var/app/said", said)
    ran = web_host.run(f"php {CANDIDATE}/.platform/without_secrets.php </var/app/said")
    assert "[secret]" in ran.stdout
    assert PASSWORD[:7] not in ran.stdout
    assert base64.b64encode(PASSWORD.encode()).decode()[5:15] not in ran.stdout


def test_secrets_that_a_hook_printed_are_taken_out_of_the_log(web_host: Host) -> None:
    web_host.instance.write("/var/log/eb-engine.log", f"a hook says {PASSWORD}\nand ends\n")
    ran = web_host.run(script_of("show-engine-log"))
    assert (ran.returncode, ran.stdout) == (0, "a hook says [secret]\nand ends\n"), ran.stderr


def test_secrets_of_a_satellite_are_taken_out_of_the_log(satellite_host: Host) -> None:
    """It has no env.php: its secrets are properties of its environment."""
    satellite_host.instance.write("/var/log/eb-engine.log", f"a hook says {TOKEN} of pim\n")
    ran = satellite_host.run(script_of("show-engine-log"))
    assert (ran.returncode, ran.stdout) == (0, "a hook says [secret] of pim\n"), ran.stderr


HOME = "/?verify=r9"
CART = "/customer/section/load/?sections=cart"
STATIC = "/static/version7/frontend/Client/dlm/fr_FR/css/styles.css"
PAGES: dict[str, tuple[int, str]] = {
    CART: (200, "{}"),
    HOME: (200, f'<link rel="stylesheet" href="https://static.client.url{STATIC.removeprefix("/static")}">'),
    STATIC: (200, "body {}"),
    "/backend/": (302, ""),
}
ROUTER = """<?php
$pages = json_decode(file_get_contents('/run/pages.json'), true);
file_put_contents('/run/asked', json_encode([
    $_SERVER['REQUEST_URI'], $_SERVER['HTTP_HOST'], $_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '',
]) . "\\n", FILE_APPEND);
[$status, $body] = $pages[$_SERVER['REQUEST_URI']] ?? [404, 'not found'];
http_response_code($status);
echo $body;
"""


def verify(host: Host, changed: dict[str, tuple[int, str]], *, tier: str = "front", runs: str = "r9") -> Any:
    host.instance.write(f"{CURRENT}/.platform/release.env", f"RELEASE={runs}\n")
    host.instance.write("/run/pages.json", json.dumps({**PAGES, **changed}))
    host.instance.write("/run/router.php", ROUTER)
    script = in_shell(script_of("verify-release", HostName="client.url", Tier=tier, BackOfficePath="backend"))
    host.instance.run("rm", "-f", "/run/asked")
    return host.run(
        f"""
        ip link set lo up
        php -S 127.0.0.1:80 /run/router.php >/dev/null 2>&1 &
        until (: </dev/tcp/127.0.0.1/80) 2>/dev/null; do /bin/sleep 0.02; done
        {script}
        """,
        network=True,
    )


@pytest.mark.parametrize("tier", ["front", "back-office"])
def test_a_release_whose_pages_come_is_verified(web_host: Host, tier: str) -> None:
    """It asks as the load balancer does: by the shop's name, for what came by TLS."""
    ran = verify(web_host, {}, tier=tier)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    asked = [json.loads(line) for line in web_host.instance.read("/run/asked").splitlines()]
    expected = [CART, HOME, STATIC] if tier == "front" else ["/backend/"]
    assert asked == [[page, "client.url", "https"] for page in expected]


def test_a_shop_that_merges_its_files_is_verified(web_host: Host) -> None:
    """Magento then names those files alone. Their version is the release's name, with dots."""
    merged = "/static/version9.a/_cache/merged/f0e1d2.min.css"
    ran = verify(web_host, {HOME: (200, f'<link href="https://static.client.url{merged[7:]}">'), merged: (200, "p {}")})
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("tier", "changed", "said"),
    [
        ("front", {CART: (500, "no cart")}, f"{CART}: got 500, expected 200: no cart"),
        ("front", {HOME: (503, "maintenance")}, f"{HOME}: got 503, expected 200: maintenance"),
        (
            "front",
            {HOME: (200, "<p>no style</p>")},
            "got a page that names no static file",
        ),
        ("front", {STATIC: (404, "")}, f"{STATIC}: got 404, expected 200"),
        ("front", {STATIC: (200, "")}, f"{STATIC}: got an empty file: the home page names it"),
        ("back-office", {"/backend/": (500, "broken")}, "/backend/: got 500, expected 200: broken"),
    ],
)
def test_a_release_with_a_page_that_does_not_come_is_refused(
    web_host: Host, tier: str, changed: dict[str, tuple[int, str]], said: str
) -> None:
    ran = verify(web_host, changed, tier=tier)
    assert ran.returncode == 1
    assert said in ran.stderr


def test_another_release_is_not_verified_by_pages_that_come(web_host: Host) -> None:
    """Beanstalk has reported success with an instance left behind."""
    ran = verify(web_host, {}, runs="r8")
    assert ran.returncode == 1
    assert "runs r8, expected r9" in ran.stderr
    assert not web_host.instance.exists("/run/asked")
