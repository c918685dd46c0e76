"""Row 9: Ansible, as Rundeck's jobs run it, by the real program and its real plugins against AWS's API."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from tests.servers.programs import require
from tests.servers.test_rundeck import FILES

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
FOLDER = "/etc/ansible"
# What newer versions of boto3 do themselves. Debian 12's does not know AWS_ENDPOINT_URL yet.
READ_ENDPOINT = """
import os

try:
    from boto3.session import Session
except ImportError:
    pass
else:
    client = Session.client

    def at_the_endpoint(self, service, *arguments, endpoint_url=None, **more):
        return client(self, service, *arguments, endpoint_url=endpoint_url or os.environ["AWS_ENDPOINT_URL"], **more)

    Session.client = at_the_endpoint
"""


class Ansible:
    """Ansible with the configuration of Rundeck's server, in a directory in the place of /etc/ansible."""

    def __init__(self, directory: Path, aws: EmbeddedAws) -> None:
        self._directory = directory / "ansible"
        for path, file in FILES.items():
            if path.startswith(f"{FOLDER}/"):
                target = self._directory / path.removeprefix(f"{FOLDER}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(file.content.replace(FOLDER, str(self._directory)))
        endpoint = directory / "endpoint"
        endpoint.mkdir()
        (endpoint / "sitecustomize.py").write_text(READ_ENDPOINT)
        # As Rundeck's jobs have it: no terminal, no locale, and what rundeck.env exports.
        self._variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(directory),
            "ANSIBLE_CONFIG": str(self._directory / "ansible.cfg"),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PYTHONPATH": str(endpoint),
        }

    def run(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a job has it."""
        words = command.replace(FOLDER, str(self._directory)).split()
        return subprocess.run(
            words,
            env=self._variables | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture
def ansible(aws: EmbeddedAws, tmp_path: Path) -> Ansible:
    require("/usr/bin/ansible-playbook")
    return Ansible(tmp_path, aws)


def launch(aws: EmbeddedAws, image: str = "debian-12-amd64-*", **tags: str) -> str:
    """The id of a new instance with tags."""
    ec2 = aws.client("ec2")
    images = ec2.describe_images(Filters=[{"Name": "name", "Values": [image]}])["Images"]
    listed = [{"Key": name, "Value": value} for name, value in tags.items()]
    started = ec2.run_instances(
        ImageId=images[0]["ImageId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )
    return str(started["Instances"][0]["InstanceId"])


@pytest.mark.row(9)
def test_the_inventory_has_the_clients_linux_servers(ansible: Ansible, aws: EmbeddedAws) -> None:
    """With all that the connection takes. Others' instances, Windows and stopped ones are not there."""
    ours = {"Client": "client", "ManagedBy": "pulumi", "Environment": "prod"}
    gateway = launch(aws, **ours, System="gateway")
    database = launch(aws, **{**ours, "Environment": "preprod"}, System="shared-database")
    launch(aws, image="Windows_Server-2022-English-Full-Base-*", **ours, System="windows")
    launch(aws, Client="another", ManagedBy="pulumi", Environment="prod", System="gateway")
    launch(aws, Client="client", Environment="prod", System="gateway")
    aws.client("ec2").stop_instances(InstanceIds=[launch(aws, **ours, System="nfs")])
    listed = ansible.run("ansible-inventory --list")
    assert listed.returncode == 0, listed.stderr
    inventory: dict[str, Any] = json.loads(listed.stdout)
    variables = inventory["_meta"]["hostvars"]
    assert variables.keys() == {gateway, database}
    assert inventory["environment_prod"]["hosts"] == inventory["system_gateway"]["hosts"] == [gateway]
    assert inventory["environment_preprod"]["hosts"] == inventory["system_shared_database"]["hosts"] == [database]
    connection = {name: value for name, value in variables[gateway].items() if name.startswith("ansible_")}
    assert connection == {
        "ansible_connection": "community.aws.aws_ssm",
        "ansible_host": gateway,
        "ansible_aws_ssm_region": REGION,
        "ansible_aws_ssm_bucket_name": "ansible",
        "ansible_aws_ssm_timeout": "600",
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def test_a_job_that_cannot_list_instances_fails(ansible: Ansible) -> None:
    """By itself Ansible would warn, and succeed with no instance."""
    ran = ansible.run(
        "ansible-playbook --limit all /etc/ansible/playbooks/ping.yml",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_MAX_ATTEMPTS="1",
    )
    assert ran.returncode != 0
    assert "parse inventory source" in ran.stderr


@pytest.mark.parametrize("playbook", sorted(path for path in FILES if path.startswith(f"{FOLDER}/playbooks/")))
def test_playbooks_are_playbooks(ansible: Ansible, playbook: str) -> None:
    checked = ansible.run(f"ansible-playbook --syntax-check {playbook}")
    assert checked.returncode == 0, checked.stderr
