"""What must be true before a release changes anything. Each check is one question to AWS or to an instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from release.acceptance import code_of, spelled
from release.alarms import Sounding
from release.errors import RefusedError, ReleaseError, UndeliverableError
from release.frozen_plan import FrozenPlan
from release.kinds import Kind
from release.site import Satellite, Site

LEAST_FREE_MIB = 2048
"""On the disk of every instance. Beanstalk unpacks a release beside the running one, from a bundle of up to 512 MB."""
MOST_CLOCK_SECONDS = 60
"""Between an instance and this computer. Signed requests to AWS are refused from five minutes on ("Signature Version 4
request signing")."""
_FIELDS = 3


def require(site: Site, plan: FrozenPlan, *, accepted: Sequence[str] = ()) -> Sounding:
    """Raise ``RefusedError`` with everything that is wrong. Otherwise the alarms that sound.

    `accepted` repeats alarms, such as ``alarm client-prod-target-errors``: the release may be what mends their cause.
    """
    alarms = Sounding.at(site)
    stopping = () if plan.kind is Kind.ROLLBACK else alarms.stopping
    accepted = spelled(accepted, (*stopping, *alarms.others))
    if unknown := [each for each in accepted if each not in (*stopping, *alarms.others)]:
        sounding = ", ".join(stopping) or "none: no alarm sounds that stops it"
        raise RefusedError(f"Nothing was changed. --accept: got {', '.join(unknown)}, expected {sounding}.")
    wrong = [*_faults(site, plan), *(stopped_by(each) for each in stopping if each not in accepted)]
    if wrong:
        raise RefusedError("Nothing was changed. " + " ".join(wrong))
    return alarms


def stopped_by(alarm: str) -> str:
    """What is said of an alarm that stops a release."""
    return (
        f'{alarm}: got ALARM, expected OK. If the release is what mends it, repeat it: --accept "{alarm}". Its code, '
        f"for Rundeck and GitHub: {code_of(alarm)}."
    )


def _faults(site: Site, plan: FrozenPlan) -> Iterator[str]:
    instances: list[str] = []
    for environment in site.environments:
        found = environment.describe()
        if found["Status"] != "Ready":
            yield f"environment {environment.name}: got status {found['Status']}, expected Ready."
        elif behind := environment.left_behind(plan.previous.label):
            runs = ", ".join(f"{each.id} runs {each.version_label or 'nothing'} ({each.status})" for each in behind)
            yield f"environment {environment.name}: expected {plan.previous.label} on every instance: {runs}."
        instances += (each.id for each in environment.instances())
    yield from _faults_of_instances(site, instances)
    status = site.session.client("rds").describe_db_instances(DBInstanceIdentifier=site.database)["DBInstances"][0][
        "DBInstanceStatus"
    ]
    if status != "available":
        yield f"database {site.database}: got status {status}, expected available."
    # Who holds a broken shop by hand wants to go back behind the page.
    if plan.kind is not Kind.ROLLBACK and not isinstance(site, Satellite) and (state := site.hold.state()):
        opens = f"./shop release hold off {site.options} --reason WHY"
        yield f"hold: got {', '.join(sorted(state))} armed, expected none. {opens} opens the shop."
    yield from _faults_of_version(site, plan)


def _faults_of_version(site: Site, plan: FrozenPlan) -> Iterator[str]:
    """A label means one bundle, and a bundle's address means one content."""
    to = plan.to
    for there in site.beanstalk.describe_application_versions(
        ApplicationName=site.application, VersionLabels=[to.label]
    )["ApplicationVersions"]:
        bundle = f"s3://{there['SourceBundle']['S3Bucket']}/{there['SourceBundle']['S3Key']}"
        if bundle != to.bundle:
            yield f"version {to.label}: got {bundle}, expected {to.bundle} or no version of that label."
    bucket, _, key = to.bundle.removeprefix("s3://").partition("/")
    digest = site.s3.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256", "") if to.sha256 else ""
    if digest != to.sha256:
        yield f"{to.bundle}: got SHA-256 {digest or 'none'}, expected {to.sha256}, that of the plan."


def _faults_of_instances(site: Site, instances: Sequence[str]) -> Iterator[str]:
    asked = datetime.now(UTC).timestamp()
    sent = {instance: site.instance(instance).send("check-instance") for instance in instances}
    unreached: dict[str, list[str]] = {}
    for instance, command in sent.items():
        try:
            said = command.wait().split()
            took = datetime.now(UTC).timestamp() - asked
        except UndeliverableError as error:
            unreached.setdefault(error.said, []).extend(error.instances)
            continue
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
    # One line for all of them: what keeps Systems Manager from one instance often keeps it from the others.
    yield from (str(UndeliverableError(each, said)) for said, each in unreached.items())
