"""A site with a satellite on the embedded AWS, as `pulumi up` leaves it, for the release tool to work on.

Its instances run no shop: they answer each of the stack's documents with what a shop's instance prints.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from commands import shell
from commands.deployed_stack import DeployedStack
from commands.errors import ExitCode
from components.site.release_documents import DOCUMENTS
from release.app import app
from release.candidate import _FACTS
from release.content_digest import CONTENT, ContentDigest
from release.hold import DISARMED, RULES
from release.running_configuration import RELEASE_FILE
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import APPLICATION, build
from sandbox.tests.emulator.beanstalk_site import Site as Beanstalk
from sandbox.tests.emulator.fake_fleet import Answer, FakeFleet, registered_fleet

BUCKET, CONFIGURATION_BUCKET, OWNER, SATELLITE = "client-releases", "client-config", "client-prod", "pim"
TAGS = {"Client": "client", "Environment": "prod"}
DATABASE, SHARED_DATABASE = f"{OWNER}-site-database-d5a76e12", f"{OWNER}-shared-database-e27095bb"
DATABASE_GROUP = f"{OWNER}-site-database"
SQUIRRELS = {"prod": "squirrel", "preprod": "badger"}
"""What the passwords of the first administrators end with."""
FRONT, BACK_OFFICE, OF_SATELLITE = f"{OWNER}-front", f"{OWNER}-back-office", f"{OWNER}-{SATELLITE}"
OF_THE_TOOL = "AKIAOFTHETOOL"
"""The key by which the tool's calls are known among those of the tests and of the embedded AWS."""
LOG_GROUP = f"/aws/ssm/{OWNER}-releases"
UP_TO_DATE, NEEDED = {"exit_code": 0, "text": ""}, {"exit_code": 2, "text": ""}
NOTHING_TO_DO = {"database_status": UP_TO_DATE, "configuration_status": UP_TO_DATE, "raised_versions": {}, "tables": {}}
A_NEW_TABLE = {
    **NOTHING_TO_DO,
    "database_status": NEEDED,
    "dry_run": {"exit_code": 0, "text": "CREATE TABLE `client_gift` (`id` int NOT NULL)"},
}
NOT_INSTALLED = {
    "database": "magento at db",
    "tables": 0,
    "modules": 0,
    "administrators": 0,
    "has_key": True,
    "key": "unchecked",
    "has_date": True,
    "running": False,
    "interrupted": False,
}


SCRIPTS_OF_A_REFRESH = (".platform/scrub_copy.php", ".platform/load_copy.php")


def tags(environment: str = "prod") -> list[dict[str, str]]:
    """What `pulumi up` gives to all of a stack's."""
    named = {**TAGS, "Environment": environment, "ManagedBy": "pulumi"}
    return [{"Key": name, "Value": value} for name, value in named.items()]


@dataclass(kw_only=True)
class DeployedSite:
    """The site, and what its instances say."""

    aws: EmbeddedAws
    beanstalk: Beanstalk
    fleet: FakeFleet
    hold_rules: dict[str, str]
    admin_secret: str
    alarm_topic: str
    facts: dict[str, Any] = field(default_factory=lambda: dict(NOTHING_TO_DO))
    """What the next candidate says of itself."""
    fails: dict[str, str] = field(default_factory=dict)
    """What a document complains of, by its name. It ends with exit code 1."""
    says: dict[str, str] = field(default_factory=dict)
    """What a document prints, by its name, in the place of what it usually does."""
    ran: list[tuple[str, str]] = field(default_factory=list)
    """Instance and document, oldest first."""

    @property
    def stack(self) -> DeployedStack:
        """What the stack says of it."""
        return DeployedStack(
            name="prod",
            region=REGION,
            outputs={
                "releases": f"s3://{BUCKET}/client-magento-prod/",
                "release_documents": {each.name: f"{OWNER}-{each.name}" for each in DOCUMENTS},
                "release_log_group": LOG_GROUP,
                "beanstalk_application": APPLICATION,
                "front_environment": FRONT,
                "back_office_environment": BACK_OFFICE,
                "satellite_environments": {SATELLITE: OF_SATELLITE},
                "database_endpoint": f"{DATABASE}.abc.{REGION}.rds.amazonaws.com:3306",
                "shared_database_endpoint": f"{SHARED_DATABASE}.abc.{REGION}.rds.amazonaws.com:3306",
                "admin_secret": self.admin_secret,
                "alarm_topic": self.alarm_topic,
                "release_alarms": {
                    "site": [f"{OWNER}-target-errors", f"{OWNER}-search-memory", "Disk"],
                    "satellites": {SATELLITE: [f"{OWNER}-{SATELLITE}-health"]},
                },
                "hold_rules": self.hold_rules,
                "listener_rules": {"host_names": ["client.url"], "back_office_path": "backend"},
                "configuration_version": "v1",
            },
        )

    def bundle(self, directory: Path, release: str) -> Path:
        """A bundle as `./shop release bundle` writes it."""
        named = f"RELEASE={release}\nSITE_CONFIGURATION_VERSION=v1\n"
        return self._bundle(
            directory / f"{release}.zip", named, dict.fromkeys((_FACTS, *SCRIPTS_OF_A_REFRESH), b"<?php")
        )

    def bundle_of_satellite(self, directory: Path, release: str) -> Path:
        """One for the satellite."""
        return self._bundle(directory / f"{release}.zip", f"RELEASE={release}\n", {})

    def _bundle(self, path: Path, named: str, files: dict[str, bytes]) -> Path:
        digest = ContentDigest()
        with zipfile.ZipFile(path, "w") as bundle:
            for name, content in files.items():
                digest.add(name, content)
                bundle.writestr(name, content)
            bundle.writestr(RELEASE_FILE, f"{named}{CONTENT}={digest.hexdigest()}\n")
        return path

    def _run(self, instance: str, asked: Answer) -> Answer:
        # Run Command is given each document with its own name in the place of the interpreter.
        name, *lines = asked["Commands"]
        given = dict(line.split("=", 1) for line in lines if "='" in line)
        self.ran.append((instance, name))
        if name in self.fails:
            return {"ReturnCode": 1, "StandardOutput": "", "StandardError": self.fails[name]}
        if name == "ask-candidate":
            bucket, _, key = given["FACTS"].strip("'").removeprefix("s3://").partition("/")
            self.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(self.facts).encode())
        said = {
            "check-instance": f"9000 90000 {int(time.time())}",
            "look-for-magento": json.dumps(NOT_INSTALLED),
            "install-magento": "installed",
            "show-engine-log": "2026-11-26 [ERROR] the hook failed",
            **self.says,
        }
        return {"ReturnCode": 0, "StandardOutput": said.get(name, ""), "StandardError": ""}


def make_documents(aws: EmbeddedAws, owner: str = OWNER) -> None:
    """The SSM documents of a stack, which name themselves in the place of their interpreter."""
    for each in DOCUMENTS:
        content = json.loads(each.content)
        content["mainSteps"][0]["inputs"]["runCommand"][0] = each.name
        aws.client("ssm").create_document(
            Name=f"{owner}-{each.name}", Content=json.dumps(content), DocumentType="Command", DocumentFormat="JSON"
        )


def make_database(aws: EmbeddedAws, identifier: str, **more: Any) -> None:
    aws.client("rds").create_db_instance(
        DBInstanceIdentifier=identifier,
        Engine="mysql",
        EngineVersion="8.4",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        MasterUsername="magento",
        MasterUserPassword="of-no-account",
        **more,
    )


def make_admin_secret(aws: EmbeddedAws, environment: str = "prod") -> str:
    """The ARN of the secret of the first administrator."""
    arn: str = aws.client("secretsmanager").create_secret(
        Name=f"{environment}-admin",
        SecretString=json.dumps({"user": "admin", "password": f"squirrel-{SQUIRRELS[environment]}"}),
        Tags=tags(environment),
    )["ARN"]
    return arn


def make_hold_rules(made: Beanstalk, first: int = 1) -> dict[str, str]:
    """The ARNs of the hold's rules, from a priority on."""
    never = [{"Field": "host-header", "HostHeaderConfig": {"Values": [DISARMED]}}]
    page = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    return {
        name: made.aws.client("elbv2").create_rule(
            ListenerArn=made.listener, Priority=number, Conditions=never, Actions=[page]
        )["Rules"][0]["RuleArn"]
        for number, name in enumerate(RULES, start=first)
    }


@contextmanager
def deployed_site(aws: EmbeddedAws) -> Iterator[DeployedSite]:
    """The site, after `pulumi up`."""
    made = build(aws)
    # AWS's waits of a minute and more take a second or two.
    made.control(TimeScale=0.02)
    s3, rds = aws.client("s3"), aws.client("rds")
    for bucket in (BUCKET, CONFIGURATION_BUCKET):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    make_documents(aws)
    rds.create_db_subnet_group(
        DBSubnetGroupName=DATABASE_GROUP, DBSubnetGroupDescription="private", SubnetIds=made.subnets
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=DATABASE_GROUP, DBParameterGroupFamily="mysql8.4", Description="of the site"
    )
    make_database(aws, DATABASE, DBSubnetGroupName=DATABASE_GROUP, DBParameterGroupName=DATABASE_GROUP)
    make_database(aws, SHARED_DATABASE)
    secret = make_admin_secret(aws)
    placeholder = io.BytesIO()
    with zipfile.ZipFile(placeholder, "w") as bundle:
        bundle.writestr("index.php", "<?php")
    key = "prod/placeholders/magento.zip"
    s3.put_object(Bucket=CONFIGURATION_BUCKET, Key=key, Body=placeholder.getvalue())
    made.beanstalk.create_application_version(
        ApplicationName=APPLICATION,
        VersionLabel="placeholder",
        SourceBundle={"S3Bucket": CONFIGURATION_BUCKET, "S3Key": key},
    )
    topic = aws.client("sns").create_topic(Name=f"{OWNER}-alarms")["TopicArn"]
    rules = make_hold_rules(made)
    with registered_fleet(aws) as fleet:
        site = DeployedSite(
            aws=aws, beanstalk=made, fleet=fleet, hold_rules=rules, admin_secret=secret, alarm_topic=topic
        )
        fleet.run = site._run
        first: dict[str, Any] = {"Tags": tags(), "VersionLabel": "placeholder"}
        for name, paths in ((BACK_OFFICE, "/backend*"), (FRONT, "/*")):
            rule = {"HostHeaders": "client.url", "PathPatterns": paths, "Process": "default"}
            made.create(name, rule={**rule, "Priority": "1" if name == BACK_OFFICE else "2"}, instances=1, **first)
        made.create(OF_SATELLITE, instances=1, **first)
        # `pulumi up` ends when they are Ready.
        made.beanstalk.get_waiter("environment_exists").wait(
            EnvironmentNames=[BACK_OFFICE, FRONT, OF_SATELLITE], WaiterConfig={"Delay": 0.05, "MaxAttempts": 1_200}
        )
        yield site


@contextmanager
def site_of_the_tool(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedSite]:
    """The site, and `./shop release` in this process works on it."""
    with deployed_site(aws) as deployed:
        monkeypatch.setattr(DeployedStack, "read", lambda _name: deployed.stack)
        work_as_the_tool(aws, monkeypatch)
        yield deployed


def work_as_the_tool(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """`./shop release` in this process works on the embedded AWS from now on, with a key of its own."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OF_THE_TOOL)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # One session, and a client of each service, for all commands: making them takes longer than the calls.
    session = boto3.Session(region_name=REGION)
    monkeypatch.setattr(session, "client", cache(session.client))
    monkeypatch.setattr("boto3.Session", lambda **_given: session)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", session)
    monkeypatch.setattr("release.back_office._POLL_SECONDS", 0.05)
    monkeypatch.setattr("release.beanstalk.POLL_SECONDS", 0.05)


def shop_release(*arguments: str) -> int:
    return shell.run(app, name="shop release", arguments=arguments)


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, ...]:
    """Plan, and the arguments that carry the plan out."""
    capsys.readouterr()
    assert shop_release("plan", *arguments) == ExitCode.OK, capsys.readouterr().err
    return tuple(capsys.readouterr().out.splitlines()[-1].split()[2:])


@contextmanager
def site_with_a_release(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, directory: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[DeployedSite]:
    """The same, after its first installation: it runs r1."""
    with site_of_the_tool(aws, monkeypatch) as deployed:
        bundle = str(deployed.bundle(directory, "r1"))
        first = planned(capsys, "-s", "prod", bundle, "--first-admin-email", "you@client.url")
        assert shop_release(*first) == ExitCode.OK, capsys.readouterr().err
        yield deployed
