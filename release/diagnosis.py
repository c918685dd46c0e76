"""``./shop release diagnose``: which instance failed, its address, the end of its log, and what to type."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from commands.console import Console
from commands.deployed_stack import AppName, StackName
from commands.errors import CannotRunError, CommandError
from release.beanstalk import POLL_SECONDS, Environment, Instance
from release.errors import answers_of_aws
from release.planning import unfinished
from release.polling import polls
from release.records import next_command
from release.site import Site
from release.traces import Traces

_LOG_LINES = 20
_EVENTS = 8
_TAIL_SECONDS = 90
"""How long Beanstalk may take to fetch the end of a log. It asks the instance's own daemon, and needs no SSM Agent."""
_INSTANCE = re.compile(r"\bi-[0-9a-f]{8,17}\b")
_ERROR = re.compile(r"^.*\[ERROR\] *(.*\S)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An instance, and what is known of it."""

    instance: Instance
    address: str
    """In the network."""
    log: str
    """The end of eb-engine.log, or why it cannot be had."""

    @property
    def cause(self) -> str:
        """The last error of the log, in one line."""
        found = _ERROR.findall(self.log)
        return found[-1] if found else ""


def told(site: Site, environment: Environment, complaint: str) -> str:
    """What to know of the instances that Beanstalk complains of: their addresses, and the ends of their logs.

    It raises nothing of AWS: the complaint is what counts.
    """
    named = set(_INSTANCE.findall(complaint))
    try:
        return "\n".join(
            line
            for each in _findings(site, environment, [one for one in environment.instances() if one.id in named])
            for line in (
                f"{each.instance.id} at {each.address}: {each.cause or 'no error in its log'}",
                *(f"    {line}" for line in each.log.splitlines()[-_LOG_LINES:]),
            )
        )
    except (BotoCoreError, ClientError) as error:
        return f"More of its instances cannot be had: {error}"


def diagnose(
    stack: StackName,
    app: AppName = None,
    instance: Annotated[
        str | None, typer.Option(metavar="ID", help="An instance to show in any case, such as i-0123456789abcdef0.")
    ] = None,
) -> None:
    """Look for what failed: instances that do not run their environment's release, with the ends of their logs.

    Logs come by Systems Manager, or by Elastic Beanstalk if the instance's agent does not answer.
    """
    console = Console()
    with answers_of_aws():
        site = Site.of(stack, app)
        left = unfinished(site)
        label = str(left[1].plan["to"]["label"]) if left else ""
        traces = Traces.of(left[1].records) if left else Traces()
        found_on = [(environment, environment.instances()) for environment in site.environments]
        if instance is not None and instance not in (each.id for _, instances in found_on for each in instances):
            names = " or ".join(environment.name for environment, _ in found_on)
            raise CannotRunError(f"--instance: got {instance!r}, expected an instance of {names}")
        for environment, instances in found_on:
            found = environment.describe()
            health = found.get("HealthStatus") or found.get("Health", "unknown")
            version = found.get("VersionLabel", "no version")
            console.say(f"{environment.name}: {found['Status']}, {health}, {version}.")
            failed = [each for each in instances if not each.runs(label or found.get("VersionLabel", ""))]
            asked_for = [each for each in instances if each.id == instance and each not in failed]
            for finding in _findings(site, environment, failed + asked_for):
                _show(console, finding)
            if not failed:
                which = f"All {len(instances)} instances run" if len(instances) > 1 else "Its instance runs"
                console.step(f"{which} {found.get('VersionLabel')}.")
            for event in _events(environment, traces.since(environment.name)):
                console.say(f"  {event}", indent="    ")
        for line in traces.lines:
            console.raw(line)
        command = next_command(site)
    console.say(f"Type: {command}" if command else "Nothing is to be done.")


def _show(console: Console, finding: Finding) -> None:
    each = finding.instance
    status = each.status or "no deployment yet"
    console.warn(f"{each.id} at {finding.address}: {each.version_label or 'no version'}, {status}.")
    if finding.cause:
        console.say(f"  Cause: {finding.cause}", indent="    ")
    for line in finding.log.splitlines()[-_LOG_LINES:]:
        console.raw(f"    {line}")
    console.say(f"  A shell there: aws ssm start-session --target {each.id}")


def _findings(site: Site, environment: Environment, instances: list[Instance]) -> Iterator[Finding]:
    addresses = _addresses(site, [each.id for each in instances])
    for each in instances:
        yield Finding(
            instance=each, address=addresses.get(each.id, "unknown address"), log=_log(site, environment, each.id)
        )


def _addresses(site: Site, instances: list[str]) -> dict[str, str]:
    if not instances:
        return {}
    try:
        found = site.session.client("ec2").describe_instances(InstanceIds=instances)["Reservations"]
    except ClientError:
        return {}  # One of them is gone meanwhile.
    return {each["InstanceId"]: each.get("PrivateIpAddress", "") for one in found for each in one["Instances"]}


def _log(site: Site, environment: Environment, instance: str) -> str:
    try:
        return site.instance(instance).do("show-engine-log")
    except (CommandError, ClientError) as error:
        by_agent = error
    try:
        tail = _tail_by_beanstalk(environment, instance)
    except (ClientError, OSError) as error:
        return f"The log cannot be had: Systems Manager: {by_agent}; Elastic Beanstalk: {error}"
    return site.redaction.text(tail) or (
        f"The log cannot be had: Systems Manager: {by_agent}; Elastic Beanstalk: no answer"
    )


def _tail_by_beanstalk(environment: Environment, instance: str) -> str:
    """The last lines of an instance's logs, which Beanstalk puts into its bucket. Empty if it does not."""
    beanstalk = environment.beanstalk
    # What somebody asked for before says nothing of now, and its address has expired.
    known = {each["SampleTimestamp"] for each in _samples(environment, instance)}
    beanstalk.request_environment_info(EnvironmentName=environment.name, InfoType="tail")
    deadline = time.monotonic() + _TAIL_SECONDS
    for _ in polls(POLL_SECONDS):
        for each in _samples(environment, instance):
            if each["SampleTimestamp"] not in known:
                with urllib.request.urlopen(each["Message"], timeout=30) as answer:
                    body: bytes = answer.read()
                    return body.decode(errors="replace")
        if time.monotonic() > deadline:
            break
    return ""


def _samples(environment: Environment, instance: str) -> list[dict[str, Any]]:
    found = environment.beanstalk.retrieve_environment_info(EnvironmentName=environment.name, InfoType="tail")
    return [each for each in found["EnvironmentInfo"] if each["Ec2InstanceId"] == instance]


def _events(environment: Environment, since: datetime | None) -> list[str]:
    """The newest warnings and errors, oldest first. During a release, those of the update that it has begun."""
    cursor = {"StartTime": since} if since else {}
    found = environment.beanstalk.describe_events(
        EnvironmentName=environment.name, Severity="WARN", MaxRecords=_EVENTS, **cursor
    )
    return [f"{each['EventDate']:%H:%M:%S} {each['Severity']} {each['Message']}" for each in reversed(found["Events"])]
