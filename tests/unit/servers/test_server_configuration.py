"""The parameter with what a server applies while it runs: who may read it, and what fits."""

from __future__ import annotations

import base64
import gzip
import json
import random
from dataclasses import replace

import pulumi_aws as aws
import pytest

from components.servers.cloud_init import BootFile, BootVolume, CloudInit
from components.servers.server import Server, ServerArgs
from components.servers.server_configuration import ServerConfiguration
from settings.messages import FaultsError
from settings.server_size import ServerSizeSettings
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.servers.configured import configured
from tests.unit.servers.placement import PLACEMENT

APPLY = BootFile(path="/usr/local/sbin/apply", content="#!/bin/sh\n", mode="0700")
GREETING = ServerConfiguration(files=(BootFile(path="/etc/greeting", content="hello\n"),))
ARGS = ServerArgs(
    placement=PLACEMENT,
    size=ServerSizeSettings(instance_type="t4g.small"),
    ingress=(),
    boot=CloudInit(files=(APPLY,), apply=APPLY.path),
    configuration=GREETING,
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(lambda: Server("files", ARGS))


def boot_files(graph: Graph) -> dict[str, str]:
    document = gzip.decompress(base64.b64decode(graph.one(aws.ec2.Instance).inputs["userDataBase64"])).decode()
    return {
        file["path"]: file["content"] for file in json.loads(document.removeprefix("#cloud-config\n"))["write_files"]
    }


def test_the_server_is_told_where_its_configuration_is_and_not_what(graph: Graph) -> None:
    """It is there before the server boots."""
    parameter = graph.one(aws.ssm.Parameter)
    files = boot_files(graph)
    assert json.loads(files["/etc/boot-platform/configuration.json"]) == {
        "parameter": parameter.inputs["name"],
        "apply": APPLY.path,
    }
    assert "/etc/greeting" not in files
    assert [(each["path"], each["content"]) for each in configured(graph)] == [("/etc/greeting", "hello\n")]
    assert parameter.urn in graph.one(aws.ec2.Instance).dependencies


def test_it_is_applied_when_the_volumes_are_mounted() -> None:
    """And before the scripts that need it."""
    start = BootFile(path="/usr/local/sbin/start", content="#!/bin/sh\n", mode="0700")
    volume = BootVolume(volume_id="vol-0abc", mount_point="/srv/media")
    boot = CloudInit(files=(APPLY, start), apply=APPLY.path, scripts=(start.path,), volumes=(volume,))
    [order] = [
        file["content"].split()
        for file in json.loads(boot.render().removeprefix("#cloud-config\n"))["write_files"]
        if file["path"] == "/etc/boot-platform/scripts"
    ]
    assert order == ["/usr/local/sbin/mount-data-volumes", "/usr/local/sbin/apply-configuration", start.path]


def test_only_its_own_server_reads_it(graph: Graph) -> None:
    """With the stack's key, which it may use for this parameter and for no secret that the key encrypts."""
    parameter = graph.one(aws.ssm.Parameter)
    assert (parameter.inputs["type"], parameter.inputs["keyId"]) == ("SecureString", PLACEMENT.context.key_arn)
    statements = json.loads(graph.one(aws.iam.RolePolicy, name="files-rights").inputs["policy"])["Statement"]
    arn = parameter.outputs["arn"]
    assert [each for each in statements if each["Action"] in ("ssm:GetParameter", "kms:Decrypt")] == [
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": arn},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": PLACEMENT.context.key_arn,
            "Condition": {"StringEquals": {"kms:EncryptionContext:PARAMETER_ARN": arn}},
        },
    ]


def test_another_configuration_is_no_other_instance(graph: Graph) -> None:
    other = ServerConfiguration(files=(BootFile(path="/etc/greeting", content="good morning\n"),))
    changed = build(lambda: Server("files", replace(ARGS, configuration=other)))
    assert boot_files(changed) == boot_files(graph)
    assert configured(changed) != configured(graph)


def test_a_server_without_one_has_no_parameter() -> None:
    graph = build(lambda: Server("files", replace(ARGS, configuration=None)))
    assert not graph.of_type(aws.ssm.Parameter)
    assert "ssm:" not in graph.one(aws.iam.RolePolicy, name="files-rights").inputs["policy"]


def test_a_configuration_that_no_script_applies_is_refused() -> None:
    with pytest.raises(ValueError, match="apply: missing, expected the script that puts the configuration into effect"):
        build(lambda: Server("files", replace(ARGS, boot=CloudInit())))


def test_the_same_files_are_the_same_version() -> None:
    """Bytes that depended on the time would be a new version at every run."""
    assert base64.b64decode(GREETING.value())[4:8] == bytes(4)


def test_what_a_parameter_does_not_hold_is_refused_here() -> None:
    """Offline, and not in the middle of an update."""
    noise = ServerConfiguration(files=(BootFile(path="/etc/noise", content=random.Random(1).randbytes(4000).hex()),))
    with pytest.raises(FaultsError, match=r"^configuration: got \d+ bytes, expected at most 4096 when compressed$"):
        noise.value()
