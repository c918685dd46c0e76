"""Row 1: where Magento's own logs go after a deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.servers.beanstalk_instance import BeanstalkInstance, killed_everywhere
from tests.servers.release import magento_bundle

SHIP = "hooks/postdeploy/40_ship_logs.sh"
GROUP = "/aws/elasticbeanstalk/client-prod-front/magento"
CONTROL = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
AGENT = '#!/bin/bash\necho "$*" >> /run/agent\n'
WRITTEN = (
    "/var/app/current/var/log/system.log",
    "/var/app/current/var/log/exception.log",
    "/var/app/current/var/log/payment.log",
    "/var/log/php-fpm/www-error.log",
    "/var/log/magento-cron.log",
)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[BeanstalkInstance]:
    """An instance with a release of Magento, and the agent of Beanstalk's image."""
    with BeanstalkInstance(tmp_path, properties={"MAGENTO_LOG_GROUP": GROUP}) as instance:
        instance.write(CONTROL, AGENT, mode=0o755)
        instance.stage(magento_bundle(tmp_path / "bundle", "r1"))
        instance.flip()
        yield instance


def covers(pattern: str, path: str) -> bool:
    return fnmatchcase(path, pattern) and path.count("/") == pattern.count("/")


def test_the_logs_reach_cloudwatch(front: BeanstalkInstance) -> None:
    """In the stack's log group. Every file of a pattern is followed, and the streams of two instances differ."""
    front.hook(SHIP)
    [call] = front.read("/run/agent").splitlines()
    assert call == "-m ec2 -s -a append-config -c file:/opt/aws/amazon-cloudwatch-agent/etc/magento.json"
    written = json.loads(front.read("/opt/aws/amazon-cloudwatch-agent/etc/magento.json"))
    followed = written["logs"]["logs_collected"]["files"]["collect_list"]
    for path in WRITTEN:
        [entry] = [each for each in followed if covers(each["file_path"], path)]
        assert entry["log_group_name"] == GROUP
        assert entry["log_stream_name"].startswith("{instance_id}/")
        assert entry.get("publish_multi_logs") or "*" not in entry["file_path"]
    assert len({entry["log_stream_name"] for entry in followed}) == len(followed)
    assert followed[0]["multi_line_start_pattern"] == "^\\["


@pytest.mark.parametrize("kind", ["taillogs", "bundlelogs"])
def test_beanstalk_shows_the_logs_on_demand(front: BeanstalkInstance, kind: str) -> None:
    front.hook(SHIP)
    patterns = front.read(f"/opt/elasticbeanstalk/tasks/{kind}.d/magento.conf").splitlines()
    assert [path for path in WRITTEN if not any(covers(pattern, path) for pattern in patterns)] == []


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (None, "no MAGENTO_LOG_GROUP, or no CloudWatch agent: Magento's logs stay on this instance"),
        ("#!/bin/bash\necho starting\necho 'Invalid Json input schema.'\nexit 99\n", "Invalid Json input schema."),
    ],
)
def test_a_release_does_not_fail_for_its_logs(front: BeanstalkInstance, agent: str | None, says: str) -> None:
    """One line in Beanstalk's log says so. The log tail works all the same."""
    if agent is None:
        front.run("rm", CONTROL)
    else:
        front.write(CONTROL, agent, mode=0o755)
    [line] = front.hook(SHIP).stderr.splitlines()
    assert line.endswith(says)
    assert front.exists("/opt/elasticbeanstalk/tasks/taillogs.d/magento.conf")


def test_the_hook_is_safe_when_killed_and_when_repeated(tmp_path: Path) -> None:
    bundle = magento_bundle(tmp_path / "bundle", "r1")

    def bring(instance: BeanstalkInstance) -> str:
        instance.write(CONTROL, AGENT, mode=0o755)
        instance.stage(bundle)
        instance.flip()
        return SHIP

    properties = {"MAGENTO_LOG_GROUP": GROUP}
    with (
        BeanstalkInstance(tmp_path, properties=properties, instance_id="i-1") as undisturbed,
        BeanstalkInstance(tmp_path, properties=properties, instance_id="i-1") as disturbed,
    ):
        assert killed_everywhere(undisturbed, disturbed, bring) == {}
