"""Ansible on live hosts: the shipped playbook with the shipped inventory, over Session Manager."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.hosts.network import AWS
from tests.hosts.live_sandbox import FRONT, LiveSandbox
from tests.servers import session_manager_plugin
from tests.servers.ansible_job import Ansible
from tests.servers.programs import require

pytestmark = pytest.mark.long
PING = "/etc/ansible/playbooks/ping.yml"


def files_of_rundeck(live: LiveSandbox) -> dict[str, str]:
    """What Rundeck's server gets from the stack, by path."""
    found = live.platform.client("ssm").get_parameter(
        Name="/servers/client-prod/rundeck-server/configuration", WithDecryption=True
    )
    document = json.loads(gzip.decompress(base64.b64decode(found["Parameter"]["Value"])))
    return {each["path"]: each["content"] for each in document["files"]}


@pytest.fixture
def ansible(live: LiveSandbox, tmp_path: Path) -> Ansible:
    require("/usr/bin/ansible-playbook")
    job = Ansible(tmp_path, files_of_rundeck(live), live.platform.environment["AWS_ENDPOINT_URL"], "eu-west-3")
    job.connect_by(session_manager_plugin.build())
    job.tell_servers(f"http://{AWS}")
    return job


@pytest.mark.row(9)
def test_the_shipped_playbook_pings_every_host(live: LiveSandbox, ansible: Ansible) -> None:
    """Of both stacks, and as root. No session and no file is left. A server, which does not run here, is not
    connected, and the others are pinged all the same."""
    ssm, s3 = live.platform.client("ssm"), live.platform.client("s3")
    listed = ansible.run("ansible-inventory --list")
    assert listed.returncode == 0, listed.stderr
    known: dict[str, Any] = json.loads(listed.stdout)["_meta"]["hostvars"]
    hosts = sorted(live.status()["Hosts"])
    names = {host: known[host]["tags"]["Name"] for host in hosts}
    pinged = ansible.run(f"ansible-playbook --limit {','.join(hosts)} {PING}")
    assert pinged.returncode == 0, pinged.stdout + pinged.stderr
    for host, name in names.items():
        assert f'ok: [{host}] => {{\n    "msg": "{name}: booted by Elastic Beanstalk"' in pinged.stdout
    assert {name.partition("-front")[0] for name in names.values()} >= {"client-prod", "client-preprod"}

    [first, *_] = live.instances(FRONT)
    who = ansible.run(f"ansible {first} -m ansible.builtin.command -a whoami")
    assert who.stdout.splitlines() == [f"{first} | CHANGED | rc=0 >>", "root"], who.stdout + who.stderr

    gateway = next(each for each in known if each not in hosts and "gateway" in known[each]["tags"]["Name"])
    partly = ansible.run(f"ansible-playbook --limit {first},{gateway} {PING}")
    assert partly.returncode != 0
    assert f"{gateway} is not connected" in partly.stdout
    assert f"{names[first]}: booted by Elastic Beanstalk" in partly.stdout

    assert ssm.describe_sessions(State="Active")["Sessions"] == []
    assert len(ssm.describe_sessions(State="History")["Sessions"]) > len(hosts)
    assert "Contents" not in s3.list_objects_v2(Bucket=known[first]["ansible_aws_ssm_bucket_name"])
