"""Row 6: where the logs of a satellite go after a deployment."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.beanstalk_instance import BeanstalkInstance
from tests.servers.programs import require
from tests.servers.release import FTP, satellite_bundle
from tests.servers.test_magento_logs import AGENT, CONTROL, covers

CRON = "hooks/postdeploy/10_schedule_cron.sh"
SHIP = "hooks/postdeploy/40_ship_logs.sh"
CONFIGURATION = "/opt/aws/amazon-cloudwatch-agent/etc/satellite.json"
GROUP = "/aws/elasticbeanstalk/client-prod-custom-connection/satellite"
JOBS = {"CRON_TABLE_BASE64": base64.b64encode(b"* * * * * echo paid; echo refused >&2\n").decode()}
APPLICATION = ("/var/app/current/var/log/prod.log", "/var/log/php-fpm/www-error.log")

NewInstance = Callable[..., BeanstalkInstance]


@pytest.fixture
def new_instance(tmp_path: Path) -> Iterator[NewInstance]:
    """Makes an instance with a release, and the agent of Beanstalk's image."""
    with ExitStack() as instances:

        def make(**properties: str) -> BeanstalkInstance:
            properties = {"SATELLITE_LOG_GROUP": GROUP, **properties}
            instance = instances.enter_context(BeanstalkInstance(tmp_path, properties=properties))
            instance.write(CONTROL, AGENT, mode=0o755)
            instance.stage(satellite_bundle(tmp_path / "bundle", "custom-connection"))
            instance.flip()
            return instance

        yield make


@pytest.mark.parametrize(
    ("properties", "written"),
    [
        ({}, ()),
        (FTP, ("/var/log/vsftpd.log",)),
        (JOBS, ("/var/log/satellite-cron.log",)),
        ({**FTP, **JOBS}, ("/var/log/satellite-cron.log", "/var/log/vsftpd.log")),
    ],
    ids=["neither", "ftp", "cron", "both"],
)
def test_the_logs_reach_cloudwatch(
    new_instance: NewInstance, properties: dict[str, str], written: tuple[str, ...]
) -> None:
    """Those of the FTP server and of cron where they are, in streams of their own; and Beanstalk shows the same."""
    instance = new_instance(**properties)
    instance.hook(SHIP)
    assert instance.read("/run/agent") == f"-m ec2 -s -a append-config -c file:{CONFIGURATION}\n"
    followed = json.loads(instance.read(CONFIGURATION))["logs"]["logs_collected"]["files"]["collect_list"]
    assert len(followed) == 2 + len(written)
    for path in (*APPLICATION, *written):
        [entry] = [each for each in followed if covers(each["file_path"], path)]
        assert entry["log_group_name"] == GROUP
        assert entry["log_stream_name"].startswith("{instance_id}/")
        assert entry.get("publish_multi_logs") or "*" not in entry["file_path"]
    assert len({entry["log_stream_name"] for entry in followed}) == len(followed)
    assert followed[0]["multi_line_start_pattern"] == "^\\["
    for kind in ("taillogs", "bundlelogs"):
        shown = instance.read(f"/opt/elasticbeanstalk/tasks/{kind}.d/satellite.conf").splitlines()
        assert shown == [entry["file_path"] for entry in followed]


def test_ftp_that_is_gone_is_followed_no_longer(new_instance: NewInstance) -> None:
    instance = new_instance(**FTP)
    instance.hook(SHIP)
    assert "vsftpd" in instance.read(CONFIGURATION)
    del instance.properties["FTP_USER"]
    instance.hook(SHIP)
    assert "vsftpd" not in instance.read(CONFIGURATION)


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (None, "no SATELLITE_LOG_GROUP, or no CloudWatch agent: the satellite's logs stay on this instance"),
        ("#!/bin/bash\necho starting\necho 'Invalid Json input schema.'\nexit 99\n", "Invalid Json input schema."),
    ],
)
def test_a_release_does_not_fail_for_its_logs(new_instance: NewInstance, agent: str | None, says: str) -> None:
    """One line in Beanstalk's log says so. The log tail works all the same."""
    instance = new_instance()
    if agent is None:
        instance.run("rm", CONTROL)
    else:
        instance.write(CONTROL, agent, mode=0o755)
    [line] = instance.hook(SHIP).stderr.splitlines()
    assert line.endswith(says)
    assert instance.exists("/opt/elasticbeanstalk/tasks/taillogs.d/satellite.conf")


def test_what_cron_says_is_in_the_journal_and_in_the_log_that_is_sent(new_instance: NewInstance) -> None:
    instance = new_instance(**JOBS)
    instance.hook(CRON)
    for record in ("calls", "journal"):
        instance.write(f"/run/{record}", "", mode=0o666)
    [*_, job] = instance.read("/etc/cron.d/satellite").splitlines()
    for _ in range(2):
        instance.run("bash", "-c", job.split(maxsplit=6)[6], user="webapp")
    assert instance.read("/run/journal") == "paid\nrefused\n" * 2
    assert instance.read("/var/log/satellite-cron.log") == "paid\nrefused\n" * 2
    assert instance.owner_and_mode("/var/log/satellite-cron.log") == "webapp:webapp 640"


@pytest.mark.parametrize("log", ["vsftpd", "satellite-cron"])
def test_the_logs_are_rotated(new_instance: NewInstance, log: str) -> None:
    """By the real logrotate, which reads the whole directory and so refuses a log that two files name."""
    require("logrotate")
    instance = new_instance(**FTP, **JOBS)
    # What the package of vsftpd brings.
    instance.write("/etc/logrotate.d/vsftpd", "/var/log/vsftpd.log {\n    nocompress\n    missingok\n}\n")
    instance.hook(CRON)
    instance.hook(SHIP)
    instance.write(f"/var/log/{log}.log", "a line\n")
    # What this machine itself would rotate.
    instance.run("bash", "-c", "cd /etc/logrotate.d; mkdir /run/ours; mv vsftpd satellite-cron /run/ours")
    said = instance.run("logrotate", "--force", "--verbose", "/run/ours")
    assert "error" not in said.stderr
    assert instance.read(f"/var/log/{log}.log.1") == "a line\n"
    assert instance.read(f"/var/log/{log}.log") == ""
