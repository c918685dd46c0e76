"""Versions and environments of Elastic Beanstalk, as a release changes them.

Beanstalk reports success by its status and by events, and neither says that every instance runs the version: it has
reported success with one left behind. So the instances themselves are asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from release.errors import RefusedError, ReleaseError
from release.journal import Note, not_noted
from release.lock import Check, unchecked
from release.polling import polls

POLL_SECONDS = 2.0
COMMAND = "aws:elasticbeanstalk:command"
ALL_AT_ONCE, ROLLING, WITH_ADDITIONAL_BATCH = "AllAtOnce", "Rolling", "RollingWithAdditionalBatch"
_CRON_ON_OLDEST_OF = "aws:elasticbeanstalk:application:environment", "MAGENTO_CRON_ON_OLDEST_OF"
"""The property of a back office that may have a second instance for the time of a deployment. Cron and a release's
commands run on the oldest one alone."""
_REFUSED = "InvalidParameterValue"
"""Beanstalk's answer to what is done already, or cannot be done now."""
_MOST_UPDATES = 3
"""Of options: somebody else's update may be in the way."""
_MOST_DEPLOYMENTS = 2
"""An instance that was replaced meanwhile has the version before. Then the version is deployed once more."""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance, and the version on it."""

    id: str
    version_label: str
    status: str
    """Of the last deployment to it: `Deployed`, `In Progress` or `Failed`. Empty before the first one."""

    def runs(self, label: str) -> bool:
        return self.version_label == label and self.status == "Deployed"


@dataclass(frozen=True, kw_only=True)
class Update:
    """An update of an environment that was called for."""

    environment: str
    request_id: str
    """AWS's id of the call: Beanstalk's events have it too ("DescribeEvents"). Empty if another call had begun it."""
    events_since: str
    """The time from which Beanstalk's events belong to it, as ISO 8601."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment of Beanstalk."""

    beanstalk: Any
    """A boto3 client."""
    name: str

    def describe(self) -> dict[str, Any]:
        """Beanstalk's description. Raises ``ReleaseError`` if there is no such environment."""
        found = self.beanstalk.describe_environments(EnvironmentNames=[self.name], IncludeDeleted=False)["Environments"]
        if not found:
            raise ReleaseError(f"environment {self.name}: there is none. Run pulumi up first.")
        described: dict[str, Any] = found[0]
        return described

    def instances(self) -> list[Instance]:
        """The running instances, in the order of their ids."""
        health = self.beanstalk.describe_instances_health(EnvironmentName=self.name, AttributeNames=["Deployment"])
        found = {each["InstanceId"]: each.get("Deployment", {}) for each in health["InstanceHealthList"]}
        resources = self.beanstalk.describe_environment_resources(EnvironmentName=self.name)["EnvironmentResources"]
        return [
            Instance(
                id=name,
                version_label=found.get(name, {}).get("VersionLabel", ""),
                status=found.get(name, {}).get("Status", ""),
            )
            for name in sorted(each["Id"] for each in resources["Instances"])
        ]

    def errors(self, since: Any) -> list[str]:
        """What Beanstalk complained of since a moment, oldest first."""
        events = self.beanstalk.describe_events(
            EnvironmentName=self.name, StartTime=since, Severity="ERROR", MaxRecords=20
        )["Events"]
        return [event["Message"] for event in reversed(events)]

    def wait_until_ready(self, deadline: float, happens: Say | None = None) -> dict[str, Any]:
        """Until no operation is under way. Raises ``ReleaseError`` at the deadline, by ``time.monotonic``.

        Meanwhile `happens` gets Beanstalk's newest event.
        """
        for _ in polls(POLL_SECONDS):
            found = self.describe()
            if happens:
                events = self.beanstalk.describe_events(EnvironmentName=self.name, MaxRecords=1)["Events"]
                happens(f"{self.name}: {events[0]['Message']}" if events else self.name)
            if found["Status"] == "Ready":
                return found
            if found["Status"] in ("Terminating", "Terminated"):
                raise ReleaseError(f"environment {self.name}: got status {found['Status']}, expected Ready")
            if time.monotonic() > deadline:
                break
        raise ReleaseError(f"environment {self.name}: still {found['Status']} when its time was over")

    def left_behind(self, label: str) -> list[Instance]:
        """The instances that do not run a version."""
        return [each for each in self.instances() if not each.runs(label)]

    def options(self) -> dict[tuple[str, str], str]:
        """The values of its options, by namespace and name."""
        found = self.beanstalk.describe_configuration_settings(
            ApplicationName=self.describe()["ApplicationName"], EnvironmentName=self.name
        )["ConfigurationSettings"][0]["OptionSettings"]
        return {(each["Namespace"], each["OptionName"]): each["Value"] for each in found if "Value" in each}

    def policy(self) -> str:
        """How versions are deployed: as the stack sets it, or `AllAtOnce` during a held release."""
        return self.options().get((COMMAND, "DeploymentPolicy"), ALL_AT_ONCE)

    @property
    def has_additional_batch(self) -> bool:
        """Whether it has a second instance for the time of a deployment, so that it never stops to answer."""
        return bool(self.options().get(_CRON_ON_OLDEST_OF))

    @property
    def policy_of_stack(self) -> str:
        """How the stack says that versions are deployed."""
        return WITH_ADDITIONAL_BATCH if self.has_additional_batch else ROLLING

    def set_policy(self, policy: str, deadline: float, note: Note = not_noted, check: Check = unchecked) -> None:
        """Set it, in a call of its own: AWS refuses options and a version in one. It touches no instance."""
        option = {"Namespace": COMMAND, "OptionName": "DeploymentPolicy", "Value": policy}
        found = self.wait_until_ready(deadline)
        for _ in range(_MOST_UPDATES):
            if self.policy() == policy:
                return
            check()
            note(updates=[asdict(self._update(found, OptionSettings=[option]))])
            found = self.wait_until_ready(deadline)
        if (got := self.policy()) != policy:
            raise ReleaseError(f"environment {self.name}: got DeploymentPolicy {got}, expected {policy}")

    def begin(self, label: str, deadline: float, check: Check = unchecked) -> Update | None:
        """Begin to deploy a version. None if every instance runs it, so that there is nothing to wait for."""
        found = self.wait_until_ready(deadline)
        if found.get("VersionLabel") == label and not self.left_behind(label):
            return None
        check()
        return self._update(found, VersionLabel=label)

    def _update(self, before: Mapping[str, Any], **change: Any) -> Update:
        answer: dict[str, Any] = {}
        try:
            answer = self.beanstalk.update_environment(EnvironmentName=self.name, **change)
        except ClientError as error:
            # A call whose answer was lost, or somebody else's: the environment is not Ready.
            if error.response["Error"]["Code"] != _REFUSED or self.describe()["Status"] == "Ready":
                raise
        return Update(
            environment=self.name,
            request_id=answer.get("ResponseMetadata", {}).get("RequestId", ""),
            events_since=before["DateUpdated"].isoformat(),
        )


class DeploymentFailedError(ReleaseError):
    """An environment does not run the version that it was to run."""

    def __init__(self, environment: Environment, got: str, expected: str, since: Any) -> None:
        complaints = " ".join(environment.errors(since))
        super().__init__(
            f"environment {environment.name}: got version {got}, expected {expected}. {complaints}".rstrip()
        )
        self.environment = environment


def deploy(
    environments: Sequence[Environment],
    label: str,
    *,
    seconds: float,
    say: Say = lambda _: None,
    happens: Say | None = None,
    note: Note = not_noted,
    check: Check = unchecked,
) -> list[str]:
    """Deploy a version to environments at the same time, until every instance runs it. Returns the instances.

    What it has begun is noted before it waits. `happens` gets Beanstalk's newest event meanwhile. Raises
    ``DeploymentFailedError`` with what Beanstalk complained of.
    """
    deadline = time.monotonic() + seconds
    for _ in range(_MOST_DEPLOYMENTS):
        since = {each.name: each.describe()["DateUpdated"] for each in environments}
        begun = [(each, update) for each in environments if (update := each.begin(label, deadline, check))]
        if begun:
            note(updates=[asdict(update) for _, update in begun])
            say(f"Beanstalk deploys {label} to {' and '.join(each.name for each, _ in begun)}.")
        for each, update in begun:
            found = each.wait_until_ready(deadline, happens)
            # An update by somebody else, such as one of options by `pulumi up`, was in the way: it is begun once more.
            if found.get("VersionLabel") != label and update.request_id:
                raise DeploymentFailedError(each, found.get("VersionLabel", "none"), label, since[each.name])
        if not any(_left_behind(each, label, deadline) for each in environments):
            return [instance.id for each in environments for instance in each.instances()]
    behind = next(each for each in environments if each.left_behind(label))
    others = ", ".join(f"{each.version_label or 'nothing'} on {each.id}" for each in behind.left_behind(label))
    raise DeploymentFailedError(behind, others, f"{label} on every instance", since[behind.name])


def _left_behind(environment: Environment, label: str, deadline: float) -> list[Instance]:
    """Those that still run another version once all instances have had their first deployment."""
    for _ in polls(POLL_SECONDS):
        behind = environment.left_behind(label)
        if all(each.status and each.status != "In Progress" for each in behind) or time.monotonic() > deadline:
            break
    return behind


def register(beanstalk: Any, application: str, *, label: str, bucket: str, key: str, description: str) -> bool:
    """Make a bundle a version of the application. Whether it was not one before.

    Raises ``RefusedError`` if the label belongs to another bundle: what a label means must not change.
    """

    def is_there() -> bool:
        found = beanstalk.describe_application_versions(ApplicationName=application, VersionLabels=[label])
        for each in found["ApplicationVersions"]:
            there = each["SourceBundle"]
            if (there["S3Bucket"], there["S3Key"]) != (bucket, key):
                raise RefusedError(
                    f"version {label} of application {application}: got s3://{there['S3Bucket']}/{there['S3Key']}, "
                    f"expected s3://{bucket}/{key}. A release's name is used once: build the bundle with another one."
                )
        return bool(found["ApplicationVersions"])

    if is_there():
        return False
    try:
        beanstalk.create_application_version(
            ApplicationName=application,
            VersionLabel=label,
            Description=description,
            SourceBundle={"S3Bucket": bucket, "S3Key": key},
        )
    except ClientError as error:
        # boto3 repeats a call whose answer was lost.
        if error.response["Error"]["Code"] != _REFUSED or not is_there():
            raise
    return True
