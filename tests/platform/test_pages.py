"""The commands of the AWS CLI that the pages tell people to type, run by the real AWS CLI against the sandbox."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.platform import REPOSITORY, Platform
from tests.unit.test_readme import PAGES

pytestmark = pytest.mark.long

NOT_IN_THE_SANDBOX = "not in the sandbox"
SESSION = "aws ssm start-session"
_BLOCK = re.compile(r"(?:^ {4,}\S.*\n)(?:^ {4,}.*\n)*", re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")
_PLACEHOLDER = re.compile(r"(?<![\w$-])(?:NEW-)?[A-Z]{3,}(?![\w-])")


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a page tells people to type."""

    text: str
    before: str
    """The page's last lines before it."""

    @property
    def placeholders(self) -> set[str]:
        """Words in capitals that the reader replaces, and not those inside of a query or a filter."""
        words = re.findall(r"[^\s'\"]+|'[^']*'", self.text)
        return {
            found for word in words if "AWS-" not in word and word[0] != "'" for found in _PLACEHOLDER.findall(word)
        }


def commands(page: str, *, program: str = "aws", options: str = " --") -> Iterator[Command]:
    """Each command of a page that calls the program with options, in the page's order and whole: some go on in the next
    line."""
    blocks = list(_BLOCK.finditer(page))
    for found in sorted((*blocks, *_SPAN.finditer(_without(page, blocks))), key=lambda match: match.start()):
        before = page[: found.start()].rstrip().rpartition("\n\n")[2]
        lines = found[0].splitlines() if found.re is _BLOCK else [" ".join(found[1].split())]
        for command in _logical(lines):
            if command.startswith(f"{program} ") and options in command:
                yield Command(text=command, before=before)


def _without(page: str, blocks: list[re.Match[str]]) -> str:
    """The page with blanks in place of its blocks, so that what is left stays where it is."""
    for block in blocks:
        page = page[: block.start()] + " " * len(block[0]) + page[block.end() :]
    return page


def _logical(lines: list[str]) -> Iterator[str]:
    """The lines of a block, joined while a quotation is open or a backslash ends the line."""
    command = ""
    for line in lines:
        command = f"{command}\n{line}" if command else line.strip()
        try:
            shlex.split(command)
        except ValueError:
            continue
        if not command.endswith("\\"):
            yield command.replace("\\\n", "").strip()
            command = ""


def run(platform: Platform, command: str) -> subprocess.CompletedProcess[str]:
    """Run it as a person does who has sourced `.sandbox/env`."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=platform.project,
        env=dict(platform.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def values(platform: Platform) -> Iterator[dict[str, str]]:
    """What a person puts in place of the words in capitals, of which answers on the page say more.

    Afterwards the secrets are what they were, and no copy is left. The database is one that the page may delete."""
    secrets = platform.client("secretsmanager")
    [filled, *_] = [
        each["ARN"]
        for each in secrets.list_secrets()["SecretList"]
        if each["Description"].endswith("filled in by hand")
    ]
    outputs = platform.outputs("prod")
    [balancer, *_] = platform.client("elbv2").describe_load_balancers()["LoadBalancers"]
    changed = [filled, outputs["rundeck_admin_secret"], outputs["rundeck_release_secret"]]
    before = {arn: _current_version(secrets, arn) for arn in changed}
    rds, database = platform.client("rds"), "of-the-pages-alone"
    size: dict[str, Any] = {"Engine": "mysql", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    user = {"MasterUsername": "root", "MasterUserPassword": "only-for-the-test"}
    # The page deletes it.
    rds.create_db_instance(DBInstanceIdentifier=database, DeletionProtection=True, **size, **user)
    rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=database)
    crypt_key = platform.project / "crypt-key.json"
    crypt_key.write_text(json.dumps({"crypt_key": "k" * 32}))
    yield {
        "REGION": "eu-west-3",
        "ACCOUNT": "123456789012",
        "ENVIRONMENT": "client-prod-pim",
        "INSTANCE": platform.outputs("prod")["servers"]["nfs"],
        # No session has been there. Its stream has no events.
        "SESSION": "jane.doe-0a1b2c3d4e5f6a7b8",
        "ARN": filled,
        "DATABASE": database,
        "DBSNAPSHOT": database,
        "NAME": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        # The page deletes it, too.
        "IMAGE": platform.client("ec2").create_image(
            InstanceId=platform.outputs("prod")["servers"]["nfs"], Name="of-the-pages-alone", NoReboot=True
        )["ImageId"],
    }
    is_left = database in {each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]}
    if is_left:
        # Other tests would take it for one of the stacks'.
        rds.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True)
        rds.delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)
    for snapshot in rds.describe_db_snapshots(DBInstanceIdentifier=database)["DBSnapshots"]:
        rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"])
    crypt_key.unlink()
    secrets.delete_secret(SecretId="client-prod-crypt-key", ForceDeleteWithoutRecovery=True)
    for arn, version in before.items():
        stage = {"SecretId": arn, "VersionStage": "AWSCURRENT"}
        secrets.update_secret_version_stage(
            **stage, MoveToVersionId=version, RemoveFromVersionId=_current_version(secrets, arn)
        )
    backup, vault = platform.client("backup"), platform.outputs("prod")["backup_vault"]
    for each in backup.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"]:
        backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=each["RecoveryPointArn"])
    assert not is_left, f"no page has deleted the database {database}"


def _current_version(secrets: Any, arn: str) -> str:
    return str(secrets.get_secret_value(SecretId=arn)["VersionId"])


def learn(values: dict[str, str], command: str, printed: str, platform: Platform) -> None:
    """What a person reads in an answer and types into the next command."""
    if " describe-volumes " in command:
        [[values["VOLUME"], values["ZONE"]]] = json.loads(printed)
        back_up(platform, f"arn:aws:ec2:eu-west-3:{values['ACCOUNT']}:volume/{values['VOLUME']}")
    elif " list-recovery-points-by-resource " in command:
        values["SNAPSHOT"] = printed.split()[-1].rpartition("/")[2]
    elif " create-volume " in command:
        values["NEW-VOLUME"] = json.loads(printed)["VolumeId"]


def back_up(platform: Platform, resource: str) -> None:
    """The copy that the plan's schedule would have made."""
    backup = platform.client("backup")
    plans = backup.list_backup_plans()["BackupPlansList"]
    [[selection]] = [
        backup.list_backup_selections(BackupPlanId=each["BackupPlanId"])["BackupSelectionsList"] for each in plans
    ]
    vault = platform.outputs("prod")["backup_vault"]
    backup.start_backup_job(BackupVaultName=vault, ResourceArn=resource, IamRoleArn=selection["IamRoleArn"])


def _name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", [each for each in PAGES if any(commands(each.read_text()))], ids=_name)
def test_the_commands_of_a_page_do_what_they_say(platform: Platform, values: dict[str, str], page: Path) -> None:
    """Each ends with exit code 0, except for sessions, which the page says are not there."""
    for command in commands(page.read_text()):
        text = command.text
        for word in command.placeholders:
            text = re.sub(rf"(?<![\w$-]){word}(?![\w-])", values[word], text)
        ran = run(platform, text)
        if text.startswith(SESSION):
            assert NOT_IN_THE_SANDBOX in command.before, text
            assert "(TargetNotConnected)" in ran.stderr, f"{text}:\n{ran.stderr}"
        else:
            assert ran.returncode == 0, f"{text}:\n{ran.stderr}"
            learn(values, text, ran.stdout, platform)
