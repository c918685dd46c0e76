"""The template of images, by the real Packer and its plugin for AWS, up to the instance that becomes an image."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from tests.servers import aws_addresses
from tests.servers.packer import Packer
from tests.unit.program import ROOT
from tests.unit.test_images import FILES, IMAGES, MATRIX, VARIABLES

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = pytest.mark.long

# Validates what it is asked to build, and says that there is an image.
CHECK_INSTEAD = """#!/bin/bash
[[ $1 == build && $2 == -machine-readable ]] || exit 1
"{packer}" validate "${{@:3}}" && echo 1764190000,amazon-ebs.debian,artifact,0,id,eu-west-3:ami-0a1b
"""


@pytest.fixture(scope="module")
def packer(tmp_path_factory: pytest.TempPathFactory) -> Packer:
    return Packer(tmp_path_factory.mktemp("packer"))


def test_packer_accepts_every_image_of_the_matrix(packer: Packer, tmp_path: Path) -> None:
    """By the command that builds all of them, one after another."""
    program = tmp_path / "packer"
    program.write_text(CHECK_INSTEAD.format(packer=packer.program))
    program.chmod(0o755)
    options = [part for each in VARIABLES for part in ("-var", each)]
    asked = subprocess.run(
        [IMAGES / "build_all.sh", *options],
        env={**packer.environment, "PATH": f"{tmp_path}:{os.environ['PATH']}", "AT_ONCE": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.splitlines() == [f"{' '.join(image)} ami-0a1b" for image in MATRIX]


def test_packer_finds_a_mistake(packer: Packer, tmp_path: Path) -> None:
    """It knows an option that Debian's Packer does not, and finds it misspelt. And the template is formatted."""
    shutil.copytree(FILES, tmp_path / FILES.relative_to(ROOT))
    shutil.copytree(IMAGES, tmp_path / "images")
    assert packer.run(tmp_path / "images", "fmt", "-check", ".").returncode == 0
    template = tmp_path / "images" / "debian.pkr.hcl"
    template.write_text(template.read_text().replace("imds_support ", "imds_supports "))
    refused = packer.run(
        template.parent, "validate", *(f"-var={each}" for each in VARIABLES), "-var=server=gateway", "."
    )
    assert refused.returncode != 0
    assert "imds_supports" in refused.stdout + refused.stderr


def wait_for_instance(aws: EmbeddedAws, process: subprocess.Popen[str], log: Path) -> Mapping[str, Any]:
    """What Packer has launched, once it runs."""
    deadline = time.monotonic() + 180
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    while True:
        for reservation in aws.client("ec2").describe_instances(Filters=running)["Reservations"]:
            found: Mapping[str, Any] = reservation["Instances"][0]
            return found
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


def test_packer_launches_the_instance_and_leaves_nothing(packer: Packer, aws: EmbeddedAws, tmp_path: Path) -> None:
    """From Debian's newest image, without a public address, with what its boot needs, and with no open port. It waits
    for Session Manager, which the instances of the embedded AWS do not have. When it is ended, all of it is removed."""
    ec2, iam = aws.client("ec2"), aws.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    offered = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-13-arm64-*"]}])["Images"]
    image = max(offered, key=lambda each: str(each["CreationDate"]))
    values = ("server=gateway", f"region={REGION}", "client=client", f"subnet_id={subnet}", "kms_key_id=alias/own")
    log = tmp_path / "log"
    with aws_addresses.answered_by(aws.port, REGION, tmp_path) as variables, log.open("w") as output:
        process = subprocess.Popen(
            [packer.program, "build", *(f"-var={each}" for each in values), "."],
            cwd=IMAGES,
            env={**packer.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            instance = wait_for_instance(aws, process, log)
            groups = [each["GroupId"] for each in instance["SecurityGroups"]]
            [group] = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
            profile = instance["IamInstanceProfile"]["Arn"].rpartition("/")[2]
            [role] = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
            [name] = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
            policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
        finally:
            # As Ctrl-C: Packer is several processes.
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=120)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    assert (instance["ImageId"], instance["InstanceType"]) == (image["ImageId"], "t4g.medium")
    assert instance["SubnetId"] == subnet
    assert "PublicIpAddress" not in instance
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert {each["Key"]: each["Value"] for each in instance["Tags"]} == {
        "Name": "client-gateway-image",
        "Client": "client",
        "System": "gateway",
        "Release": "13",
        "Architecture": "arm64",
        "ManagedBy": "packer",
    }
    assert group["IpPermissions"] == []
    [statement] = policy["Statement"]
    assert {action.partition(":")[0] for action in statement["Action"]} == {"ssm", "ssmmessages"}

    states = {
        each["State"]["Name"]
        for reservation in ec2.describe_instances()["Reservations"]
        for each in reservation["Instances"]
    }
    assert states <= {"terminated", "shutting-down"}, log.read_text()
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert group["GroupId"] not in {each["GroupId"] for each in ec2.describe_security_groups()["SecurityGroups"]}
    assert profile not in {each["InstanceProfileName"] for each in iam.list_instance_profiles()["InstanceProfiles"]}
    assert role["RoleName"] not in {each["RoleName"] for each in iam.list_roles()["Roles"]}
