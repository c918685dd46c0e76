"""Row 6: what a satellite's deployment and a change of its configuration do, run by real programs on an instance."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.beanstalk_instance import PHASES, BeanstalkInstance, differences, killed_everywhere
from tests.servers.programs import not_installed, unavailable
from tests.servers.release import DATABASE, FTP, MIRAKL, PLATFORM_CONFIG, SATELLITES, hooks_of, satellite_bundle, write

SCRIPTS = sorted(PLATFORM_CONFIG.rglob("*.sh"))
HOOKS = [path for path in SCRIPTS if {"hooks", "confighooks"} & {*path.relative_to(PLATFORM_CONFIG).parts}]
WRITE_CONFIGURATION = "hooks/prebuild/20_write_configuration.sh"
INSTALL = "hooks/prebuild/30_install_packages.sh"
SCHEMA = "hooks/predeploy/20_update_schema.sh"
OWNERSHIP = "hooks/predeploy/10_set_ownership.sh"
CRON = "hooks/postdeploy/10_schedule_cron.sh"
SERVE_FTP = "hooks/postdeploy/20_serve_ftp.sh"
REGISTER = "hooks/postdeploy/30_register_address.sh"

PASSWORD = "battery-staple"
_AWS = f"""case "$1" in secretsmanager) echo '{{"username": "connection", "password": "{PASSWORD}"}}';; esac"""

NewInstance = Callable[..., BeanstalkInstance]
NewBundle = Callable[[str], Path]


def properties(satellite: str, **further: str) -> dict[str, str]:
    """What the environment of a shipped satellite has, with cron and FTP where they are used."""
    known = {"mirakl-cashout": {**MIRAKL, "CRON_TABLE_BASE64": encoded("0 */6 * * * php bin/console a\n")}}
    known["custom-connection"] = {**FTP, "INTERNAL_ADDRESS": "connection.internal-client.url", "INTERNAL_ZONE_ID": "Z1"}
    return {**DATABASE, **known.get(satellite, {}), **further}


def encoded(table: str) -> str:
    return base64.b64encode(table.encode()).decode()


@pytest.fixture
def new_instance(tmp_path: Path) -> Iterator[NewInstance]:
    with ExitStack() as instances:

        def add(satellite: str = "pim", **further: str) -> BeanstalkInstance:
            made = BeanstalkInstance(tmp_path, properties=properties(satellite, **further), stand_ins={"aws": _AWS})
            return instances.enter_context(made)

        yield add


@pytest.fixture
def new_bundle(tmp_path: Path) -> NewBundle:
    return lambda satellite: satellite_bundle(tmp_path / satellite, satellite)


def relative(path: Path) -> str:
    return str(path.relative_to(PLATFORM_CONFIG))


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


@pytest.mark.parametrize("satellite", ["pim", "custom-connection"])
def test_the_database_is_configured_at_deploy(new_instance: NewInstance, new_bundle: NewBundle, satellite: str) -> None:
    """The credentials that Beanstalk fetched are in a file that only the application can read, its command line too."""
    instance = new_instance(satellite, DATABASE_PASSWORD="p@ss/w%rd")
    instance.deploy(new_bundle(satellite))
    written = instance.read("/var/app/current/.env.local")
    assert "DATABASE_URL='mysql://satellites:p%40ss%2Fw%25rd@shared.internal:3306/satellites?" in written
    assert instance.owner_and_mode("/var/app/current/.env.local") == "webapp:webapp 600"
    assert instance.read("/etc/pki/tls/certs/rds-global-bundle.pem") == "certificates\n"


def test_miraklss_configuration_file_is_complete_yaml(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """Every value that the connector asks for is there, as text, and its own placeholders are left to it."""
    instance = new_instance("mirakl-cashout")
    instance.deploy(new_bundle("mirakl-cashout"))
    written = yaml.safe_load(instance.read("/var/app/current/config/parameters.yml"))["parameters"]
    assert written["db.host"] == "shared.internal"
    assert written["db.password"] == "correct-horse"
    assert written["hipay.wsPassword"] == "the hipay_password"
    assert written["mirakl.frontKey"] == "the mirakl_front_key"
    assert written["cycle.days"] == [1, 11, 21]
    assert "{{miraklId}}" in written["label.public"]
    assert instance.owner_and_mode("/var/app/current/config/parameters.yml") == "webapp:webapp 600"


@pytest.mark.parametrize(
    "value",
    [
        "it's",
        'say "hi"',
        "a\\b",
        "a\\nb",
        "$HOME ${HOME} $(id)",
        "100%name%",
        "a\nAPP_ENV=dev",
        "a: b # c",
        "é\t🂡",
        " ",
    ],
)
def test_a_filled_secret_is_read_back_as_it_is(new_instance: NewInstance, new_bundle: NewBundle, value: str) -> None:
    """Whatever characters a partner chose: a password must neither stop a deployment nor be read as settings."""
    instance = new_instance("mirakl-cashout", HIPAY_PASSWORD=value)
    bundle = new_bundle("mirakl-cashout")
    write(bundle / ".platform/templates/.env.local", "FIRST='${HIPAY_PASSWORD}'\nLAST='end'\n")
    write(bundle / ".platform/templates/settings.json", '{"password": "${HIPAY_PASSWORD}"}\n')
    instance.stage(bundle)
    instance.hook(WRITE_CONFIGURATION)
    parameters = _symfony_reads(instance, "Yaml", "config/parameters.yml")["parameters"]
    assert parameters["hipay.wsPassword"] == value
    assert parameters["hipay.baseSoapUrl"] == "the hipay_soap_url"
    assert json.loads(instance.read("/var/app/staging/settings.json")) == {"password": value}
    assert _symfony_reads(instance, "Dotenv", ".env.local") == {"FIRST": value, "LAST": "end"}
    # Shells read such a file the same.
    ask = 'source /var/app/staging/.env.local; printf "%s|%s" "$FIRST" "$LAST"'
    assert instance.run("bash", "-c", ask).stdout == f"{value}|end"


def _symfony_reads(instance: BeanstalkInstance, component: str, file: str) -> dict[str, Any]:
    """What Symfony's own parser makes of a file of the new release."""
    autoload = f"/usr/share/php/Symfony/Component/{component}/autoload.php"
    if not Path(autoload).exists():
        unavailable(not_installed(f"php-symfony-{component.lower()}"))
    parse = {"Yaml": r"Symfony\Component\Yaml\Yaml::parse", "Dotenv": r"(new Symfony\Component\Dotenv\Dotenv())->parse"}
    program = (
        f"require '{autoload}'; echo json_encode({parse[component]}(file_get_contents('/var/app/staging/{file}')));"
    )
    read: dict[str, Any] = json.loads(instance.run("php", "-r", program).stdout)
    return read


def test_a_value_that_a_file_of_unknown_syntax_cannot_hold_stops_the_deployment(
    new_instance: NewInstance, new_bundle: NewBundle
) -> None:
    """Without its value in the log."""
    instance, bundle = new_instance(DATABASE_PASSWORD="it's"), new_bundle("pim")
    write(bundle / ".platform/templates/settings.ini", "password = '${DATABASE_PASSWORD}'\n")
    instance.stage(bundle)
    ran = instance.hook(WRITE_CONFIGURATION, check=False)
    assert ran.returncode != 0
    assert "the value of DATABASE_PASSWORD holds" in ran.stderr
    assert "it's" not in ran.stderr


@pytest.mark.parametrize("template", sorted(PLATFORM_CONFIG.glob("*/.platform/templates/**/*")), ids=relative)
def test_shipped_templates_have_their_values_in_the_quotes_that_are_filled_in(template: Path) -> None:
    if template.is_dir():
        return
    quote = "'" if template.name.startswith(".env") else '"'
    for line in template.read_text().splitlines():
        if "${" in line:
            assert re.search(rf"[=:] ?{quote}[^{quote}]*{quote}$", line), line


def test_a_missing_variable_stops_the_deployment_and_keeps_the_old_file(
    new_instance: NewInstance, new_bundle: NewBundle
) -> None:
    """An application without its database is worse than a deployment that says which variable is missing."""
    instance, bundle = new_instance(), new_bundle("pim")
    del instance.properties["DATABASE_HOST"]
    write(bundle / ".env.local", "before")
    instance.stage(bundle)
    ran = instance.hook(WRITE_CONFIGURATION, check=False)
    assert ran.returncode != 0
    assert "the variable DATABASE_HOST is not set" in ran.stderr
    assert instance.read("/var/app/staging/.env.local") == "before"


@pytest.mark.parametrize(
    ("variables", "installed"),
    [
        ({}, []),
        ({"FTP_USER": "connection"}, ["vsftpd"]),
        ({"CRON_TABLE_BASE64": "KiAqICogKiAqIHgK"}, ["cronie"]),
        ({"FTP_USER": "connection", "CRON_TABLE_BASE64": "KiAqICogKiAqIHgK"}, ["vsftpd", "cronie"]),
    ],
)
def test_packages_are_installed_once_where_they_are_used(
    new_instance: NewInstance, new_bundle: NewBundle, variables: dict[str, str], installed: list[str]
) -> None:
    """A deployment must not depend on the package repository when there is nothing to fetch."""
    instance = new_instance(**variables)
    instance.stage(new_bundle("pim"))
    for _ in range(2):
        instance.hook(INSTALL)
    assert [call[-1] for call in instance.calls("dnf")] == installed


@pytest.mark.parametrize(
    ("satellite", "command"),
    [
        ("pim", "bin/console doctrine:schema:update --force --no-interaction"),
        ("custom-connection", "bin/console doctrine:migrations:migrate --allow-no-migration --no-interaction"),
        ("mirakl-cashout", "bin/console orm:schema-tool:update --dump-sql --force"),
    ],
)
def test_the_schema_is_updated_by_the_applications_own_command(
    new_instance: NewInstance, new_bundle: NewBundle, satellite: str, command: str
) -> None:
    """As the web server's user, so that no cache of root's is left behind for the application to trip over."""
    instance, bundle = new_instance(satellite), new_bundle(satellite)
    write(bundle / "bin/console", "<?php file_put_contents('said', get_current_user() . ' ' . implode(' ', $argv));")
    instance.stage(bundle)
    instance.hook(OWNERSHIP)
    instance.hook(SCHEMA)
    assert instance.read("/var/app/staging/said") == f"webapp {command}"
    assert instance.owner_and_mode("/var/app/staging/said").startswith("webapp:webapp")


def test_a_schema_update_that_fails_stops_the_deployment(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """The old release goes on running; new code never meets an old schema."""
    instance, bundle = new_instance(), new_bundle("pim")
    write(bundle / "bin/console", "<?php exit(3);")
    instance.stage(bundle)
    assert instance.hook(SCHEMA, check=False).returncode == 3


def test_a_satellite_without_a_schema_is_deployed_too(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """A new satellite works without a directory here."""
    instance, bundle = new_instance(), new_bundle("pim")
    (bundle / ".platform/update_schema.sh").unlink()
    write(bundle / "bin/console", "<?php exit(3);")
    instance.deploy(bundle)


def test_the_release_is_the_web_users(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """Permissions stay as they came where no other user writes."""
    instance = new_instance()
    instance.deploy(new_bundle("pim"))
    assert instance.owner_and_mode("/var/app/current/public") == "webapp:webapp 755"


def test_the_web_root_is_writable_by_ftp(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """2775: the group writes to every directory and owns what is made there; the file with the password is closed."""
    instance = new_instance("custom-connection")
    instance.deploy(new_bundle("custom-connection"))
    for directory in ("", "/public"):
        assert instance.owner_and_mode(f"/var/app/current{directory}") == "webapp:webapp 2775"
    assert instance.owner_and_mode("/var/app/current/public/index.php") == "webapp:webapp 664"
    assert instance.owner_and_mode("/var/app/current/.env.local") == "webapp:webapp 600"


def test_cron_lines_become_a_table_that_runs_as_the_web_user(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """Five fields, the user, and the command in the application's directory, for cron to start and see."""
    table = "0 */6 * * * php bin/console vendor:process\n30 0 1,15 * 1-5 php a; php b\n"
    instance = new_instance("mirakl-cashout", CRON_TABLE_BASE64=encoded(table))
    instance.deploy(new_bundle("mirakl-cashout"))
    jobs = [line for line in instance.read("/etc/cron.d/satellite").splitlines() if line[0] not in "#SPM"]
    assert [re.split(r"\s+", job, maxsplit=6)[:6] for job in jobs] == [
        ["0", "*/6", "*", "*", "*", "webapp"],
        ["30", "0", "1,15", "*", "1-5", "webapp"],
    ]
    assert instance.owner_and_mode("/etc/cron.d/satellite") == "root:root 644", "cron ignores what others may write"
    assert ["enable", "--now", "crond.service"] in instance.calls("systemctl")


def test_the_whole_command_of_a_cron_line_runs_and_is_logged(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """Both halves of a list of commands run in the application's directory, and what they say reaches the journal."""
    instance = new_instance("mirakl-cashout", CRON_TABLE_BASE64=encoded("* * * * * echo one; pwd; echo two >&2"))
    instance.deploy(new_bundle("mirakl-cashout"))
    [*_, job] = instance.read("/etc/cron.d/satellite").splitlines()
    instance.run("bash", "-c", job.split(maxsplit=6)[6])
    assert instance.read("/run/journal") == "one\n/var/app/current\ntwo\n"


def test_cron_lines_that_are_gone_from_the_stack_stop_running(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    instance, bundle = new_instance("mirakl-cashout"), new_bundle("mirakl-cashout")
    instance.deploy(bundle)
    assert instance.exists("/etc/cron.d/satellite")
    instance.configure(bundle, CRON_TABLE_BASE64="")
    assert not instance.exists("/etc/cron.d/satellite")


def users_made_for_ftp(instance: BeanstalkInstance) -> list[str]:
    users = [line.split(":") for line in instance.read("/etc/passwd").splitlines()]
    return [name for name, _, _, _, comment, *_ in users if comment == "satellite-ftp"]


def test_the_ftp_users_password_comes_from_secrets_manager(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """Asked for at each deployment in the secret's own region; it is in no command's arguments, and in no variable."""
    instance = new_instance("custom-connection")
    instance.deploy(new_bundle("custom-connection"))
    [asked] = [call for call in instance.calls("aws") if call[0] == "secretsmanager"]
    assert asked[1:6] == ["get-secret-value", "--region", "eu-west-3", "--secret-id", FTP["FTP_SECRET"]]
    name, _, _, group, _, home, shell = instance.run("getent", "passwd", "connection").stdout.strip().split(":")
    assert (group, home, shell) == ("900", "/var/app/current", "/sbin/nologin")
    python = f"import crypt, spwd; h = spwd.getspnam('{name}').sp_pwdp; print(crypt.crypt('{PASSWORD}', h) == h)"
    assert instance.run("python3", "-W", "ignore", "-c", python).stdout == "True\n"


def test_another_ftp_user_takes_the_place_of_the_old_one(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """The old one's password must open nothing."""
    instance, bundle = new_instance("custom-connection"), new_bundle("custom-connection")
    instance.deploy(bundle)
    instance.configure(bundle, FTP_USER="partner")
    assert users_made_for_ftp(instance) == ["partner"]
    assert instance.read("/etc/vsftpd/users") == "partner\n"
    assert [call[0] for call in instance.calls("systemctl")] == ["enable", "restart"] * 2
    assert instance.exists("/var/app/current/public/index.php"), "the user's home is the release"


def test_a_user_of_the_system_is_not_taken_for_ftp(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """It would get a password."""
    instance = new_instance("custom-connection", FTP_USER="daemon")
    before = instance.run("getent", "shadow", "daemon").stdout
    with pytest.raises(subprocess.CalledProcessError) as failed:
        instance.deploy(new_bundle("custom-connection"))
    assert "FTP_USER: got daemon, expected" in failed.value.stderr
    assert instance.run("getent", "shadow", "daemon").stdout == before


def test_without_the_secret_the_deployment_fails_and_ftp_stays_as_it_was(
    new_instance: NewInstance, new_bundle: NewBundle
) -> None:
    instance = new_instance("custom-connection")
    instance.stand_in("aws", "echo AccessDenied >&2; exit 255")
    with pytest.raises(subprocess.CalledProcessError):
        instance.deploy(new_bundle("custom-connection"))
    assert instance.calls("systemctl") == []
    assert users_made_for_ftp(instance) == []


def test_ftp_that_is_gone_from_the_stack_is_stopped(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    instance, bundle = new_instance("custom-connection"), new_bundle("custom-connection")
    instance.deploy(bundle)
    del instance.properties["FTP_USER"]
    instance.configure(bundle)
    assert instance.calls("systemctl")[-1] == ["disable", "--now", "vsftpd.service"]
    assert users_made_for_ftp(instance) == []


def test_the_internal_name_follows_the_instance(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    """The address comes from the metadata service with a token (IMDSv2), and only this one A record is replaced."""
    instance = new_instance("custom-connection")
    instance.deploy(new_bundle("custom-connection"))
    [arguments] = [call for call in instance.calls("aws") if call[0] == "route53"]
    assert arguments[1] == "change-resource-record-sets"
    assert arguments[arguments.index("--hosted-zone-id") + 1] == "Z1"
    assert json.loads(arguments[arguments.index("--change-batch") + 1]) == {
        "Changes": [
            {
                "Action": "UPSERT",
                "ResourceRecordSet": {
                    "Name": "connection.internal-client.url",
                    "Type": "A",
                    "TTL": 30,
                    "ResourceRecords": [{"Value": "10.0.101.7"}],
                },
            }
        ]
    }


def test_an_instance_without_an_address_registers_nothing(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    instance = new_instance("custom-connection")
    instance.stage(new_bundle("custom-connection"))
    instance.flip()
    instance.stand_in("curl", "exit 22")
    assert instance.hook(REGISTER, check=False).returncode == 22
    assert instance.calls("aws") == []


# Both kinds of deployment, repeated and killed


@pytest.mark.parametrize("satellite", SATELLITES)
def test_a_change_of_configuration_leaves_what_a_release_left(
    new_instance: NewInstance, new_bundle: NewBundle, satellite: str
) -> None:
    """Beanstalk unpacks the bundle again and runs confighooks alone: owners, modes, files and cron stay, and the
    name is registered again."""
    instance, bundle = new_instance(satellite), new_bundle(satellite)
    instance.deploy(bundle)
    before, registered = instance.tree(), [call for call in instance.calls("aws") if call[0] == "route53"]
    assert before["/var/app/current/public/index.php"].split()[2] == "900:900"
    instance.configure(bundle)
    assert differences(before, instance.tree()) == {}
    assert [call for call in instance.calls("aws") if call[0] == "route53"] == registered * 2


def test_a_change_of_configuration_takes_effect(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    instance, bundle = new_instance("custom-connection"), new_bundle("custom-connection")
    instance.deploy(bundle)
    instance.configure(bundle, FTP_PASSIVE_ADDRESS="192.0.2.99", DATABASE_PASSWORD="new")
    assert "pasv_address=192.0.2.99" in instance.read("/etc/vsftpd/vsftpd.conf")
    assert "satellites:new@" in instance.read("/var/app/current/.env.local")


def test_a_hook_that_fails_fails_the_change_of_configuration(new_instance: NewInstance, new_bundle: NewBundle) -> None:
    instance, bundle = new_instance(), new_bundle("pim")
    instance.deploy(bundle)
    del instance.properties["DATABASE_USER"]
    with pytest.raises(subprocess.CalledProcessError) as failed:
        instance.configure(bundle)
    assert "the variable DATABASE_USER is not set" in failed.value.stderr


def test_the_readme_names_every_hook_and_no_other() -> None:
    said = (PLATFORM_CONFIG / "README.md").read_text()
    magento, satellite = said[said.index("## What a deployment") :].split("## What a satellite")
    for text, layers in ((magento, ("magento",)), (satellite, ("satellite", *SATELLITES))):
        named = re.findall(r"^\| (?:prebuild |predeploy |postdeploy )?\| `([^`]+)` \|", text, re.MULTILINE)
        shipped = [hook for layer in layers for hook in hooks_of(layer)]
        # In the order in which they run.
        order = {phase: number for number, phase in enumerate(PHASES)}
        shipped.sort(key=lambda hook: (order[hook.split("/")[1]], hook))
        assert named == [hook.split("/")[2] for hook in shipped]


@pytest.mark.parametrize("layer", ["magento", "satellite"])
def test_every_phase_has_both_kinds_of_hooks(layer: str) -> None:
    hooks, confighooks = (
        {path.name for path in (PLATFORM_CONFIG / layer / ".platform" / kind).iterdir()}
        for kind in ("hooks", "confighooks")
    )
    assert hooks == confighooks == set(PHASES)


@pytest.mark.long
@pytest.mark.parametrize(
    ("satellite", "hook"),
    [
        *(("custom-connection", hook) for hook in hooks_of("satellite")),
        ("mirakl-cashout", CRON),
        *((satellite, hook) for satellite in SATELLITES for hook in hooks_of(satellite)),
    ],
)
def test_a_hook_that_is_killed_does_its_work_when_it_runs_again(
    new_bundle: NewBundle, tmp_path: Path, satellite: str, hook: str
) -> None:
    """Wherever it was killed: the tree is as after an undisturbed run, and as after two."""
    bundle = new_bundle(satellite)

    def bring(instance: BeanstalkInstance) -> str:
        instance.stage(bundle)
        if hook.split("/")[1] == "postdeploy":
            instance.flip()
        return hook

    undisturbed, disturbed = (
        BeanstalkInstance(tmp_path, properties=properties(satellite), stand_ins={"aws": _AWS}) for _ in range(2)
    )
    with undisturbed, disturbed:
        assert killed_everywhere(undisturbed, disturbed, bring) == {}
