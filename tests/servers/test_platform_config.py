"""Row 6: what a satellite's deploy does, run from the merged release without changing the machine."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.servers.release import DATABASE, FTP, MIRAKL, PLATFORM_CONFIG, SATELLITES, Release

SCRIPTS = sorted(PLATFORM_CONFIG.rglob("*.sh"))
HOOKS = [path for path in SCRIPTS if "hooks" in str(path)]
WRITE_CONFIGURATION = "hooks/prebuild/20_write_configuration.sh"
CRON = "hooks/postdeploy/10_schedule_cron.sh"
SERVE_FTP = "hooks/postdeploy/20_serve_ftp.sh"

METADATA = 'case "$*" in */api/token) echo secret;; *"metadata-token: secret "*/local-ipv4) echo 10.0.101.7;; esac'
"""An instance's metadata service: it gives a token, and the address to a caller that sends the token."""


def relative(path: Path) -> str:
    return str(path.relative_to(PLATFORM_CONFIG))


@pytest.fixture
def pim(tmp_path: Path) -> Release:
    return Release.of("pim", tmp_path)


@pytest.fixture
def connection(tmp_path: Path) -> Release:
    """Custom Connection, with its FTP server asked for and a secret to be had."""
    release = Release.of("custom-connection", tmp_path)
    release.variables.update(FTP)
    release.stand_in("aws", """echo '{"username": "connection", "password": "battery-staple"}'""")
    release.stand_in("chpasswd", 'cat > "${0%/*}/passwords"')
    return release


@pytest.fixture
def mirakl(tmp_path: Path) -> Release:
    return Release.of("mirakl-cashout", tmp_path)


def succeed(result: subprocess.CompletedProcess[str]) -> None:
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_scripts_pass_shellcheck_and_stop_at_the_first_error(path: Path) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    checked = subprocess.run([shellcheck, path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    assert "\nset -euo pipefail\n" in path.read_text()


@pytest.mark.parametrize("path", HOOKS, ids=relative)
def test_beanstalk_can_run_the_hooks(path: Path) -> None:
    """A hook without the executable bit fails the deploy ("Platform hooks")."""
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("satellite", SATELLITES)
def test_a_layer_replaces_no_file_of_the_one_below(satellite: str) -> None:
    """Or the common hook of that name would silently not run."""
    common, own = (
        {path.relative_to(PLATFORM_CONFIG / layer) for path in (PLATFORM_CONFIG / layer).rglob("*") if path.is_file()}
        for layer in ("satellite", satellite)
    )
    assert not common & own


@pytest.mark.parametrize(("satellite", "file"), [("pim", ".env.local"), ("custom-connection", ".env.local")])
def test_the_database_is_configured_at_deploy(tmp_path: Path, satellite: str, file: str) -> None:
    """The credentials that Beanstalk fetched are in a file that only the application can read, its command line too."""
    release = Release.of(satellite, tmp_path)
    succeed(release.run(WRITE_CONFIGURATION, **DATABASE))
    written = (release.directory / file).read_text()
    assert "DATABASE_URL='mysql://satellites:correct-horse@shared.internal:3306/satellites?" in written
    assert release.mode(file) == 0o600
    assert release.calls("chown") == [["webapp:webapp", f"{file}.new"]]


def test_miraklss_configuration_file_is_complete_yaml(mirakl: Release) -> None:
    """Every value that the connector asks for is there, as text, and its own placeholders are left to it."""
    succeed(mirakl.run(WRITE_CONFIGURATION, **DATABASE, **MIRAKL))
    written = yaml.safe_load((mirakl.directory / "config" / "parameters.yml").read_text())["parameters"]
    assert written["db.host"] == "shared.internal"
    assert written["db.password"] == "correct-horse"
    assert written["hipay.wsPassword"] == "the hipay_password"
    assert written["mirakl.frontKey"] == "the mirakl_front_key"
    assert written["cycle.days"] == [1, 11, 21]
    assert "{{miraklId}}" in written["label.public"]
    assert mirakl.mode("config/parameters.yml") == 0o600


def test_a_missing_variable_stops_the_deploy_and_keeps_the_old_file(pim: Release) -> None:
    """An application that starts without its database is worse than a deploy that says which variable is missing."""
    (pim.directory / ".env.local").write_text("before")
    result = pim.run(WRITE_CONFIGURATION, **{key: value for key, value in DATABASE.items() if key != "DATABASE_HOST"})
    assert result.returncode != 0
    assert "the variable DATABASE_HOST is not set" in result.stderr
    assert (pim.directory / ".env.local").read_text() == "before"


@pytest.mark.parametrize("value", ["it's", "a\\b", "a\nAPP_ENV=dev"])
def test_a_value_that_would_end_its_quotes_stops_the_deploy(pim: Release, value: str) -> None:
    """Or the rest of a password would be read as settings."""
    result = pim.run(WRITE_CONFIGURATION, **{**DATABASE, "DATABASE_PASSWORD": value})
    assert result.returncode != 0
    assert "the value of DATABASE_PASSWORD holds" in result.stderr
    assert value not in result.stderr
    assert not (pim.directory / ".env.local").exists()


def test_the_databases_certificates_are_fetched_once(pim: Release) -> None:
    for _ in range(2):
        succeed(pim.run("hooks/prebuild/10_trust_the_database.sh"))
    assert len(pim.calls("curl")) == 1
    assert (pim.machine / "etc/pki/tls/certs/rds-global-bundle.pem").read_text() == "downloaded\n"


@pytest.mark.parametrize(
    ("variables", "installed"),
    [
        ({}, []),
        ({"FTP_USER": "connection"}, ["vsftpd"]),
        ({"CRON_TABLE_BASE64": "KiAqICogKiAqIHgK"}, ["cronie"]),
        ({"FTP_USER": "connection", "CRON_TABLE_BASE64": "KiAqICogKiAqIHgK"}, ["vsftpd", "cronie"]),
    ],
)
def test_packages_are_installed_where_they_are_used(
    pim: Release, variables: dict[str, str], installed: list[str]
) -> None:
    pim.stand_in("rpm", "exit 1")
    succeed(pim.run("hooks/prebuild/30_install_packages.sh", **variables))
    assert [arguments[-1] for arguments in pim.calls("dnf")] == installed


def test_installed_packages_are_not_installed_again(pim: Release) -> None:
    """A deploy must not depend on the package repository when there is nothing to fetch."""
    succeed(pim.run("hooks/prebuild/30_install_packages.sh", FTP_USER="connection"))
    assert pim.calls("dnf") == []


@pytest.mark.parametrize(
    ("satellite", "command"),
    [
        ("pim", ["bin/console", "doctrine:schema:update", "--force", "--no-interaction"]),
        (
            "custom-connection",
            ["bin/console", "doctrine:migrations:migrate", "--allow-no-migration", "--no-interaction"],
        ),
        ("mirakl-cashout", ["bin/console", "orm:schema-tool:update", "--dump-sql", "--force"]),
    ],
)
def test_the_schema_is_updated_by_the_applications_own_command(
    tmp_path: Path, satellite: str, command: list[str]
) -> None:
    """As the web server's user, so that no cache of root's is left behind for the application to trip over."""
    release = Release.of(satellite, tmp_path)
    succeed(release.run("hooks/predeploy/20_update_schema.sh"))
    assert [arguments[:3] for arguments in release.calls("runuser")] == [["-u", "webapp", "--"]]
    assert release.calls("php") == [command]


def test_a_schema_update_that_fails_stops_the_deploy(pim: Release) -> None:
    """The old release goes on running; new code never meets an old schema."""
    pim.stand_in("php", "exit 3")
    assert pim.run("hooks/predeploy/20_update_schema.sh").returncode == 3


def test_a_satellite_without_a_schema_is_deployed_too(tmp_path: Path) -> None:
    """A new satellite works without a directory here."""
    release = Release.of("pim", tmp_path)
    (release.directory / ".platform" / "update_schema.sh").unlink()
    succeed(release.run("hooks/predeploy/20_update_schema.sh"))
    assert release.calls("php") == []


def test_the_release_is_the_web_users(pim: Release) -> None:
    """Permissions stay as they came where no other user writes."""
    (pim.directory / "uploads").mkdir(mode=0o755)
    succeed(pim.run("hooks/predeploy/10_set_ownership.sh"))
    assert pim.calls("chown") == [["--recursive", "webapp:webapp", "."]]
    assert pim.mode("uploads") == 0o755


def test_the_web_root_is_writable_by_ftp(connection: Release) -> None:
    """2775: the group writes to every directory and owns what is made there; the file with the password is closed."""
    (connection.directory / "uploads").mkdir(mode=0o755)
    succeed(connection.run(WRITE_CONFIGURATION, **DATABASE))
    succeed(connection.run("hooks/predeploy/10_set_ownership.sh"))
    assert connection.mode(".") == connection.mode("uploads") == 0o2775
    assert connection.mode(".env.local") == 0o600


def test_cron_lines_become_a_table_that_runs_as_the_web_user(mirakl: Release) -> None:
    """Five fields, the user, and the command in the application's directory, for cron to start and see."""
    table = "0 */6 * * * php bin/console vendor:process\n30 0 1,15 * 1-5 php a; php b\n"
    succeed(mirakl.run(CRON, CRON_TABLE_BASE64=base64.b64encode(table.encode()).decode()))
    written = mirakl.machine / "etc/cron.d/satellite"
    jobs = [line for line in written.read_text().splitlines() if line[0] not in "#SPM"]
    assert [re.split(r"\s+", job, maxsplit=6)[:6] for job in jobs] == [
        ["0", "*/6", "*", "*", "*", "webapp"],
        ["30", "0", "1,15", "*", "1-5", "webapp"],
    ]
    assert written.stat().st_mode & 0o777 == 0o644, "cron ignores a table that others may write"
    assert mirakl.calls("systemctl") == [["enable", "--now", "crond.service"]]


def test_the_whole_command_of_a_cron_line_runs_and_is_logged(mirakl: Release) -> None:
    """Both halves of a list of commands run in the application's directory, and what they say reaches the journal."""
    mirakl.stand_in("logger", 'cat > "${0%/*}/logged"')
    table = "* * * * * echo one; pwd; echo two >&2\n"
    succeed(mirakl.run(CRON, CRON_TABLE_BASE64=base64.b64encode(table.encode()).decode()))
    [*_, job] = (mirakl.machine / "etc/cron.d/satellite").read_text().splitlines()
    command = job.split(maxsplit=6)[6].replace("/var/app/current", str(mirakl.directory))
    subprocess.run(["bash", "-c", command], env={"PATH": f"{mirakl.programs}:{os.environ['PATH']}"}, check=True)
    assert (mirakl.programs / "logged").read_text() == f"one\n{mirakl.directory}\ntwo\n"


def test_cron_lines_that_are_gone_from_the_stack_stop_running(mirakl: Release) -> None:
    succeed(mirakl.run(CRON, CRON_TABLE_BASE64=base64.b64encode(b"* * * * * php x\n").decode()))
    succeed(mirakl.run(CRON))
    assert not (mirakl.machine / "etc/cron.d/satellite").exists()


def test_the_ftp_users_password_comes_from_secrets_manager(connection: Release) -> None:
    """Asked for at each deploy in the secret's own region, and set without standing in any command's arguments."""
    connection.stand_in("id", "exit 1")
    succeed(connection.run(SERVE_FTP))
    [asked] = connection.calls("aws")
    assert asked[:6] == [
        "secretsmanager",
        "get-secret-value",
        "--region",
        "eu-west-3",
        "--secret-id",
        FTP["FTP_SECRET"],
    ]
    assert (connection.programs / "passwords").read_text() == "connection:battery-staple\n"
    assert "battery-staple" not in (connection.programs / "calls").read_text()
    [made] = connection.calls("useradd")
    assert made[-1] == "connection"
    assert made[made.index("--shell") + 1] == "/sbin/nologin"
    assert made[made.index("--gid") + 1] == "webapp"


def test_a_later_deploy_only_sets_the_password_again(connection: Release) -> None:
    connection.stand_in("id")
    succeed(connection.run(SERVE_FTP))
    assert connection.calls("useradd") == []
    assert len(connection.calls("chpasswd")) == 1
    assert connection.calls("systemctl") == [["enable", "vsftpd.service"], ["restart", "vsftpd.service"]]


def test_without_the_secret_the_deploy_fails_and_ftp_stays_as_it_was(connection: Release) -> None:
    connection.stand_in("aws", "echo AccessDenied >&2; exit 255")
    assert connection.run(SERVE_FTP).returncode != 0
    assert connection.calls("systemctl") == []
    assert connection.calls("chpasswd") == []


def test_ftp_that_is_gone_from_the_stack_is_stopped(pim: Release) -> None:
    succeed(pim.run(SERVE_FTP))
    assert pim.calls("systemctl") == [["disable", "--now", "vsftpd.service"]]
    assert not (pim.machine / "etc").exists()


def test_the_internal_name_follows_the_instance(connection: Release) -> None:
    """The address comes from the metadata service with a token (IMDSv2), and only this one A record is replaced."""
    connection.stand_in(
        "curl", 'case "$*" in */api/token) echo token;; *"token: token "*local-ipv4) echo 10.0.101.7;; esac'
    )
    succeed(
        connection.run(
            "hooks/postdeploy/30_register_address.sh",
            INTERNAL_ADDRESS="custom-connection.internal-client.url",
            INTERNAL_ZONE_ID="ZINTERNAL",
        )
    )
    [arguments] = connection.calls("aws")
    assert arguments[:2] == ["route53", "change-resource-record-sets"]
    assert arguments[arguments.index("--hosted-zone-id") + 1] == "ZINTERNAL"
    assert json.loads(arguments[arguments.index("--change-batch") + 1]) == {
        "Changes": [
            {
                "Action": "UPSERT",
                "ResourceRecordSet": {
                    "Name": "custom-connection.internal-client.url",
                    "Type": "A",
                    "TTL": 30,
                    "ResourceRecords": [{"Value": "10.0.101.7"}],
                },
            }
        ]
    }


def test_an_instance_without_an_address_registers_nothing(connection: Release) -> None:
    connection.stand_in("curl", "exit 22")
    result = connection.run("hooks/postdeploy/30_register_address.sh", INTERNAL_ADDRESS="a.b", INTERNAL_ZONE_ID="Z")
    assert result.returncode == 22
    assert connection.calls("aws") == []


def test_a_change_of_configuration_does_the_same_again(connection: Release) -> None:
    """Beanstalk then runs only the confighooks: new credentials, passive ports or cron lines must take effect."""
    succeed(connection.run("confighooks/prebuild/10_as_at_a_release.sh", **DATABASE))
    assert (connection.directory / ".env.local").exists()
    succeed(connection.run("confighooks/postdeploy/10_as_at_a_release.sh", FTP_PASSIVE_ADDRESS="192.0.2.99"))
    assert "pasv_address=192.0.2.99" in (connection.machine / "etc/vsftpd/vsftpd.conf").read_text()


def test_a_hook_that_fails_fails_the_change_of_configuration(pim: Release) -> None:
    result = pim.run("confighooks/prebuild/10_as_at_a_release.sh")
    assert result.returncode != 0
    assert "the variable DATABASE_USER is not set" in result.stderr
