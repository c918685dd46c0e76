"""The first installation on the back office's instance: the shipped script with the real PHP and a real database."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pulumi_random as random
import pytest

from components.site.env_php import CERTIFICATES_OF_RDS
from sandbox.tests.applications.servers import Stores, require_programs, stores
from tests.servers.programs import require
from tests.servers.release import PLATFORM_CONFIG
from tests.unit.program import program

SECRET = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:site-admin"
PASSWORD = "Horse7battery"
EMAIL = "you@client.url"
NOBODY = 65534


@pytest.fixture(scope="module")
def data_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    require_programs()
    require("runuser")
    # A socket's path must be short.
    with stores(tmp_path_factory.mktemp("s")) as made:
        yield made


@pytest.fixture
def database(data_stores: Stores) -> Stores:
    """An empty database, on a server that takes env.php's user over TLS alone, as RDS is told to."""
    data_stores.sql("DROP DATABASE IF EXISTS magento; CREATE DATABASE magento")
    return data_stores


@dataclass(frozen=True)
class Host:
    """The back office's instance: `current` is the release, and the secret is what the AWS CLI says."""

    current: Path
    programs: Path

    @property
    def env(self) -> Path:
        return self.current / "app/etc/env.php"

    @property
    def marker(self) -> Path:
        return self.current.parent / "cron-paused"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["php", self.current / ".platform/install_magento.php", *arguments],
            env={"PATH": f"{self.programs}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as running:
            out, error = running.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, running.returncode, out, error)

    def install(self) -> subprocess.CompletedProcess[str]:
        return self.run("install", SECRET, EMAIL)

    def look(self) -> dict[str, Any]:
        ran = self.run("look")
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    def calls(self) -> list[list[str]]:
        calls = self.current / "bin/calls"
        return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


@pytest.fixture
def host(tmp_path: Path, database: Stores) -> Host:
    """A release with the rendered env.php of production, whose database is the test's."""
    host = Host(current=tmp_path / "app/current", programs=tmp_path / "programs")
    shutil.copytree(PLATFORM_CONFIG / "magento/.platform", host.current / ".platform")
    for directory in ("app/etc", "bin", "var"):
        (host.current / directory).mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("magento_installer.php"), host.current / "bin/magento")
    graph = program("prod")
    rendered = str(graph.one(aws.s3.BucketObjectv2, name="site-configuration-env").inputs["content"])
    instance = graph.one(aws.rds.Instance, name="site-database-instance")
    for old, new in (
        (f"{instance.outputs['address']}:3306", f"127.0.0.1:{database.database_port}"),
        ("'username' => 'magento'", "'username' => 'shop'"),
        (str(instance.inputs["password"]), "secret"),
        (CERTIFICATES_OF_RDS, str(database.ca)),
    ):
        assert old in rendered
        rendered = rendered.replace(old, new)
    made = graph.one(random.RandomBytes)
    key = base64.b64encode(os.urandom(made.inputs["length"])).decode()
    deployed = f"'key' => '{made.outputs['base64']}'"
    assert deployed in rendered
    rendered = rendered.replace(deployed, f"'key' => '{key}'")
    host.env.write_text(rendered)
    host.env.chmod(0o640)
    host.programs.mkdir()
    says = host.programs / "aws"
    says.write_text(f"""#!/bin/bash
[[ "$*" == *"--region eu-west-3 --secret-id {SECRET} "* ]] || exit 255
echo '{{"user": "admin", "password": "{PASSWORD}"}}'
""")
    says.chmod(0o755)
    systemctl = host.programs / "systemctl"
    systemctl.write_text(f"""#!/bin/bash
grep --quiet "'install'" {host.env} && echo "$@" >>{host.programs}/services
""")
    systemctl.chmod(0o755)
    return host


def test_an_empty_database_is_installed_with_the_deployed_key(host: Host, database: Stores) -> None:
    before, mode = host.env.read_text(), stat.S_IMODE(host.env.stat().st_mode)
    found = host.look()
    assert (found["tables"], found["has_key"], found["has_date"], found["interrupted"]) == (0, True, True, False)
    ran = host.install()
    assert (ran.returncode, ran.stdout) == (0, "installed\n"), ran.stderr
    assert database.sql("SELECT username, email, password FROM admin_user", "magento") == (
        f"admin\t{EMAIL}\t{PASSWORD}"
    )
    # The deployed file is back to the letter, and the key is the one that it has.
    assert host.env.read_text() == before
    assert stat.S_IMODE(host.env.stat().st_mode) == mode
    assert f"'key' => '{(host.current / 'bin/installed_with').read_text()}'" in before
    assert [call[0] for call in host.calls()] == [
        "setup:install",
        "app:config:import",
        "cache:flush",
        "setup:db:status",
    ]
    assert not host.marker.exists()
    assert not [each.name for each in host.env.parent.iterdir() if each.name != "env.php"]
    found = host.look()
    assert (found["modules"], found["administrators"], found["interrupted"]) == (2, 1, False)


def test_magento_is_told_what_env_php_says(host: Host) -> None:
    host.install()
    arguments = host.calls()[0]
    assert "--base-url=https://client.url/" in arguments
    assert "--backend-frontname=backend" in arguments
    assert "--search-engine=opensearch" in arguments
    assert any(re.fullmatch(r"--opensearch-host=https://\S+", each) for each in arguments)
    # Magento takes both from env.php.
    assert not [each for each in arguments if each.startswith(("--key", "--db-"))]


def test_the_log_is_the_web_servers(host: Host) -> None:
    """Magento begins no installation while there is a file below `var` that its user may not write."""
    os.chown(host.current / "bin/magento", NOBODY, NOBODY)
    # That user does not get to the test's directory: what counts is the log.
    assert host.install().returncode == 1
    assert (host.current / "var/log/first_installation.log").stat().st_uid == NOBODY


def test_php_fpm_forgets_the_file_of_the_installation(host: Host) -> None:
    """It would keep the one without `install/date` until its next start, and answer that Magento is not installed."""
    assert host.install().returncode == 0
    assert (host.programs / "services").read_text() == "try-reload-or-restart php-fpm.service\n"


def test_a_second_installation_is_refused_and_changes_nothing(host: Host, database: Stores) -> None:
    host.install()
    tables = database.sql("SHOW TABLES", "magento")
    ran = host.install()
    assert ran.returncode == 1
    assert "has 3 tables: expected none" in ran.stderr
    assert database.sql("SHOW TABLES", "magento") == tables
    assert not host.marker.exists()


def start_and_wait_half_way(host: Host, database: Stores) -> subprocess.Popen[str]:
    (host.current / "bin/wait").touch()
    running = host.start("install", SECRET, EMAIL)
    deadline = time.monotonic() + 30
    while len(database.sql("SHOW TABLES", "magento").split()) < 3:
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return running


def test_two_at_once_are_one(host: Host, database: Stores) -> None:
    first = start_and_wait_half_way(host, database)
    found, paused, second = host.look(), host.marker.exists(), host.install()
    (host.current / "bin/wait").unlink()
    first.communicate(timeout=30)
    assert found["running"]
    assert paused, "cron must not run meanwhile"
    assert (second.returncode, second.stderr) == (1, "another installation is running: wait until it ends\n")
    assert first.returncode == 0
    assert database.sql("SELECT COUNT(*) FROM admin_user", "magento") == "1"


def test_killed_half_way_it_says_so_and_begins_again_in_an_empty_database(host: Host, database: Stores) -> None:
    before = host.env.read_text()
    running = start_and_wait_half_way(host, database)
    magento = subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True, text=True).stdout.split()
    running.send_signal(signal.SIGKILL)
    running.communicate()
    for child in magento:
        for grandchild in subprocess.run(["pgrep", "-P", child], capture_output=True, text=True).stdout.split():
            os.kill(int(grandchild), signal.SIGKILL)
    (host.current / "bin/wait").unlink()
    found = host.look()
    assert (found["tables"], found["administrators"], found["interrupted"]) == (3, 0, True)
    refused = host.install()
    assert refused.returncode == 1
    assert "expected none" in refused.stderr
    database.sql("DROP DATABASE magento; CREATE DATABASE magento")
    ran = host.install()
    assert (ran.returncode, ran.stdout) == (0, "installed\n"), ran.stderr
    assert host.env.read_text() == before
    assert not host.marker.exists()


def test_killed_at_its_end_it_is_finished(host: Host, database: Stores) -> None:
    """Magento was done, and the deployed file had not been put back."""
    before = host.env.read_text()
    assert host.install().returncode == 0
    host.env.rename(host.env.with_suffix(".php.deployed"))
    host.env.write_text(before.replace("'install'", "'removed'"))
    maintenance = host.current / "var/.maintenance.flag"
    maintenance.touch()
    assert host.look()["interrupted"]
    ran = host.install()
    assert (ran.returncode, ran.stdout) == (0, "installed\n"), ran.stderr
    assert host.env.read_text() == before
    assert not maintenance.exists(), "every page of the instance would be 503"
    assert [call[0] for call in host.calls()].count("setup:install") == 1


def test_what_fails_after_the_administrator_is_there_is_finished(host: Host) -> None:
    """Magento's indexes are made last of all."""
    before = host.env.read_text()
    (host.current / "bin/fail_to_index").touch()
    ran = host.install()
    assert (ran.returncode, "No alive nodes found" in ran.stderr) == (1, True)
    assert host.look()["interrupted"]
    ran = host.install()
    assert (ran.returncode, ran.stdout) == (0, "installed\n"), ran.stderr
    assert host.env.read_text() == before
    assert [call[0] for call in host.calls()][-3:] == ["app:config:import", "cache:flush", "setup:db:status"]


def test_a_refusal_of_magento_shows_its_words_without_the_password(host: Host) -> None:
    before = host.env.read_text()
    (host.current / "bin/refuse").touch()
    ran = host.install()
    assert ran.returncode == 1
    assert "bin/magento setup:install ended with 1" in ran.stderr
    assert "Parameter validation failed for [secret]" in ran.stderr
    assert PASSWORD not in ran.stderr + ran.stdout
    assert host.env.read_text() == before


def test_cron_that_something_else_has_stopped_stays_stopped(host: Host) -> None:
    host.marker.write_text("by a release\n")
    assert host.install().returncode == 0
    assert host.marker.read_text() == "by a release\n"


@pytest.mark.parametrize("prefixed", [False, True], ids=["as it is", "of a stack from before"])
@pytest.mark.parametrize(("own", "said"), [(True, "fits"), (False, "other")])
def test_the_key_is_tried_on_what_the_database_holds(
    host: Host, database: Stores, own: bool, said: str, prefixed: bool
) -> None:
    """Encrypted as Magento does it: ChaCha20-Poly1305, with the nonce in front and as additional data."""
    if prefixed:
        longer = f"'key' => 'base64{base64.b64encode(os.urandom(32)).decode()}'"
        host.env.write_text(re.sub(r"'key' => '[^']{32}'", lambda _: longer, host.env.read_text()))
    host.install()
    assert host.look()["key"] == "unchecked"
    own_key = "base64_decode(substr($config['crypt']['key'], 6))" if prefixed else "$config['crypt']['key']"
    encrypt = f"""
        $config = include '{host.env}';
        $key = {own_key if own else "random_bytes(32)"};
        $nonce = random_bytes(12);
        $text = sodium_crypto_aead_chacha20poly1305_ietf_encrypt('a', $nonce, $nonce, $key);
        echo '0:3:' . base64_encode($nonce . $text);
    """
    value = subprocess.run(["php", "-r", encrypt], capture_output=True, text=True, check=True).stdout
    database.sql(f"INSERT INTO core_config_data VALUES ('payment/key', '{value}')", "magento")
    assert host.look()["key"] == said


def test_a_database_that_is_not_there_is_named(host: Host) -> None:
    host.env.write_text(host.env.read_text().replace("'dbname' => 'magento'", "'dbname' => 'absent'"))
    ran = host.run("look")
    assert ran.returncode == 1
    assert ran.stderr.startswith("the database absent on 127.0.0.1: ")
