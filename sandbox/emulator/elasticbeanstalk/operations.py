"""The operations on an environment that take time, as steps: launch, update, restart, rebuild, terminate.

Without a fleet none of them waits, except for ``SecondsPerBatch`` of the controls.

Words of events: the EB CLI's ``strings.py`` and logs that people have published. How AWS words the rollback of an
aborted deployment is not public; those events are this program's.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.configuration import Configuration
from sandbox.emulator.elasticbeanstalk.deployment import Deployment, Steps, note_results
from sandbox.emulator.elasticbeanstalk.hosts import CHECKS, await_healthy, run_command
from sandbox.emulator.elasticbeanstalk.platforms import Platform
from sandbox.emulator.fleet.registration import FLEET

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.environments import Environment


@dataclass(frozen=True, kw_only=True)
class Previous:
    """What an environment goes back to when a change of its configuration fails."""

    configuration: Configuration
    platform: Platform


_UPDATING = "aws:autoscaling:updatepolicy:rollingupdate"


def launch(environment: Environment) -> Steps:
    """Wait until the new instances are healthy."""
    unhealthy = yield from await_healthy(environment, environment.instance_ids(), checks=0)
    _end(environment)
    if unhealthy:
        environment.note("Create environment operation is complete, but with errors.", "ERROR")
        _note_health(environment, "Pending")
    else:
        environment.note(f"Successfully launched environment: {environment.environment_name}")


def rebuild(environment: Environment) -> Steps:
    yield from await_healthy(environment, environment.instance_ids(), checks=0)
    _end(environment)
    environment.note("Environment update completed successfully.")


def terminate(environment: Environment) -> Steps:
    environment.status = "Terminated"
    environment.note("terminateEnvironment completed successfully.")
    yield from ()


def restart(environment: Environment) -> Steps:
    """Restart the web server and PHP on all instances at once. Hooks do not run; secrets are read again."""
    results = yield from run_command(
        environment,
        environment.instance_ids(),
        "restart",
        environment.version_label,
        environment.good_deployment_id,
    )
    _end(environment)
    note_results(environment, results)
    if results.unsuccessful:
        environment.note("Failed to restart application server on all ec2 instances.", "ERROR")
    else:
        environment.note("Restarted application server on all ec2 instances.")


def deploy(environment: Environment, deployment: Deployment) -> Steps:
    """Deploy a version. If that is aborted, deploy the old one again to what has got the new one."""
    yield from deployment.steps()
    if deployment.aborted and not deployment.failed and not deployment.unhealthy:
        yield from _roll_back(environment, deployment)
        return
    environment.deployment = None
    _end(environment)
    if deployment.succeeded:
        environment.version_label = deployment.version_label
        environment.good_deployment_id = deployment.deployment_id
    _explain(environment, deployment)
    if deployment.succeeded:
        environment.note("Environment update completed successfully.")
    if environment.causes:
        _note_health(environment, "Info")


def _roll_back(environment: Environment, deployment: Deployment) -> Steps:
    touched = [instance for instance in deployment.touched if environment.is_running(instance)]
    if touched:
        back = Deployment(
            environment=environment,
            version_label=environment.version_label,
            deployment_id=environment.next_deployment_id(),
            instances=touched,
        )
        back.can_be_aborted = False
        environment.deployment = back
        environment.note(f"Rollback of environment {environment.environment_name} is starting.", "WARN")
        yield from back.steps()
        deployment = back
        if back.succeeded:
            environment.good_deployment_id = back.deployment_id
    environment.deployment = None
    _end(environment)
    _explain(environment, deployment)
    environment.note(f"Rollback of environment {environment.environment_name} is complete.", "WARN")
    if environment.causes:
        _note_health(environment, "Info")


def reconfigure(environment: Environment, previous: Previous, *, on_hosts: bool, replace: bool, changed: bool) -> Steps:
    """Bring a changed configuration to the instances: in place and to all at once, or by replacing them.

    In place, each host stages its version again and runs its confighooks. If that fails anywhere, or is aborted, the
    previous configuration comes back.
    """
    new: list[str] = []
    if replace:
        succeeded = yield from _replace(environment, environment.instance_ids(), new)
    elif on_hosts:
        succeeded = yield from _configure_hosts(environment)
    else:
        succeeded = not (yield from await_healthy(environment, environment.instance_ids(), checks=0))
    environment.reconfiguring = False
    aborted = environment.status == "Aborting"
    if succeeded and not aborted:
        _end(environment)
        if changed:
            environment.note("Successfully deployed new configuration to environment.")
        environment.note("Environment update completed successfully.")
        return
    if not succeeded:
        environment.note("Failed to deploy configuration.", "ERROR")
    environment.configuration, environment.platform = previous.configuration, previous.platform
    environment.capacity.update(previous.configuration, environment.resource_tags, replace_instances=False)
    environment.routing.update_processes(previous.configuration)
    if replace:
        yield from _replace(environment, [i for i in new if environment.is_running(i)], [])
    elif on_hosts:
        yield from _configure_hosts(environment)
    _end(environment)
    environment.note(
        "The environment was reverted to the previous configuration setting.", "WARN" if aborted else "ERROR"
    )


def _configure_hosts(environment: Environment) -> Generator[None, None, bool]:
    """Run the configuration's deployment on all instances. Returns whether it succeeded everywhere."""
    number = environment.next_deployment_id()
    running = environment.deployments_of_running()
    labels = {instance: deployment.version_label for instance, deployment in running.items()}
    for instance, label in labels.items():
        environment.record([instance], "In Progress", label, number)
    results = yield from run_command(environment, list(labels), "configuration", environment.version_label, number)
    for instance, label in labels.items():
        status = "Failed" if instance in results.unsuccessful else "Deployed"
        environment.record([instance], status, label, number)
    if FLEET.is_registered or results.unsuccessful:
        note_results(environment, results)
    if results.unsuccessful:
        names = ", ".join(f"'{instance}'" for instance in results.unsuccessful)
        environment.note(f"Unsuccessful command execution on instance id(s) {names}. Aborting the operation.", "ERROR")
        return False
    environment.good_deployment_id = number
    return not (yield from await_healthy(environment, list(labels), checks=0))


def _replace(environment: Environment, instances: list[str], new: list[str]) -> Generator[None, None, bool]:
    """Replace instances, batch by batch if the rolling update is enabled; ``new`` gets those that take their place.

    Returns whether all became healthy. An abort ends it after the current batch.
    """
    if not FLEET.is_registered:
        return True
    configuration = environment.configuration
    size = max(1, len(instances))
    if configuration.flag(_UPDATING, "RollingUpdateEnabled"):
        size = int(configuration.given(_UPDATING, "MaxBatchSize") or max(1, len(instances) // 3))
    for start in range(0, len(instances), size):
        batch = instances[start : start + size]
        kept = set(environment.instance_ids()) - set(batch)
        environment.deregister(batch)
        while environment.is_draining(batch):
            yield
        environment.capacity.replace(batch)
        added = [instance for instance in environment.instance_ids() if instance not in kept]
        new += added
        checks = CHECKS if environment.has_enhanced_health else 0
        if (yield from await_healthy(environment, added, checks=checks, stop=environment.aborts_reconfiguration)):
            return False
        if environment.aborts_reconfiguration():
            break
    return True


def _explain(environment: Environment, deployment: Deployment) -> None:
    """Set the causes of the environment's health after a deployment."""
    running = environment.deployments_of_running()
    expected = environment.version_label, environment.good_deployment_id
    other = sum(d.version_label != expected[0] for d in running.values())
    environment.failed, environment.wrong_versions = list(deployment.failed), None
    if other:
        environment.wrong_versions = (
            f"Incorrect application version found on {other} out of {len(running)} instances. "
            f'Expected version "{expected[0]}" (deployment {expected[1]}).'
        )


def _end(environment: Environment) -> None:
    environment.status = "Ready"
    environment.date_updated = utcnow()


def _note_health(environment: Environment, before: str) -> None:
    status = environment.assess().status
    environment.note(
        f"Environment health has transitioned from {before} to {status}. {' '.join(environment.causes)}".rstrip(),
        "WARN",
    )
