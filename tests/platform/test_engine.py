"""The program through the real engine: nothing changes twice, drift is mended, mistakes have no consequences."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.platform import REPOSITORY, Platform

STACKS = ("prod", "preprod")


@pytest.fixture
def edited(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose stack files a test may change: they are put back."""
    files = {path: path.read_bytes() for path in platform.project.glob("Pulumi*.yaml")}
    yield platform
    for path, content in files.items():
        path.write_bytes(content)


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_up_and_a_refresh_change_nothing(platform: Platform, stack: str) -> None:
    """What was asked for is what AWS holds, to the last property: neither side sees a difference."""
    platform.pulumi("preview", "-s", stack, "--expect-no-changes", "--policy-pack", "policies")
    platform.pulumi("refresh", "-s", stack, "--yes", "--expect-no-changes")


def test_tracked_files_stay_as_they_are(platform: Platform) -> None:
    """Neither the stacks' making nor `config set` writes into the stack files, whose salt is the sandbox's own."""
    platform.pulumi("config", "set", "client", "other", "-s", "prod")
    platform.pulumi("config", "set", "client", "client", "-s", "prod")
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.preprod.yaml"):
        assert (platform.project / name).read_bytes() == (REPOSITORY / name).read_bytes()


def test_drift_is_found_and_mended(platform: Platform) -> None:
    """The database is opened to the world and the network retagged by hand: refresh shows it, an up undoes it."""
    ec2, rds = platform.client("ec2"), platform.client("rds")
    [network] = ec2.describe_vpcs(Filters=[{"Name": "tag:ManagedBy", "Values": ["pulumi"]}])["Vpcs"]
    database = next(
        each
        for each in rds.describe_db_instances()["DBInstances"]
        if {"Key": "Name", "Value": "client-prod-site-database"} in each["TagList"]
    )["DBInstanceIdentifier"]
    ec2.create_tags(Resources=[network["VpcId"]], Tags=[{"Key": "Client", "Value": "somebody"}])
    rds.modify_db_instance(DBInstanceIdentifier=database, PubliclyAccessible=True, ApplyImmediately=True)

    seen = platform.pulumi("preview", "-s", "prod", "--refresh", "--expect-no-changes", check=False)
    assert seen.returncode != 0
    assert "2 to update" in seen.stdout
    platform.pulumi("up", "-s", "prod", "--yes", "--refresh", "--skip-preview")

    [network] = ec2.describe_vpcs(VpcIds=[network["VpcId"]])["Vpcs"]
    assert {"Key": "Client", "Value": "client"} in network["Tags"]
    [found] = rds.describe_db_instances(DBInstanceIdentifier=database)["DBInstances"]
    assert found["PubliclyAccessible"] is False
    platform.pulumi("preview", "-s", "prod", "--expect-no-changes")


def test_an_armed_hold_survives_an_up(platform: Platform) -> None:
    """A release in progress holds the shop: an up in the middle of it neither sees nor opens the rules."""
    elb = platform.client("elbv2")
    rule = platform.outputs("prod")["hold_rules"]["everyone-else"]
    armed = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]
    before = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Conditions"]
    elb.modify_rule(RuleArn=rule, Conditions=armed)
    try:
        platform.pulumi("up", "-s", "prod", "--yes", "--refresh", "--skip-preview", "--expect-no-changes")
        [found] = elb.describe_rules(RuleArns=[rule])["Rules"]
        assert found["Conditions"][0]["PathPatternConfig"]["Values"] == ["/*"]
    finally:
        elb.modify_rule(
            RuleArn=rule, Conditions=[{"Field": "host-header", "HostHeaderConfig": before[0]["HostHeaderConfig"]}]
        )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("magento:protect:", "magento:protected:", "magento:protected: got an unknown key, expected one of "),
        ("      instances: 4", "      instances: four", "magento:site.front.instances"),
        ("      instances: 4", "      instances: 0", "magento:site.front.instances: got 0, expected 1 or more"),
        ("cidr: 10.0.0.0/16", "cidr: 10.0.0.0/20", "magento:network.cidr"),
        ("remote_cidrs: [192.168.10.0/24]", "remote_cidrs: [10.0.7.0/24]", "magento:vpn_links.0.remote_cidrs"),
        ("passive_ports: 5000-5100}", "passive_ports: 6000-6100}", "magento:satellites.1.ftp.passive_ports"),
        ("database-cpu: DB", "databse-cpu: DB", 'magento:monitoring.alarm_names: got "databse-cpu"'),
        ("aws:region: eu-west-3", "aws:region: eu-west-33", "aws:region"),
        ("certificate_file: client.url.crt", "certificate_file: other.crt", "magento:certificate.certificate_file"),
        (
            "magento_version: 2.4.8",
            "magento_version: 2.4.6",
            'magento:site.magento_version: got "2.4.6", expected one of ',
        ),
        ("  magento:network:", "  magento:network: [", "invalid YAML file: yaml: line"),
    ],
)
def test_bad_config_is_one_clear_error_and_changes_nothing(
    edited: Platform, before: str, after: str, said: str
) -> None:
    """The field is named, there is no traceback, and nothing was created or lost."""
    edited.edit("Pulumi.prod.yaml", before, after)
    failed = edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview", check=False)
    shown = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert said in shown
    assert "Traceback" not in shown
    assert " created" not in shown
    assert " updated" not in shown


def test_a_stack_cannot_join_one_that_does_not_exist(edited: Platform) -> None:
    """As pre-production before production: the engine names the missing stack, and nothing of this one is touched."""
    edited.edit("Pulumi.preprod.yaml", "stack: prod", "stack: live")
    failed = edited.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=False)
    shown = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert 'unknown stack "organization/magento/live"' in shown
    assert " updated" not in shown
    assert " replaced" not in shown


def test_a_wrong_passphrase_is_refused(platform: Platform) -> None:
    failed = platform.pulumi("preview", "-s", "prod", check=False, environment={"PULUMI_CONFIG_PASSPHRASE": "wrong"})
    assert failed.returncode != 0
    assert "incorrect passphrase" in failed.stdout + failed.stderr


def test_import_finds_what_others_made(platform: Platform, tmp_path: Path) -> None:
    """A bucket made by hand is imported with what AWS says of it, and then there is nothing to change about it."""
    platform.client("s3").create_bucket(
        Bucket="made-by-hand", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    platform.pulumi(
        "import", "aws:s3/bucket:Bucket", "by-hand", "made-by-hand", "-s", "prod", "--yes", "--generate-code=false"
    )
    try:
        exported = platform.pulumi("stack", "export", "-s", "prod").stdout
        assert '"bucket": "made-by-hand"' in exported
    finally:
        urn = "urn:pulumi:prod::magento::aws:s3/bucket:Bucket::by-hand"
        platform.pulumi("state", "delete", urn, "-s", "prod", "--yes", "--force")
        platform.client("s3").delete_bucket(Bucket="made-by-hand")


def test_two_ups_at_once_do_not_meet(platform: Platform) -> None:
    """One of them does its work, the other names the process that runs, and both stacks stay as they were."""
    command = [".venv/bin/python", "-m", "sandbox", "up"]
    both = [
        subprocess.Popen(
            command, cwd=platform.project, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=300)[0] for each in both]
    refused, worked = sorted(range(2), key=lambda index: both[index].returncode, reverse=True)
    assert both[worked].returncode == 0, said[worked]
    assert both[refused].returncode == 2
    assert f"process id {both[worked].pid}" in said[refused]
    platform.pulumi("preview", "-s", "prod", "--expect-no-changes")
