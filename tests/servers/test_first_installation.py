"""`./shop install` and `./shop configuration` from end to end: the embedded AWS, whose Run Command reaches an instance
with a release of the stand-in shop, and a database and caches with TLS."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi_aws as aws_resources
import pytest

from components.site.env_php import CERTIFICATES_OF_RDS
from components.site.release_documents import DOCUMENTS
from release.bundle import BundleArgs
from release.bundle import build as build_bundle
from sandbox.applications import releases
from sandbox.tests.applications.servers import TOKEN, Stores, require_programs, stores
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import APPLICATION, Site, build
from sandbox.tests.emulator.fake_fleet import Answer, registered_fleet
from tests.servers.beanstalk_instance import BeanstalkInstance
from tests.unit.program import ROOT, program

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
BACK_OFFICE, FRONT = "client-prod-back-office", "client-prod-front"
LOG_GROUP = "/aws/ssm/client-prod-releases"
BUCKET = "client-releases"
RELEASE = "2026-11-25-a"
TRUST = {"SSL_CERT_FILE": CERTIFICATES_OF_RDS}
"""The caches have the same authority here. On AWS, the system knows theirs."""


@pytest.fixture(scope="module")
def data_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    require_programs()
    # A socket's path must be short.
    with stores(tmp_path_factory.mktemp("s")) as made:
        yield made


def rendered(data_stores: Stores) -> str:
    """Production's env.php, with the addresses, passwords and certificates of the tests' own servers."""
    graph = program("prod")
    text = str(graph.one(aws_resources.s3.BucketObjectv2, name="site-configuration-env").inputs["content"])
    instance = graph.one(aws_resources.rds.Instance, name="site-database-instance")
    group = graph.one(aws_resources.elasticache.ReplicationGroup)
    for old, new in (
        (f"{instance.outputs['address']}:3306", f"127.0.0.1:{data_stores.database_port}"),
        (str(instance.inputs["password"]), "secret"),
        ("'username' => 'magento'", "'username' => 'shop'"),
        (str(group.outputs["primaryEndpointAddress"]), "127.0.0.1"),
        (str(group.inputs["authToken"]), TOKEN),
        ("'port' => '6379'", f"'port' => '{data_stores.redis_port}'"),
        ("@RELEASE@", "0123abcd"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Platform:
    """A deployed stack, and the instance of its back office."""

    aws: EmbeddedAws
    instance: BeanstalkInstance
    programs: Path
    stores: Stores

    def shop(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`./shop` with the AWS credentials of a shell, and a `pulumi` that knows the stack's outputs."""
        variables = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        return subprocess.run(
            [sys.executable, "-m", "commands", *arguments],
            cwd=ROOT,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=240,
        )

    def install(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.shop("install", "-s", "prod", "--admin-email", "you@client.url", *more)

    def say_newest_configuration(self, version: str, secret: str = "") -> None:
        """What `pulumi stack output` says."""
        outputs = {
            "admin_secret": secret,
            "back_office_environment": BACK_OFFICE,
            "front_environment": FRONT,
            "configuration_version": version,
            "release_documents": {each.name: f"client-prod-{each.name}" for each in DOCUMENTS},
            "release_log_group": LOG_GROUP,
            "releases": f"s3://{BUCKET}/client-magento-prod/",
        }
        pulumi = self.programs / "pulumi"
        pulumi.write_text(f"""#!/bin/bash
case "$*" in
  "stack output --json --stack prod"*) echo '{json.dumps(outputs)}' ;;
  "config get aws:region --stack prod"*) echo {REGION} ;;
  *) exit 1 ;;
esac
""")
        pulumi.chmod(0o755)


@pytest.fixture
def platform(aws: EmbeddedAws, data_stores: Stores, tmp_path: Path) -> Iterator[Platform]:
    site = build(aws)
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    secret = aws.client("secretsmanager").create_secret(
        Name="site-admin",
        SecretString=json.dumps({"user": "admin", "password": "Horse7battery"}),
        Tags=[{"Key": "Client", "Value": "client"}, {"Key": "Environment", "Value": "prod"}],
    )["ARN"]
    for document in DOCUMENTS:
        aws.client("ssm").create_document(
            Name=f"client-prod-{document.name}", Content=document.content, DocumentType="Command"
        )
    bundle = build_bundle(
        BundleArgs(
            application=releases.build(tmp_path / "shop"), name="magento", release=RELEASE, configuration_version="v1"
        ),
        tmp_path / "shop.zip",
    )
    deploy(site, bundle)
    (tmp_path / "unpacked").mkdir()
    subprocess.run(["unzip", "-q", bundle, "-d", tmp_path / "unpacked"], check=True)
    (tmp_path / "unpacked/app/etc/env.php").write_text(rendered(data_stores))
    data_stores.sql("DROP DATABASE IF EXISTS magento; CREATE DATABASE magento")
    data_stores.redis("FLUSHALL")
    # The AWS CLI of Debian does not read AWS_ENDPOINT_URL.
    ask = "a = sys.argv; print(boto3.client('secretsmanager', region_name=a[a.index('--region') + 1])"
    ask += ".get_secret_value(SecretId=a[a.index('--secret-id') + 1])['SecretString'])"
    cli = f'exec "{sys.executable}" -c "import sys, boto3; {ask}" "$@"'
    with BeanstalkInstance(tmp_path, properties={}, stand_ins={"aws": cli}) as instance, registered_fleet(aws) as fleet:
        instance.write(CERTIFICATES_OF_RDS, data_stores.ca.read_text())
        instance.stage(tmp_path / "unpacked")
        instance.run("chown", "-R", "webapp:webapp", "/var/app/staging")
        instance.run("chmod", "0640", "/var/app/staging/app/etc/env.php")
        instance.flip()
        variables = {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **TRUST,
        }

        def run(_instance: str, asked: Answer) -> Answer:
            script = ["bash", "-c", "\n".join(asked["Commands"])]
            ran = instance._run(script, "/", variables, check=False)
            return {"ReturnCode": ran.returncode, "StandardOutput": ran.stdout, "StandardError": ran.stderr}

        fleet.run = run
        (tmp_path / "programs").mkdir()
        made = Platform(aws=aws, instance=instance, programs=tmp_path / "programs", stores=data_stores)
        made.say_newest_configuration("v1", secret)
        yield made


def deploy(site: Site, bundle: Path) -> None:
    """The two environments, each with one instance, with the bundle as their version."""
    bucket = site.beanstalk.create_storage_location()["S3Bucket"]
    site.aws.client("s3").upload_file(str(bundle), bucket, "shop.zip")
    site.beanstalk.create_application_version(
        ApplicationName=APPLICATION, VersionLabel=RELEASE, SourceBundle={"S3Bucket": bucket, "S3Key": "shop.zip"}
    )
    for name, path in ((BACK_OFFICE, "/backend/*"), (FRONT, "/*")):
        site.create(name, {"PathPatterns": path}, instances=1, VersionLabel=RELEASE)


def magento(platform: Platform, *command: str) -> int:
    ran = platform.instance._run(
        ["runuser", "-u", "webapp", "--", "php", "/var/app/current/bin/magento", *command],
        "/var/app/current",
        TRUST,
        check=False,
    )
    print(ran.stdout, ran.stderr)
    return ran.returncode


@pytest.mark.long
def test_a_new_stack_is_installed_once(platform: Platform) -> None:
    """The plan first, then the installation; the second time it says that there is nothing to do."""
    before = platform.instance.read("/var/app/current/app/etc/env.php")
    planned = platform.install("--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "is empty, and env.php has a crypt key." in planned.stdout
    assert re.search(r"3\. Run setup:install with the deployed crypt key", planned.stdout)
    assert platform.stores.sql("SHOW TABLES", "magento") == ""

    ran = platform.install()
    assert ran.returncode == 0, ran.stderr
    assert "Magento is installed." in ran.stdout
    assert "Horse7battery" not in ran.stdout + ran.stderr
    assert platform.instance.read("/var/app/current/app/etc/env.php") == before
    assert platform.instance.owner_and_mode("/var/app/current/app/etc/env.php") == "webapp:webapp 640"
    assert not platform.instance.exists("/var/app/cron-paused")
    assert platform.stores.sql("SELECT username, email FROM admin_user", "magento") == "admin\tyou@client.url"
    assert magento(platform, "setup:db:status") == 0
    assert magento(platform, "app:config:status") == 0

    # It had the lock of releases, and its instance refuses whoever had it before.
    assert platform.instance.read("/var/lib/magento-release-fence") == "1\n"

    again = platform.install()
    assert again.returncode == 0, again.stderr
    assert "Magento is installed already." in again.stdout
    assert "Plan" not in again.stdout


def test_tables_in_part_stop_it_before_it_changes_anything(platform: Platform) -> None:
    platform.stores.sql("CREATE TABLE store (id INT)", "magento")
    ran = platform.install()
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "is installed in part: 1 tables, 0 modules, 0 administrators." in ran.stderr
    assert platform.stores.sql("SHOW TABLES", "magento") == "store"


def test_a_release_without_the_script_is_named(platform: Platform) -> None:
    platform.instance.run("rm", "/var/app/current/.platform/install_magento.php")
    ran = platform.install()
    assert ran.returncode == 1
    assert "install_magento.php is missing: deploy a release of the shop first" in ran.stderr
    assert f"log group {LOG_GROUP}" in ran.stderr


def test_an_instance_that_does_not_answer_is_no_success(platform: Platform) -> None:
    platform.aws.post("/moto-api/hosts", '{"Url": null}')
    ran = platform.install()
    assert ran.returncode == 1
    assert "Undeliverable" in ran.stderr


def test_the_configuration_that_waits_is_named(platform: Platform) -> None:
    """The newest version is the stack's output; the running one is in the bundle that Beanstalk runs."""
    newest = platform.shop("configuration", "-s", "prod")
    assert newest.returncode == 0, newest.stderr
    assert newest.stdout.splitlines() == [
        f"{name} runs {RELEASE} with the newest configuration, version v1." for name in (FRONT, BACK_OFFICE)
    ]
    platform.say_newest_configuration("v2")
    waiting = platform.shop("configuration", "-s", "prod")
    assert waiting.returncode == 0, waiting.stderr
    assert waiting.stdout.count("A newer one waits, version v2: it comes with the next release.") == 2


def test_a_stack_without_the_outputs_says_what_to_run(platform: Platform) -> None:
    platform.say_newest_configuration("")
    ran = platform.shop("configuration", "-s", "prod")
    assert ran.returncode == 2
    assert "output configuration_version of stack prod: got ''" in ran.stderr
    assert shutil.which("pulumi", path=str(platform.programs))
