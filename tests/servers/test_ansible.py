"""Row 9: Ansible, as Rundeck's jobs run it, by the real program and its real plugins against AWS's API."""

from __future__ import annotations

import json
import platform
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from components.servers import server_files
from sandbox.hosts import root_image
from sandbox.hosts.server import UnknownHostError, serve
from sandbox.hosts.shells import Shell, as_ssm_user
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from tests.servers import session_manager_plugin
from tests.servers.ansible_job import FOLDER, Ansible
from tests.servers.debian_machine import Base
from tests.servers.programs import require
from tests.servers.test_rundeck import FILES

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


@pytest.fixture
def ansible(aws: EmbeddedAws, tmp_path: Path) -> Ansible:
    require("/usr/bin/ansible-playbook")
    return Ansible(tmp_path, {path: file.content for path, file in FILES.items()}, aws.url, REGION)


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


class Agents:
    """What opens shells on the one server whose agent has a connection."""

    def __init__(self, instance: str, inside: Sequence[str]) -> None:
        self._instance, self._inside = instance, inside

    def open_shell(self, instance_id: str) -> Shell:
        if instance_id != self._instance:
            raise UnknownHostError(instance_id)
        return Shell(as_ssm_user(self._inside))

    def targets(self) -> dict[str, Any]:
        return {}


@contextmanager
def bound(directory: str, place: Path) -> Iterator[None]:
    """With a directory of this computer at a place too."""
    subprocess.run(["mount", "--bind", directory, place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def debian_server(directory: Path) -> Iterator[Sequence[str]]:
    """What stands before a command so that root runs it in a Debian with a server's programs, and with the boot status
    that boots leave. systemd does not run in it: the connection needs a shell, sudo, curl and Python."""
    own = directory / "ansible"
    own.mkdir()
    base = Base.build(own, "12", (*server_files.packages("boot"), "sudo"), ())
    # As on AWS, where a server's name leads to it. Otherwise sudo says on each command that it does not.
    (base.root / "etc/hosts").write_text(f"127.0.0.1 localhost {platform.node()}\n")
    status = base.root / "var/lib/boot-platform/status"
    status.parent.mkdir(parents=True)
    status.write_text("ready\t2026-11-26T20:00:00+00:00\t\n")
    with ExitStack() as stack:
        stack.enter_context(root_image.processes_in(base.root))
        for devices in ("dev", "dev/pts"):
            stack.enter_context(bound(f"/{devices}", base.root / devices))
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        yield ("chroot", str(base.root), "env", "--ignore-environment", path)


@contextmanager
def agent_on(aws: EmbeddedAws, instance: str, inside: Sequence[str]) -> Iterator[None]:
    """Gives an instance an agent with a connection, for as long as the context lasts."""
    fleet, url = serve(Agents(instance, inside))  # type: ignore[arg-type]  # it is asked for shells only
    threading.Thread(target=fleet.serve_forever, args=(0.05,), daemon=True).start()
    aws.post("/moto-api/hosts", json.dumps({"Url": url, "OpensShellsOn": [instance]}))
    try:
        yield
    finally:
        aws.post("/moto-api/hosts", json.dumps({"Url": None}))
        fleet.shutdown()
        fleet.server_close()


def let_agents_register(aws: EmbeddedAws) -> None:
    """The instance profile ``server``, with the policy that Session Manager's agent needs."""
    iam = aws.client("iam")
    iam.create_role(RoleName="server", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    policy = "arn:aws:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy"
    iam.attach_role_policy(RoleName="server", PolicyArn=policy)


@pytest.mark.row(9)
@pytest.mark.long
def test_ansible_pings_the_servers(ansible: Ansible, aws: EmbeddedAws, debian_server: Sequence[str]) -> None:
    """By the real connection, and AWS's real plugin. Modules pass through the bucket and run as root. No session and no
    file is left. An instance without a connection fails the job, and the others are pinged all the same."""
    ansible.connect_by(session_manager_plugin.build())
    aws.client("s3").create_bucket(Bucket="ansible", CreateBucketConfiguration={"LocationConstraint": REGION})
    let_agents_register(aws)
    ours = {"Client": "client", "ManagedBy": "pulumi", "Environment": "prod", "System": "gateway"}
    instance = launch(aws, **ours, Name="client-prod-gateway")
    aws.client("ec2").associate_iam_instance_profile(IamInstanceProfile={"Name": "server"}, InstanceId=instance)
    with agent_on(aws, instance, debian_server):
        pinged = ansible.run("ansible-playbook --limit all /etc/ansible/playbooks/ping.yml")
        assert pinged.returncode == 0, pinged.stdout + pinged.stderr
        assert "client-prod-gateway: ready\\t2026-11-26" in pinged.stdout
        who = ansible.run(f"ansible {instance} -m ansible.builtin.command -a whoami")
        assert who.stdout.splitlines() == [f"{instance} | CHANGED | rc=0 >>", "root"]

        unreached = launch(aws, **ours, Name="client-prod-vpn")
        partly = ansible.run("ansible-playbook --limit all /etc/ansible/playbooks/ping.yml")
        assert partly.returncode != 0
        assert f"{unreached} is not connected" in partly.stdout
        assert "client-prod-gateway: ready" in partly.stdout
    assert aws.client("ssm").describe_sessions(State="Active")["Sessions"] == []
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket="ansible")
