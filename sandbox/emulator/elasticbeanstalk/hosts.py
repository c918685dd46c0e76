"""What Beanstalk asks of the hosts of an environment's instances, and what it makes of their answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.emulator.elasticbeanstalk.configuration import COMMAND, LAUNCH, PROPERTIES, Configuration
from sandbox.emulator.elasticbeanstalk.controls import CONTROLS
from sandbox.emulator.fleet.registration import FLEET, TIME, NoAnswerError

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.environments import Environment

SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"

EXTRA_SECONDS = 240
"""What Beanstalk adds to the option Timeout. Source: Elastic Beanstalk guide, ``aws:elasticbeanstalk:command``."""
CHECKS, CHECK_SECONDS = 12, 10
"""The checks in a row that each instance of a batch must pass with enhanced health: 12 in two minutes. Source: Elastic
Beanstalk guide, "Elastic Beanstalk rolling environment configuration updates"."""


@lru_cache(maxsize=256)
def host_settings(configuration: Configuration) -> dict[str, Any]:
    """Properties, Secrets and Options of a host, from the configuration of its environment.

    Computed once for each configuration, which never changes; do not change the answer.
    """
    found: dict[str, dict[str, str]] = {}
    for setting in configuration.settings():
        namespace = setting["Namespace"]
        if "Value" in setting and (namespace.startswith("aws:elasticbeanstalk:") or namespace == LAUNCH):
            found.setdefault(namespace, {})[setting["OptionName"]] = setting["Value"]
    return {"Properties": found.pop(PROPERTIES, {}), "Secrets": found.pop(SECRETS, {}), "Options": found}


def host_deployment(environment: Environment, version_label: str | None, deployment_id: int) -> dict[str, Any]:
    """A deployment as a host gets it. ``Bundle`` is None for the sample application."""
    version = environment.application.application_versions.get(version_label or "")
    bundle = version.source_bundle if version else None
    return {
        "DeploymentId": deployment_id,
        "VersionLabel": version_label,
        "Bundle": {"Bucket": bundle["S3Bucket"], "Key": bundle["S3Key"]} if bundle else None,
    }


@dataclass(kw_only=True)
class CommandResults:
    """How a command went on the instances of a batch."""

    succeeded: list[str]
    failed: dict[str, str]
    """Instance to the message of its event."""
    timed_out: list[str]

    @property
    def unsuccessful(self) -> list[str]:
        return [*self.failed, *self.timed_out]

    def summary(self) -> str:
        counts = {"Failed": len(self.failed), "TimedOut": len(self.timed_out)}
        others = "".join(f", {name}: {count}" for name, count in counts.items() if count)
        return f"[Successful: {len(self.succeeded)}{others or ', Failed: 0'}]"


def run_command(
    environment: Environment, instances: Sequence[str], kind: str, version_label: str | None, deployment_id: int
) -> Generator[None, None, CommandResults]:
    """Run a deployment on the hosts of instances, in parallel. Yields while it waits; returns ``CommandResults``.

    ``kind`` is ``application``, ``configuration``, or ``restart`` for the web server and PHP alone. Without a fleet
    each command succeeds, unless the controls say otherwise or the bundle is no ZIP file.
    """
    timeout = environment.configuration.integer(COMMAND, "Timeout")
    started = time.monotonic()
    answers = {}
    if FLEET.is_registered:
        asked = {
            "Kind": kind,
            "Deployment": host_deployment(environment, version_label, deployment_id),
            **host_settings(environment.configuration),
            "TimeoutSeconds": timeout,
        }
        seconds = timeout + TIME.seconds(EXTRA_SECONDS)
        answers = {i: FLEET.in_background(FLEET.deploy, i, asked, seconds) for i in instances}
    while time.monotonic() < started + CONTROLS.seconds_per_batch or not all(a.done() for a in answers.values()):
        yield
    results = CommandResults(succeeded=[], failed={}, timed_out=[])
    for instance in instances:
        if failure := CONTROLS.take_failure(environment.environment_name, instance):
            results.failed[instance] = failure.message.format(instance=instance)
        elif instance in answers:
            _judge(results, instance, answers[instance])
        elif environment.has_readable_bundle(version_label):
            results.succeeded.append(instance)
        else:
            results.failed[instance] = _failed_command(instance, 1)
    return results


def _judge(results: CommandResults, instance: str, answer: Any) -> None:
    try:
        found = answer.result()
    except NoAnswerError:
        results.timed_out.append(instance)
        return
    if found.get("TimedOut"):
        results.timed_out.append(instance)
    elif found["ReturnCode"]:
        results.failed[instance] = _failed_command(instance, found["ReturnCode"])
    else:
        results.succeeded.append(instance)


def _failed_command(instance: str, code: int) -> str:
    return (
        f"[Instance: {instance}] Command failed on instance. Return code: {code} "
        "Output: Engine execution has encountered an error.."
    )


def await_healthy(
    environment: Environment, instances: Sequence[str], *, checks: int, stop: Callable[[], bool] = lambda: False
) -> Generator[None, None, list[str]]:
    """Wait until the load balancer finds the instances healthy, and then for ``checks`` good checks in a row.

    Yields while it waits; returns the instances that are not healthy in time. ``stop`` ends the wait. Without a fleet
    all instances are healthy.
    """
    if not FLEET.is_registered:
        return []
    timeout = environment.configuration.integer(COMMAND, "Timeout")
    deadline = time.monotonic() + TIME.seconds(timeout + EXTRA_SECONDS)
    passed, next_check = 0, 0.0
    while True:
        sick = [i for i in instances if environment.is_running(i) and not _is_in_service(environment, i)]
        if sick:
            passed, next_check = 0, 0.0
        elif not checks:
            return []
        elif time.monotonic() >= next_check:
            passed += 1
            next_check = time.monotonic() + TIME.seconds(CHECK_SECONDS)
            if passed > checks:  # the first one starts the two minutes
                return []
        if not FLEET.is_registered or stop():
            return []
        if time.monotonic() >= deadline:
            return sick or list(instances)
        yield


def _is_in_service(environment: Environment, instance: str) -> bool:
    """Whether no load balancer objects. One that does not check a target has nothing against it."""
    states = {seen["State"] for seen in environment.routing.health_checks(instance).values()}
    return states <= {"healthy", "unused", "unavailable"}
