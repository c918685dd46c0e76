"""`./shop servers` and the alarms on servers that really booted: their own calls of AWS, made at the embedded AWS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pulumi_aws as aws
import pytest

from commands.aws_api import AwsApi
from sandbox.commands import aws_cli, embedded_aws
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.layout import Layout
from servers.server_state import read
from tests.servers.debian_machine import RELEASES, Base, Machine
from tests.servers.server_boots import CONFIGURATIONS, PARAMETER, boot_server
from tests.unit.program import program

THE_MACHINES_OWN_ID = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def aws_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an embedded AWS, with the real AWS CLI first on its path."""
    layout = Layout(project=tmp_path_factory.mktemp("account"))
    server = embedded_aws.ensure_running(layout).server
    aws_cli.install(layout)
    path = f"{layout.commands}:{os.environ['PATH']}"
    yield {**SandboxEnvironment(layout=layout, port=server.port).variables(), "PATH": path}
    embedded_aws.stop(layout)


@pytest.fixture
def ec2(aws_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, aws_variables[name])
    return boto3.client("ec2", "eu-west-3")


def an_instance(ec2: Any) -> str:
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-amd64-*"]}])["Images"][0]["ImageId"]
    named = {"Client": "client", "Environment": "prod", "Name": "client-prod-server"}
    tags = [{"Key": key, "Value": value} for key, value in named.items()]
    [started] = ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}]
    )["Instances"]
    return str(started["InstanceId"])


def make_calls(machine: Machine, instance: str, variables: dict[str, str]) -> None:
    """Each call that the machine made of AWS since it was asked last, as that instance's. Of its parameter, AWS answers
    what the machine was told instead."""
    calls = machine.root / "var/log/aws-calls"
    for call in calls.read_text().replace(THE_MACHINES_OWN_ID, instance).splitlines():
        ran = subprocess.run(["bash", "-c", f"aws {call}"], env=variables, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, f"aws {call}\n{ran.stderr}"
        if call.startswith("ssm "):
            assert ran.stdout == machine.read("/srv/parameter")
    calls.unlink()


def put_alarms(id: str) -> Any:
    """The stack's own alarms on what the gateway uses, which the first value above nothing raises."""
    cloudwatch = boto3.client("cloudwatch", "eu-west-3")
    alarms = {
        each.name.rpartition("-")[2]: each.inputs
        for each in program("prod").of_type(aws.cloudwatch.MetricAlarm)
        if each.inputs.get("namespace") == "Servers"
    }
    for name in ("disk", "inodes", "memory"):
        alarm = alarms[name]
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace=alarm["namespace"],
            MetricName=alarm["metricName"],
            Dimensions=[{"Name": dimension, "Value": id} for dimension in alarm["dimensions"]],
            Statistic=alarm["statistic"],
            Period=alarm["period"],
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator=alarm["comparisonOperator"],
        )
    return cloudwatch


@pytest.mark.long
@pytest.mark.parametrize("release", RELEASES)
def test_a_booted_server_is_ready_and_says_how_full_its_disk_is(
    tmp_path: Path,
    directory: Path,
    debian: Callable[[str], Base],
    release: str,
    ec2: Any,
    aws_variables: dict[str, str],
) -> None:
    """What it says of its disk is what `df` says. A service that died and a boot that failed later are seen too."""
    id = an_instance(ec2)
    api = AwsApi("eu-west-3")
    assert [(each.boot, each.configuration) for each in read(api, {"gateway": id})] == [("none", "")]
    value = CONFIGURATIONS["gateway"].value()
    ssm = boto3.client("ssm", "eu-west-3")
    ssm.put_parameter(Name=PARAMETER, Type="SecureString", Value=value)
    assert [each.configuration for each in read(api, {"gateway": id})] == ["waiting"]
    cloudwatch = put_alarms(id)
    with boot_server(directory, (debian(release).root,), "gateway") as machine:
        machine.run("systemctl", "start", "publish-boot-status.service")
        make_calls(machine, id, aws_variables)
        [state] = read(api, {"gateway": id})
        assert state.is_ready
        assert (state.configuration, state.configuration_version) == ("applied", 1)
        assert state.uptime is not None
        used = machine.run("df", "--output=pcent", "/").split()[-1].rstrip("%")
        assert state.disks == {"/": float(used)}
        raised = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
        assert {each["AlarmName"] for each in raised} == {"disk", "inodes", "memory"}
        # Of another instance, for which no better value was published in the same minute.
        other = an_instance(ec2)
        told = [{"Key": "BootStatus", "Value": "ready"}, {"Key": "Configuration", "Value": "1 applied"}]
        ec2.create_tags(Resources=[other], Tags=told)
        machine.run("systemctl", "stop", "haproxy")
        machine.run("systemctl", "start", "publish-boot-status.service")
        make_calls(machine, other, aws_variables)
        [state] = read(api, {"gateway": other})
        assert (state.boot, state.configuration, state.is_ready) == ("ready", "applied", False)
        machine.run("systemctl", "mask", "--now", "haproxy")
        assert machine.attempt("boot-platform").returncode != 0
        make_calls(machine, id, aws_variables)
        [state] = read(api, {"gateway": id})
        assert (state.boot, state.is_ready, state.configuration) == ("failed", False, "refused")
    ec2.stop_instances(InstanceIds=[id])
    assert [(each.state, each.uptime) for each in read(api, {"gateway": id})] == [("stopped", None)]
    ec2.terminate_instances(InstanceIds=[id, other])
    ssm.delete_parameter(Name=PARAMETER)
    assert [each.state for each in read(api, {"gateway": "i-0aaaaaaaaaaaaaaaa"})] == ["missing"]
