"""``./shop servers`` and the end of ``pulumi up`` on production, whose servers say how they are by their tags."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from commands.errors import ExitCode
from sandbox.tests.platform import Platform
from servers.server_state import _parameter

pytestmark = pytest.mark.long


def servers(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`./shop servers -s prod …`, as a sourced shell runs it."""
    return subprocess.run(
        ["./shop", "servers", "-s", "prod", *arguments],
        cwd=platform.project,
        env={**os.environ, **platform.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def release(platform: Platform, id: str) -> str:
    """Such as ``13``, as the name of the instance's image has it. Images of one's own may be called anything."""
    ec2 = platform.client("ec2")
    [instance] = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"]
    images = ec2.describe_images(ImageIds=[instance["ImageId"]])["Images"]
    found = re.match(r"(?:debian|Windows_Server)-(\d+)-", images[0]["Name"])
    return found[1] if found else "-"


@pytest.fixture
def ids(platform: Platform) -> Iterator[dict[str, str]]:
    """The instances of production's servers. Afterwards, none has said anything."""
    ids: dict[str, str] = platform.outputs("prod")["servers"]
    yield ids
    platform.client("ec2").delete_tags(
        Resources=list(ids.values()), Tags=[{"Key": "BootStatus"}, {"Key": "Configuration"}]
    )


def say_of_configuration(platform: Platform, id: str, result: str) -> None:
    """As the server does of the newest version of its configuration, if it has one."""
    [instance] = platform.client("ec2").describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"]
    name = _parameter({tag["Key"]: tag["Value"] for tag in instance["Tags"]})
    found = platform.client("ssm").get_parameters(Names=[name])["Parameters"]
    for parameter in found:
        told = {"Key": "Configuration", "Value": f"{parameter['Version']} {result}"}
        platform.client("ec2").create_tags(Resources=[id], Tags=[told])


def test_the_command_and_an_up_say_which_servers_are_not_ready(platform: Platform, ids: dict[str, str]) -> None:
    """Each server sets the tag itself. Without one it is not ready, and with it nothing is said at the end of a run."""

    def say(status: str, *names: str) -> None:
        chosen = [ids[name] for name in names or ids]
        platform.client("ec2").create_tags(Resources=chosen, Tags=[{"Key": "BootStatus", "Value": status}])

    asked = servers(platform)
    assert asked.returncode == ExitCode.FAILED, asked.stderr
    table = asked.stdout.splitlines()[: len(ids) + 1]
    assert [line.split()[0] for line in table[1:]] == list(ids)
    assert max(map(len, table)) <= 80
    assert "\x1b" not in asked.stdout
    for line, id in zip(table[1:], ids.values(), strict=True):
        assert release(platform, id) in line.split()

    say("ready")
    asked = servers(platform)
    assert asked.returncode == ExitCode.FAILED
    waiting = [line.split()[1] for line in asked.stdout.splitlines() if "has not applied version" in line]
    assert waiting == list(ids)
    for id in ids.values():
        say_of_configuration(platform, id, "applied")
    say("failed", "gateway")
    asked = servers(platform)
    assert asked.returncode == ExitCode.FAILED
    [trouble] = [line for line in asked.stdout.splitlines() if line.startswith("! ")]
    assert trouble.startswith("! gateway runs, but its boot has failed.")
    seen = platform.pulumi("preview", "-s", "prod")
    assert "Servers that are not ready: gateway. " in seen.stdout
    assert "./shop servers -s prod" in seen.stdout

    say("ready")
    say_of_configuration(platform, ids["gateway"], "refused: ALERT no such port")
    asked = servers(platform)
    assert asked.returncode == ExitCode.FAILED
    assert asked.stdout.count("\n! ") == 1
    assert "goes on with the one before: ALERT no such port." in " ".join(asked.stdout.split())
    say_of_configuration(platform, ids["gateway"], "applied")
    asked = servers(platform, "--json")
    assert asked.returncode == ExitCode.OK, asked.stderr
    said = json.loads(asked.stdout)
    assert [(each["name"], each["instance_id"]) for each in said] == list(ids.items())
    assert "not ready" not in platform.pulumi("preview", "-s", "prod").stdout
