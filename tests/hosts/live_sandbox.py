"""A live sandbox, as a shopper, an operator and a release see it."""

from __future__ import annotations

import http.client
import json
import shlex
import ssl
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.applications import releases
from sandbox.applications.releases import Change
from sandbox.tests.platform import Platform

SHORT_WAITS = 0.02
"""The time scale while there are no shoppers whom it would hurt, or whom it may hurt."""
TIME_SCALE = 0.05
"""The deregistration delay of 60 seconds is 3: longer than a request, which takes as long as on AWS."""
FRONT, BACK_OFFICE = "client-prod-front", "client-prod-back-office"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a client was answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    cookies: str
    """To send back."""

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


@dataclass(frozen=True)
class LiveSandbox:
    """Both stacks up, a host for each instance, and stand-in applications on them."""

    platform: Platform

    @property
    def url(self) -> str:
        """The address of the fleet."""
        return str(json.loads((self.platform.project / ".sandbox/hosts.json").read_text())["url"])

    def set_time_scale(self, scale: float) -> None:
        """What AWS's waits are multiplied with."""
        asked = urllib.request.Request(
            f"{self.platform.environment['AWS_ENDPOINT_URL']}/moto-api/elasticbeanstalk",
            json.dumps({"TimeScale": scale}).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(asked, timeout=60).close()

    @contextmanager
    def short_waits(self) -> Iterator[None]:
        self.set_time_scale(SHORT_WAITS)
        try:
            yield
        finally:
            self.set_time_scale(TIME_SCALE)

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/status", timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def balancer(self, environment: str) -> dict[str, Any]:
        """Where the load balancer of an environment listens."""
        found: dict[str, Any] = next(
            each for each in self.status()["LoadBalancers"] if environment in each["Environments"]
        )
        return found

    @cached_property
    def site(self) -> dict[str, Any]:
        return self.balancer(FRONT)

    def get(
        self,
        path: str,
        host: str = "client.url",
        *,
        method: str = "GET",
        port: int = 443,
        environment: str = FRONT,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own, through a load balancer."""
        place = self.site if environment == FRONT else self.balancer(environment)
        return ask(place["Address"], place["Ports"][str(port)], port == 443, path, host, method, body, headers or {})

    def instances(self, environment: str) -> list[str]:
        """The ids of the environment's instances, in the order of their names."""
        hosts = self.status()["Hosts"]
        return sorted(name for name, host in hosts.items() if host["Environment"] == environment)

    def run(self, instance: str, *commands: str) -> str:
        """What commands print on an instance, through Systems Manager as an operator runs them."""
        ssm = self.platform.client("ssm")
        sent = ssm.send_command(
            InstanceIds=[instance], DocumentName="AWS-RunShellScript", Parameters={"commands": list(commands)}
        )["Command"]["CommandId"]
        deadline = time.monotonic() + 120
        while True:
            found = ssm.get_command_invocation(CommandId=sent, InstanceId=instance)
            if found["Status"] not in ("Pending", "InProgress", "Delayed"):
                break
            assert time.monotonic() < deadline, f"{commands} is {found['Status']} after 120 s"
            time.sleep(0.1)
        assert found["Status"] == "Success", f"{commands} on {instance}: {found}"
        return str(found["StandardOutputContent"])

    def sql(self, statement: str, environment: str = BACK_OFFICE) -> str:
        """What a shop's database answers, asked on its back office's instance: the first column of each row."""
        current = "/var/app/current"
        code = (
            f"require '{current}/.platform/database.php'; $env = require '{current}/app/etc/env.php';"
            f"foreach (connect($env)->query({json.dumps(statement)}) ?: [] as $row) echo $row[0], PHP_EOL;"
        )
        return self.run(self.instances(environment)[0], f"php -r {shlex.quote(code)}").strip()

    def environment(self, name: str) -> dict[str, Any]:
        """Beanstalk's description."""
        beanstalk = self.platform.client("elasticbeanstalk")
        found: dict[str, Any] = beanstalk.describe_environments(EnvironmentNames=[name])["Environments"][0]
        return found

    def events(self, name: str, count: int = 40) -> list[str]:
        """The newest events of an environment, oldest first."""
        beanstalk = self.platform.client("elasticbeanstalk")
        events = beanstalk.describe_events(EnvironmentName=name, MaxRecords=count)["Events"]
        return [f"{event['Severity']} {event['Message']}" for event in reversed(events)]

    def wait_until_ready(self, name: str, seconds: float = 480) -> dict[str, Any]:
        """Until the environment is ready and green. Returns its description."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.environment(name)
            if found["Status"] == "Ready" and found["Health"] == "Green":
                return found
            assert time.monotonic() < deadline, "\n".join([f"{name}: {found}", *self.events(name)])
            time.sleep(0.1)

    def bundle(self, directory: Path, release: str, *changes: Change) -> Path:
        """A bundle of the stand-in shop with changes of its code, as the release's command builds it."""
        application = releases.build(directory / f"application-{release}", *changes)
        output = directory / f"{release}.zip"
        configuration = self.platform.outputs("prod")["configuration_object"]
        self.platform.run(
            *(".venv/bin/python", "-m", "release.bundle", str(application), str(output)),
            *("--name", "magento", "--release", release, "--configuration", configuration),
        )
        return output

    def deploy(self, environment: str, bundle: Path) -> None:
        """Begin to deploy a bundle, with Beanstalk's public API alone."""
        beanstalk, s3 = self.platform.client("elasticbeanstalk"), self.platform.client("s3")
        application = self.environment(environment)["ApplicationName"]
        bucket = beanstalk.create_storage_location()["S3Bucket"]
        label = bundle.stem
        if not beanstalk.describe_application_versions(ApplicationName=application, VersionLabels=[label])[
            "ApplicationVersions"
        ]:
            s3.upload_file(str(bundle), bucket, f"{application}/{bundle.name}")
            beanstalk.create_application_version(
                ApplicationName=application,
                VersionLabel=label,
                SourceBundle={"S3Bucket": bucket, "S3Key": f"{application}/{bundle.name}"},
            )
        beanstalk.update_environment(EnvironmentName=environment, VersionLabel=label)

    @contextmanager
    def draining(self, environment: str, seconds: int) -> Iterator[None]:
        """The environment's target groups with this deregistration delay, in AWS's seconds."""
        elb = self.platform.client("elbv2")
        name = "deregistration_delay.timeout_seconds"
        before = {}
        for arn in self._target_groups(environment):
            attributes = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
            before[arn] = next(each["Value"] for each in attributes if each["Key"] == name)
            elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[{"Key": name, "Value": str(seconds)}])
        assert before, environment
        try:
            yield
        finally:
            for arn, value in before.items():
                elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[{"Key": name, "Value": value}])

    def _target_groups(self, environment: str) -> list[str]:
        (group,) = self.platform.client("elasticbeanstalk").describe_environment_resources(EnvironmentName=environment)[
            "EnvironmentResources"
        ]["AutoScalingGroups"]
        described = self.platform.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[group["Name"]]
        )["AutoScalingGroups"]
        return [arn for each in described for arn in each["TargetGroupARNs"]]


def ask(
    address: str,
    port: int,
    encrypted: bool,
    path: str,
    host: str,
    method: str = "GET",
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    body_after: float = 0,
) -> Answer:
    """One request. The certificate is not checked: its authority is the sandbox's own.

    The body follows the headers after so many seconds, as on a slow line.
    """
    connection: http.client.HTTPConnection
    if encrypted:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(address, port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=30)
    given = {"Host": host, **(headers or {})}
    if body is not None:
        given |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    try:
        connection.request(method, path, None if body is None else _later(body.encode(), body_after), given)
        answer = connection.getresponse()
        cookies = [cookie.partition(";")[0] for cookie in answer.headers.get_all("Set-Cookie", [])]
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=answer.read(),
            cookies="; ".join(cookies),
        )
    finally:
        connection.close()


def _later(body: bytes, seconds: float) -> Iterator[bytes]:
    time.sleep(seconds)
    yield body


@dataclass
class Load:
    """What shoppers were answered while something happened."""

    answers: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[float, float, str]] = field(default_factory=list)
    """Pages that were not 200 and connections that broke, each with when it was asked for and when that was over."""
    releases: Counter[str] = field(default_factory=Counter)
    """How often each release answered."""


@contextmanager
def shoppers(live: LiveSandbox, paths: Sequence[str], number: int = 8) -> Iterator[Load]:
    """Shoppers who ask for these pages, one after another, while the block runs.

    Half of them are on a slow line, and send forms: each of their requests takes half a second more.
    """
    load, stop, lock = Load(), threading.Event(), threading.Lock()
    place = live.site

    def shop(first: int) -> None:
        count = first
        while not stop.is_set():
            # Never from the page cache of the shop: the page is to be made.
            path = f"{paths[count % len(paths)]}?visit={first}-{count}"
            count += 1
            asked = time.time()
            how: dict[str, Any] = {"method": "POST", "body": "q=linen", "body_after": 0.5} if first % 2 else {}
            try:
                answer = ask(place["Address"], place["Ports"]["443"], True, path, "client.url", **how)
                failure = "" if answer.status == 200 else f"{path}: {answer.status} {answer.text[:200]}"
            except OSError as error:
                answer, failure = None, f"{path}: {error!r}"
            with lock:
                if answer:
                    load.answers[answer.status] += 1
                    load.releases[answer.headers.get("x-release", "")] += 1
                if failure:
                    load.failures.append((asked, time.time(), failure))
            stop.wait(0.05)

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()
