"""Row 9: what Rundeck's jobs run, by the real AWS CLI against AWS's API. Rundeck itself is not to be had here."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from components.servers.rundeck_server import RundeckServerArgs, boot
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import Site, build
from settings.rundeck import RundeckSettings, RundeckSizeSettings
from tests.servers.programs import require
from tests.unit.servers.placement import PLACEMENT

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]

# The one that Debian packages, which is the servers'.
AWS_CLI = "/usr/bin/aws"
ENVIRONMENT = "client-prod-front"
ARGS = RundeckServerArgs(
    placement=PLACEMENT,
    rundeck=RundeckSettings(size=RundeckSizeSettings(instance_type="t4g.medium")),
    clients={"vpn": "sg-vpn"},
)
FILES = {each.path: each for each in boot(ARGS, admin_secret="arn:admin", storage_secret="arn:storage").files}


class Machine:
    """Commands and scripts of the server, and what takes the place of the rest of it, in one directory of programs."""

    def __init__(self, programs: Path, variables: Mapping[str, str] | None = None) -> None:
        self._programs = programs
        self._variables = variables or {}

    def install(self, path: str) -> None:
        self.add(path.rpartition("/")[2], FILES[path].content)

    def add(self, name: str, content: str) -> None:
        (self._programs / name).write_text(content)
        (self._programs / name).chmod(0o755)

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._programs / name, *arguments],
            env={**os.environ, "PATH": f"{self._programs}:{os.environ['PATH']}", **self._variables},
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def site(aws: EmbeddedAws) -> Site:
    """An environment of two instances, both well."""
    site = build(aws)
    site.create(ENVIRONMENT)
    return site


@pytest.fixture
def rundeck(aws: EmbeddedAws, tmp_path: Path) -> Machine:
    """A server with the commands that jobs run, whose AWS is the embedded one."""
    require(AWS_CLI)
    machine = Machine(
        tmp_path,
        {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_PAGER": ""},
    )
    # Debian 12's does not know AWS_ENDPOINT_URL yet.
    machine.add("aws", f'#!/bin/sh\nexec {AWS_CLI} --endpoint-url {aws.url} "$@"\n')
    for path in FILES:
        if path.startswith("/usr/local/bin/"):
            machine.install(path)
    return machine


@pytest.fixture
def failed_instance(site: Site) -> str:
    """The instance on which the second release failed."""
    first, _ = sorted(site.in_service(ENVIRONMENT))
    site.control(Failures=[{"EnvironmentName": ENVIRONMENT, "InstanceId": first, "Message": "hook failed"}])
    site.beanstalk.update_environment(EnvironmentName=ENVIRONMENT, VersionLabel="v2")
    deadline = time.monotonic() + 15
    while site.versions(ENVIRONMENT)[first][1] != "Failed":
        assert time.monotonic() < deadline, "the release did not fail"
        time.sleep(0.1)
    return first


def test_the_environments_are_listed(site: Site, rundeck: Machine) -> None:
    """With what each runs."""
    listed = rundeck.run("beanstalk-environments")
    assert listed.returncode == 0, listed.stderr
    assert re.search(rf"{ENVIRONMENT}.*v1", listed.stdout)


@pytest.mark.parametrize("count", [1, 2])
def test_events_are_shown_newest_first(site: Site, rundeck: Machine, count: int) -> None:
    """As many as asked for, and nothing else."""
    answer = rundeck.run("beanstalk-events", ENVIRONMENT, str(count))
    assert answer.returncode == 0, answer.stderr
    messages = [line.split("\t")[2] for line in answer.stdout.splitlines()]
    assert messages == list(reversed(site.messages(ENVIRONMENT)))[:count]


def test_the_failed_instance_its_address_and_its_log_are_shown(
    site: Site, rundeck: Machine, failed_instance: str, aws: EmbeddedAws
) -> None:
    """For the instance that the release failed on, and for no other; its log is asked for on that instance."""
    answer = rundeck.run("beanstalk-failed-instances", ENVIRONMENT, "40")
    assert answer.returncode == 0, answer.stderr
    described = aws.client("ec2").describe_instances(InstanceIds=[failed_instance])
    address = described["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
    headings = [line for line in answer.stdout.splitlines() if line.startswith("== ")]
    assert headings == [f"== {failed_instance}, {address}"]
    [sent] = aws.client("ssm").list_commands()["Commands"]
    assert failed_instance in sent["InstanceIds"]
    assert sent["DocumentName"] == "AWS-RunShellScript"
    assert sent["Parameters"]["commands"] == ["tail -n 40 /var/log/eb-engine.log | tail -c 24000"]


def test_nothing_is_sent_while_all_is_well(site: Site, rundeck: Machine, aws: EmbeddedAws) -> None:
    answer = rundeck.run("beanstalk-failed-instances", ENVIRONMENT)
    assert answer.returncode == 0, answer.stderr
    assert "== " not in answer.stdout
    assert aws.client("ssm").list_commands()["Commands"] == []


@pytest.mark.parametrize("arguments", [(), ("i-1;id",), ("--help",), ("i-012e92fb498ad40d7", "1; reboot")], ids=repr)
def test_nothing_but_an_instance_and_a_number_reaches_an_instance(rundeck: Machine, arguments: tuple[str, ...]) -> None:
    """Both become part of a command that runs there as root."""
    refused = rundeck.run("beanstalk-log", *arguments)
    assert refused.returncode == 2
    assert "usage: " in refused.stderr


def test_an_environment_that_is_not_there_fails_the_job(site: Site, rundeck: Machine) -> None:
    """A job that ended well and showed nothing would say that nothing was wrong."""
    assert rundeck.run("beanstalk-failed-instances", "client-prod-nowhere").returncode != 0


def test_a_repository_key_that_is_not_rundecks_is_refused(tmp_path: Path) -> None:
    """Nothing is installed, and apt never trusts the key: its owner could become root on the server."""
    require("gpg", "gpgconf")
    home, keyring, installed = tmp_path / "gnupg", tmp_path / "rundeck.asc", tmp_path / "installed"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    try:
        subprocess.run([*gpg, "--quick-generate-key", "Somebody else", "ed25519", "sign"], check=True)
        key = subprocess.run([*gpg, "--armor", "--export"], check=True, capture_output=True, text=True).stdout
    finally:
        # The agent that gpg starts would stay.
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
    (tmp_path / "key.asc").write_text(key)
    (tmp_path / "rundeck.env").write_text(FILES["/etc/boot-platform/rundeck.env"].content)
    machine = Machine(
        tmp_path,
        {"RUNDECK_KEYRING": str(keyring), "RUNDECK_ENVIRONMENT": str(tmp_path / "rundeck.env"), "GNUPGHOME": str(home)},
    )
    machine.install("/usr/local/sbin/install_rundeck.sh")
    machine.add("dpkg-query", "#!/bin/sh\nexit 1\n")
    machine.add("curl", f'#!/bin/sh\ncp {tmp_path}/key.asc "{keyring}.new"\n')
    machine.add("apt-get", f"#!/bin/sh\ntouch {installed}\n")
    refused = machine.run("install_rundeck.sh")
    assert refused.returncode == 1
    assert "the key of Rundeck's repository should be 0DDD2FA79B15D736ECEA32B89B5206167C5C34C0, got" in refused.stderr
    assert not keyring.exists()
    assert not installed.exists()
