"""What stops a release before it changes anything, on the embedded AWS. Each message is the only one."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from commands.errors import ExitCode
from release import checks
from release.acceptance import code_of
from release.alarms import Sounding
from release.beanstalk import Environment
from release.errors import RefusedError
from release.frozen_plan import FrozenPlan, Version
from release.hold import EVERYONE_ELSE, Scope
from release.kinds import Kind
from release.site import Satellite, Site
from release.steps import STEPS
from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.fake_fleet import SUCCESS, Answer
from tests.release.deployed_site import (
    BUCKET,
    DATABASE,
    FRONT,
    OWNER,
    SATELLITE,
    SHARED_DATABASE,
    DeployedSite,
    shop_release,
    site_of_the_tool,
)

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]
pytestmark = pytest.mark.row(19)
KEY, SHA256 = "client-magento-prod/bundles/r1.zip", "0" * 64
NEXT = Version(label="r1", release="r1", bundle=f"s3://{BUCKET}/{KEY}", sha256=SHA256, configuration_version="v1")
PLACEHOLDER = Version(label="placeholder", release="placeholder", bundle="")


def plan(kind: Kind = Kind.PLAIN) -> FrozenPlan:
    return FrozenPlan(
        release="r1",
        kind=kind,
        reasons=(),
        changes=(),
        against_return=(),
        to=NEXT,
        previous=PLACEHOLDER,
        facts="",
        steps=STEPS[kind],
        by="me",
        at="2026-11-26T00:00:00+00:00",
    )


@pytest.fixture(scope="module")
def deployed(server: EmbeddedAws) -> Iterator[DeployedSite]:
    """One site for all of these tests: each takes back what it breaks."""
    server.post("/moto-api/reset")
    with pytest.MonkeyPatch.context() as patched, site_of_the_tool(server, patched) as site:
        site.aws.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"", Metadata={"sha256": SHA256})
        yield site
        server.post("/moto-api/reset")


@pytest.fixture
def site(deployed: DeployedSite) -> Site:
    return Site(deployed.stack, boto3.Session())


def refusal(site: Site, *accepted: str, kind: Kind = Kind.PLAIN) -> str:
    """What the checks say. Empty if nothing stops the release."""
    try:
        checks.require(site, plan(kind), accepted=accepted)
    except RefusedError as error:
        return str(error)
    return ""


@contextmanager
def alarm(deployed: DeployedSite, name: str, **settings: Any) -> Iterator[None]:
    """An alarm that sounds."""
    cloudwatch = deployed.aws.client("cloudwatch")
    compared = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0, "EvaluationPeriods": 1}
    cloudwatch.put_metric_alarm(AlarmName=name, **compared, **settings)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    try:
        yield
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])


def on(namespace: str, metric: str, **dimensions: str) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": metric, "Dimensions": named}


def of_metric(namespace: str, metric: str, **dimensions: str) -> dict[str, Any]:
    return {**on(namespace, metric, **dimensions), "Period": 60, "Statistic": "Sum"}


def of_expression(text: str, *metrics: dict[str, Any]) -> dict[str, Any]:
    """Metric maths over these metrics, or a query."""
    stats = [
        {"Id": f"m{number}", "MetricStat": {"Metric": each, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
        for number, each in enumerate(metrics)
    ]
    return {"Metrics": [{"Id": "result", "Expression": text, "ReturnData": True}, *stats]}


def balancer(deployed: DeployedSite) -> str:
    return str(deployed.beanstalk.load_balancer.partition(":loadbalancer/")[2])


def test_a_site_in_order_is_released(site: Site) -> None:
    assert refusal(site) == ""


def test_a_database_that_is_not_available(site: Site, deployed: DeployedSite) -> None:
    rds = deployed.aws.client("rds")
    rds.stop_db_instance(DBInstanceIdentifier=DATABASE)
    assert refusal(site) == f"Nothing was changed. database {DATABASE}: got status stopped, expected available."
    rds.start_db_instance(DBInstanceIdentifier=DATABASE)


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("2047 9 {now}", "got 2047 MiB free below /var/app, expected 2048."),
        ("9000 0 {now}", "got no free inode below /var/app, expected some."),
        ("9000 9 {late}", "its clock says "),
        ("9000 9 {early}", "its clock says "),
        ("df: /var/app", "got 'df: /var/app', expected its free MiB, its free inodes and its time."),
    ],
    ids=["disk", "inodes", "a clock that is late", "a clock that is early", "another answer"],
)
def test_an_instance_that_is_not_fit(
    site: Site, deployed: DeployedSite, monkeypatch: pytest.MonkeyPatch, says: str, message: str
) -> None:
    now = int(time.time())
    text = says.format(now=now, late=now - 90, early=now + 3600)
    monkeypatch.setattr(deployed, "says", {"check-instance": text})
    said = refusal(site)
    assert said.startswith("Nothing was changed. instance i-")
    # Each of the two, and nothing else.
    assert said.count(message) == said.count("instance i-") == 2


def test_an_instance_that_does_not_answer(site: Site, deployed: DeployedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployed, "fails", {"check-instance": "no such directory"})
    assert refusal(site).count("no such directory") == 2


def test_instances_that_no_command_reaches_have_one_line(site: Site, deployed: DeployedSite) -> None:
    """As all have it that the sandbox has without hosts, which says so."""
    deployed.aws.post("/moto-api/hosts", json.dumps({"Url": None}))
    try:
        said = refusal(site)
    finally:
        deployed.aws.post("/moto-api/hosts", json.dumps({"Url": deployed.fleet.url}))
    assert re.fullmatch(
        "Nothing was changed. instances i-[0-9a-f]+, i-[0-9a-f]+: got Undeliverable, expected Systems Manager's agent "
        "to take a command. No host runs in this sandbox: `sudo ./shop sandbox live` starts them.",
        said,
    )


@pytest.mark.long
def test_another_operation_of_beanstalk_and_another_version(site: Site, deployed: DeployedSite) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def deploy(_instance: str, _deployment: Answer) -> Answer:
        begun.set()
        go_on.wait(60)
        return SUCCESS

    beanstalk = deployed.beanstalk.beanstalk
    front = Environment(beanstalk=beanstalk, name=FRONT)
    deployed.fleet.deploy = deploy
    beanstalk.update_environment(EnvironmentName=FRONT, VersionLabel="v1")
    try:
        assert begun.wait(60)
        assert f"environment {FRONT}: got status Updating, expected Ready." in refusal(site)
        go_on.set()
        front.wait_until_ready(float("inf"))
        assert f"environment {FRONT}: expected placeholder on every instance: i-" in refusal(site)
    finally:
        go_on.set()
        beanstalk.update_environment(EnvironmentName=FRONT, VersionLabel="placeholder")
        front.wait_until_ready(float("inf"))


def test_a_label_of_another_bundle(site: Site, deployed: DeployedSite) -> None:
    beanstalk, version = deployed.beanstalk.beanstalk, {"ApplicationName": site.application, "VersionLabel": "r1"}
    deployed.aws.client("s3").put_object(Bucket=BUCKET, Key="other.zip", Body=b"")
    beanstalk.create_application_version(**version, SourceBundle={"S3Bucket": BUCKET, "S3Key": "other.zip"})
    try:
        assert refusal(site) == (
            f"Nothing was changed. version r1: got s3://{BUCKET}/other.zip, expected {NEXT.bundle} or no version of "
            "that label."
        )
    finally:
        beanstalk.delete_application_version(**version)


def test_a_label_that_has_its_bundle_already(site: Site, deployed: DeployedSite) -> None:
    """A release that was taken back, planned again."""
    beanstalk, version = deployed.beanstalk.beanstalk, {"ApplicationName": site.application, "VersionLabel": "r1"}
    beanstalk.create_application_version(**version, SourceBundle={"S3Bucket": BUCKET, "S3Key": KEY})
    assert refusal(site) == ""
    beanstalk.delete_application_version(**version)


def test_a_bundle_of_another_hash(site: Site, deployed: DeployedSite) -> None:
    s3 = deployed.aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"other", Metadata={"sha256": "1" * 64})
    said = refusal(site)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"", Metadata={"sha256": SHA256})
    assert said == (f"Nothing was changed. {NEXT.bundle}: got SHA-256 {'1' * 64}, expected {SHA256}, that of the plan.")


def test_an_armed_hold(site: Site) -> None:
    """It does not stop the way back: who holds a broken shop by hand wants to go back behind the page."""
    site.hold.arm(Scope.SITE)
    said, back = refusal(site), refusal(site, kind=Kind.ROLLBACK)
    site.hold.disarm()
    assert back == ""
    assert said == (
        f"Nothing was changed. hold: got {EVERYONE_ELSE} armed, expected none. "
        "./shop release hold off -s prod --reason WHY opens the shop."
    )


def sounding(name: str) -> str:
    return (
        f"Nothing was changed. alarm {name}: got ALARM, expected OK. If the release is what mends it, repeat it: "
        f'--accept "alarm {name}". Its code, for Rundeck and GitHub: {code_of(f"alarm {name}")}.'
    )


def told(site: Site) -> list[str]:
    """What is said of alarms that stop nothing."""
    return list(Sounding.at(site).told)


@pytest.mark.parametrize("name", [f"{OWNER}-target-errors", "Disk"], ids=["its own name", "a name of the stack file's"])
def test_an_alarm_on_what_a_release_touches(site: Site, deployed: DeployedSite, name: str) -> None:
    """The stack says which they are: this one measures nothing that the release knows."""
    with alarm(deployed, name, **of_metric("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", CacheClusterId="c-1")):
        assert refusal(site) == sounding(name)
        assert told(site) == []


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (f"{OWNER}-vpn-user-certificates", {}),
        (f"{OWNER}-{SATELLITE}-health", {}),
        ("Certificates", {"AlarmActions": True}),
    ],
    ids=["by its name", "of a satellite", "by the topic that it tells"],
)
def test_another_alarm_of_the_stack_is_only_told(
    site: Site, deployed: DeployedSite, name: str, settings: dict[str, Any]
) -> None:
    """A VPN user's certificate that ends in a month once stopped a release that mends the shop."""
    actions = {"AlarmActions": [deployed.alarm_topic]} if settings else {}
    with alarm(deployed, name, **of_metric("VPN", "DaysToExpiry", InstanceId="i-1"), **actions):
        assert refusal(site) == ""
        assert told(site) == [f"alarm {name} sounds. It stops no release of this application."]
        # Who repeats it all the same has not mistyped it.
        assert refusal(site, f"alarm {name}") == ""


def test_a_plan_says_which_alarms_sound(
    deployed: DeployedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who approves it learns now what would stop it, and what would not."""
    stopping, other = f"{OWNER}-target-errors", f"{OWNER}-vpn-user-certificates"
    metric = of_metric("VPN", "DaysToExpiry", InstanceId="i-1")
    bundle = str(deployed.bundle(tmp_path, "first"))
    with alarm(deployed, stopping, **metric), alarm(deployed, other, **metric):
        assert shop_release("plan", "-s", "prod", bundle, "--first-admin-email", "you@client.url") == ExitCode.OK
    said = " ".join(capsys.readouterr().out.split())
    assert f'alarm {stopping} sounds. While it does, the release is refused, unless you add --accept "alarm' in said
    assert f"alarm {other} sounds. It stops no release of this application." in said


def test_the_holds_own_alarm_is_only_told(site: Site, deployed: DeployedSite) -> None:
    """It measures the load balancer, and still sounds when a long hold is over."""
    name = f"{OWNER}-hold-too-long"
    with alarm(deployed, name, **of_metric("Releases", "HoldArmed", LoadBalancer=balancer(deployed))):
        assert refusal(site) == ""


def test_a_satellites_release_has_alarms_of_its_own(site: Site, deployed: DeployedSite) -> None:
    """The shop's do not stop it, and its own do."""
    pim, metric = Satellite.named(site.stack, site.session, SATELLITE), of_metric("AWS/RDS", "E", Other="1")
    with alarm(deployed, f"{OWNER}-target-errors", **metric):
        assert refusal(pim) == ""
    with alarm(deployed, f"{OWNER}-{SATELLITE}-health", **metric):
        assert refusal(pim) == sounding(f"{OWNER}-{SATELLITE}-health")


@pytest.mark.parametrize(
    ("namespace", "dimensions"),
    [
        ("AWS/RDS", {"DBInstanceIdentifier": DATABASE}),
        ("AWS/ElasticBeanstalk", {"EnvironmentName": FRONT}),
        ("AWS/ApplicationELB", {}),
    ],
    ids=["database", "environment", "load balancer"],
)
@pytest.mark.parametrize("in_maths", [False, True], ids=["a metric", "metric maths"])
def test_an_alarm_by_what_it_measures(
    site: Site, deployed: DeployedSite, namespace: str, dimensions: dict[str, str], in_maths: bool
) -> None:
    """Also one that somebody has made by hand."""
    measured = dimensions or {"LoadBalancer": balancer(deployed)}
    settings = (
        of_expression("FILL(m0, 0)", on(namespace, "Errors", **measured))
        if in_maths
        else of_metric(namespace, "Errors", **measured)
    )
    with alarm(deployed, "Mine", **settings):
        assert refusal(site) == sounding("Mine")


def test_an_alarm_by_its_query(site: Site, deployed: DeployedSite) -> None:
    query = (
        'SELECT MAX(UnHealthyHostCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) '
        f"WHERE LoadBalancer = '{balancer(deployed)}'"
    )
    with alarm(deployed, "Mine", **of_expression(query)):
        assert refusal(site) == sounding("Mine")


def test_a_composite_alarm(site: Site, deployed: DeployedSite) -> None:
    cloudwatch, name = deployed.aws.client("cloudwatch"), f"{OWNER}-search-memory"
    with alarm(deployed, "Other", **of_metric("AWS/ES", "JVMMemoryPressure", DomainName="other")):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule='ALARM("Other")')
        try:
            assert refusal(site) == sounding(name)
        finally:
            cloudwatch.delete_alarms(AlarmNames=[name])


def test_an_alarm_of_another_stack(site: Site, deployed: DeployedSite) -> None:
    metric = of_metric("AWS/ApplicationELB", "E", LoadBalancer="app/o/1")
    with alarm(deployed, "client-preprod-target-errors", **metric):
        assert refusal(site) == ""
        assert told(site) == []


def test_an_alarm_that_the_release_mends(site: Site, deployed: DeployedSite) -> None:
    """It is released when the alarm is repeated, and the way back is open without that."""
    name = f"{OWNER}-target-errors"
    with alarm(deployed, name, **of_metric("AWS/ApplicationELB", "E", LoadBalancer=balancer(deployed))):
        assert refusal(site, f"alarm {name}") == refusal(site, code_of(f"alarm {name}")) == ""
        assert refusal(site, kind=Kind.ROLLBACK) == ""
        assert refusal(site, "alarm other") == (
            f"Nothing was changed. --accept: got alarm other, expected alarm {name}."
        )


def test_a_satellite_has_its_own_environment_and_the_shared_database(site: Site, deployed: DeployedSite) -> None:
    pim = Satellite.named(site.stack, site.session, SATELLITE)
    rds = deployed.aws.client("rds")
    rds.stop_db_instance(DBInstanceIdentifier=SHARED_DATABASE)
    said = refusal(pim)
    rds.start_db_instance(DBInstanceIdentifier=SHARED_DATABASE)
    assert said == f"Nothing was changed. database {SHARED_DATABASE}: got status stopped, expected available."
    site.hold.arm(Scope.SITE)
    said = refusal(pim)
    site.hold.disarm()
    assert said == ""
