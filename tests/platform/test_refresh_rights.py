"""`releases.refreshes_from` on stacks that are up: the role gets its rights, Rundeck its job, and both go again."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
from typing import Any

import pytest

from commands.deployed_stack import STACK_FILE
from commands.errors import ExitCode
from sandbox.tests.platform import Platform

pytestmark = pytest.mark.long

ROLE = "client-preprod-releases"
RUNDECK = "  magento:releases:\n    rundeck: true\n"
REFRESHING = f"{RUNDECK}    refreshes_from: prod\n"


def up(platform: Platform, stack: str) -> None:
    """With the policies, and twice: the second run changes nothing."""
    for expected in ((), ("--expect-no-changes",)):
        platform.pulumi("up", "-s", stack, "--yes", "--skip-preview", "--policy-pack", "policies", *expected)


def attached(platform: Platform) -> list[str]:
    found: list[dict[str, Any]] = platform.client("iam").list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    return [each["PolicyArn"] for each in found]


def jobs(platform: Platform) -> str:
    """What Rundeck's server takes over."""
    name = "/servers/client-prod/rundeck-server/configuration"
    value = platform.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    return gzip.decompress(base64.b64decode(value)).decode()


def test_rundeck_gets_the_job_and_the_role_its_rights(edited_preprod: Platform) -> None:
    platform = edited_preprod
    assert attached(platform) == []
    assert "Refresh pre-production" not in jobs(platform)
    platform.edit("Pulumi.preprod.yaml", RUNDECK, REFRESHING)
    for stack in ("prod", "preprod"):
        up(platform, stack)
    assert "Refresh pre-production" in jobs(platform)
    (arn,) = attached(platform)
    iam = platform.client("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    (deletes,) = (each for each in document["Statement"] if each["Action"] == ["rds:DeleteDBInstance"])
    production = platform.outputs("prod")["database_endpoint"].partition(".")[0]
    assert [each.rpartition(":")[2] for each in deletes["Resource"]] == [f"{production}-for-preprod"]

    # The tool, where it has the stack's file alone. Both sites run placeholders.
    ran = subprocess.run(
        ["./shop", "release", "refresh", "-s", "preprod", "--new", "--confirm", "preprod"],
        cwd=platform.project,
        env={
            **os.environ,
            **platform.environment,
            "NO_COLOR": "1",
            "PATH": "/usr/bin:/bin",
            STACK_FILE: platform.outputs("preprod")["release_stack_file"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == ExitCode.COULD_NOT_RUN, ran.stdout + ran.stderr
    assert "client-prod-back-office runs" in ran.stderr
    assert "got no .platform/scrub_copy.php" in ran.stderr

    platform.edit("Pulumi.preprod.yaml", REFRESHING, RUNDECK)
    for stack in ("prod", "preprod"):
        up(platform, stack)
    assert attached(platform) == []
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_policy(PolicyArn=arn)
    assert "Refresh pre-production" not in jobs(platform)
