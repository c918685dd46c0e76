"""What must be true before a release changes anything. Each check is one question to AWS or to an instance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from release.errors import RefusedError, ReleaseError
from release.frozen_plan import FrozenPlan
from release.site import Satellite, Site

LEAST_FREE_MIB = 2048
"""On the disk of every instance. Beanstalk unpacks a release beside the running one, from a bundle of up to 512 MB."""
MOST_CLOCK_SECONDS = 60
"""Between an instance and this computer. Signed requests to AWS are refused from five minutes on ("Signature Version 4
request signing")."""
_FIELDS = 3


def require(site: Site, plan: FrozenPlan) -> None:
    """Raise ``RefusedError`` with everything that is wrong."""
    if wrong := list(_faults(site, plan)):
        raise RefusedError("Nothing was changed. " + " ".join(wrong))


def _faults(site: Site, plan: FrozenPlan) -> Iterator[str]:
    for environment in site.environments:
        found = environment.describe()
        if found["Status"] != "Ready":
            yield f"environment {environment.name}: got status {found['Status']}, expected Ready."
        elif behind := environment.left_behind(plan.previous.label):
            runs = ", ".join(f"{each.id} runs {each.version_label or 'nothing'} ({each.status})" for each in behind)
            yield f"environment {environment.name}: expected {plan.previous.label} on every instance: {runs}."
        yield from _faults_of_instances(site, [each.id for each in environment.instances()])
    status = site.session.client("rds").describe_db_instances(DBInstanceIdentifier=site.database)["DBInstances"][0][
        "DBInstanceStatus"
    ]
    if status != "available":
        yield f"database {site.database}: got status {status}, expected available."
    if not isinstance(site, Satellite) and (state := site.hold.state()):
        yield f"hold: got {', '.join(sorted(state))} armed, expected none. ./shop release hold off opens the shop."
    for name in _alarms(site):
        yield f"alarm {name}: got ALARM, expected OK."


def _faults_of_instances(site: Site, instances: list[str]) -> Iterator[str]:
    asked = datetime.now(UTC).timestamp()
    sent = {instance: site.instance(instance).send("check-instance") for instance in instances}
    for instance, command in sent.items():
        try:
            said = command.wait().split()
            took = datetime.now(UTC).timestamp() - asked
        except ReleaseError as error:
            yield f"{error}."
            continue
        if len(said) != _FIELDS:
            yield f"instance {instance}: got {' '.join(said)!r}, expected its free MiB, its free inodes and its time."
            continue
        free, inodes, clock = (int(each) for each in said)
        if free < LEAST_FREE_MIB:
            yield f"instance {instance}: got {free} MiB free below /var/app, expected {LEAST_FREE_MIB}."
        if inodes == 0:
            yield f"instance {instance}: got no free inode below /var/app, expected some."
        if not asked - MOST_CLOCK_SECONDS <= clock <= asked + took + MOST_CLOCK_SECONDS:
            says, expected = (f"{datetime.fromtimestamp(each, UTC):%H:%M:%S}" for each in (clock, asked))
            yield f"instance {instance}: its clock says {says}, expected {expected} UTC."


def _alarms(site: Site) -> list[str]:
    """The alarms of this site that sound: those that name one of its environments, its database or its balancer."""
    pages = (
        site.session.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(StateValue="ALARM", AlarmTypes=["MetricAlarm"])
    )
    ours = {site.database, *(each.name for each in site.environments)}
    return [
        alarm["AlarmName"]
        for page in pages
        for alarm in page["MetricAlarms"]
        if ours & {dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    ]
