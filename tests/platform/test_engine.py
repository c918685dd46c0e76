"""The program through the real engine: nothing changes twice, drift is mended, mistakes have no consequences."""

from __future__ import annotations

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


@pytest.mark.long
@pytest.mark.parametrize("stack", STACKS)
def test_a_refresh_changes_nothing(platform: Platform, stack: str) -> None:
    """What was asked for is what AWS holds, to the last property. `test_what_is_shipped_passes` holds that a second up
    changes nothing either."""
    platform.pulumi("refresh", "-s", stack, "--yes", "--skip-preview", "--expect-no-changes")


def test_tracked_files_stay_as_they_are(platform: Platform) -> None:
    """Neither the stacks' making nor `config set` writes into the stack files, whose salt is the sandbox's own."""
    platform.pulumi("config", "set", "client", "other", "-s", "prod")
    platform.pulumi("config", "set", "client", "client", "-s", "prod")
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.preprod.yaml"):
        assert (platform.project / name).read_bytes() == (REPOSITORY / name).read_bytes()


@pytest.mark.long
def test_drift_is_mended_and_an_armed_hold_is_none(platform: Platform) -> None:
    """The database is opened to the world and the network retagged by hand: refresh shows it, an up undoes it.

    A release in progress holds the shop at the same time: the up neither sees nor opens its rules."""
    ec2, rds, elb = platform.client("ec2"), platform.client("rds"), platform.client("elbv2")
    [network] = ec2.describe_vpcs(Filters=[{"Name": "tag:ManagedBy", "Values": ["pulumi"]}])["Vpcs"]
    database = next(
        each
        for each in rds.describe_db_instances()["DBInstances"]
        if {"Key": "Name", "Value": "client-prod-site-database"} in each["TagList"]
    )["DBInstanceIdentifier"]
    ec2.create_tags(Resources=[network["VpcId"]], Tags=[{"Key": "Client", "Value": "somebody"}])
    rds.modify_db_instance(DBInstanceIdentifier=database, PubliclyAccessible=True, ApplyImmediately=True)
    rule = platform.outputs("prod")["hold_rules"]["everyone-else"]
    [disarmed] = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Conditions"]
    elb.modify_rule(RuleArn=rule, Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}])

    seen = platform.pulumi("preview", "-s", "prod", "--refresh", "--expect-no-changes", check=False)
    assert seen.returncode != 0
    assert "2 to update" in seen.stdout
    platform.pulumi("up", "-s", "prod", "--yes", "--refresh", "--skip-preview")

    [network] = ec2.describe_vpcs(VpcIds=[network["VpcId"]])["Vpcs"]
    assert {"Key": "Client", "Value": "client"} in network["Tags"]
    [found] = rds.describe_db_instances(DBInstanceIdentifier=database)["DBInstances"]
    assert found["PubliclyAccessible"] is False
    [armed] = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Conditions"]
    assert armed["PathPatternConfig"]["Values"] == ["/*"]
    hosts = {"Field": "host-header", "HostHeaderConfig": disarmed["HostHeaderConfig"]}
    elb.modify_rule(RuleArn=rule, Conditions=[hosts])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("magento:protect:", "magento:protected:", "magento:protected: got an unknown key, expected one of "),
        ("      instances: 4", "      instances: 0", "magento:site.front.instances: got 0, expected 1 to 10000"),
        ("remote_cidrs: [192.168.10.0/24]", "remote_cidrs: [10.0.7.0/24]", "magento:vpn_links.0.remote_cidrs"),
        ("aws:region: eu-west-3", "aws:region: eu-west-33", "aws:region"),
        ("certificate_file: client.url.crt", "certificate_file: other.crt", "magento:certificate.certificate_file"),
        ("  magento:network:", "  magento:network: [", "Pulumi.prod.yaml, line "),
        (
            "size: {instance_type: t4g.medium}",
            "size: {instance_type: t4g.medium, ami: ami-0123456789abcdef0}",
            'operations-rundeck-server-instance: got "ami-0123456789abcdef0", expected the id of an image that exists',
        ),
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
