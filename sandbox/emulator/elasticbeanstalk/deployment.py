"""Deployment of an application version to an environment's instances, batch by batch, by its deployment policy.

The words and the order of the events are those of logs of environments with an Application Load Balancer that people
have published, in 2022 (a rolling deployment) and 2021 (one that failed).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.configuration import COMMAND, Configuration
from sandbox.emulator.elasticbeanstalk.hosts import CHECKS, CommandResults, await_healthy, run_command

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.environments import Environment

Steps = Generator[None, None, None]
"""What takes time: it yields while it waits, and goes on when it is asked for the next value."""

_ROLLING = ("Rolling", "RollingWithAdditionalBatch")


@dataclass(kw_only=True)
class InstanceDeployment:
    """The last deployment to an instance: AWS's Deployment."""

    version_label: str | None
    deployment_id: int
    status: str = "Deployed"  # or "In Progress", "Failed"
    deployment_time: datetime = field(default_factory=utcnow)


class Deployment:
    """A deployment of a version. ``steps`` does it."""

    def __init__(
        self,
        *,
        environment: Environment,
        version_label: str | None,
        deployment_id: int,
        instances: list[str] | None = None,
    ) -> None:
        """``instances`` are those to deploy to, None for all; only then the policy may start others."""
        self.version_label = version_label
        self.deployment_id = deployment_id
        self.failed: list[str] = []
        """The instances whose command failed or timed out."""
        self.unhealthy: list[str] = []
        """The instances that did not become healthy after it."""
        self.aborted = False
        """Set it to stop after the current batch."""
        self.can_be_aborted = True
        self.touched: list[str] = []
        """The instances that have got the version."""
        self._environment = environment
        self._note = environment.note
        self._policy = environment.configuration.value(COMMAND, "DeploymentPolicy")
        self._instances = instances
        self._added: list[str] = []
        self._done = 0

    @property
    def succeeded(self) -> bool:
        return not (self.failed or self.unhealthy or self.aborted)

    def steps(self) -> Steps:
        """Deploy. Yields while it waits."""
        self._note("Deploying new version to instance(s).")
        before = self._instances or self._environment.instance_ids()
        batches = self._plan(before)
        total = sum(len(batch) for batch in batches)
        for number, batch in enumerate(batches, start=1):
            if self.aborted:
                break
            yield from self._deploy(number, [i for i in batch if self._environment.is_running(i)], total)
            if not self.succeeded:
                break
        self.can_be_aborted = False
        if self.succeeded:
            yield from self._retire(before if self._replaces else self._added)
            self._note("New application version was deployed to running EC2 instances.")
            return
        if not self.aborted:
            self._note("Failed to deploy application.", "ERROR")
            if len(batches) > 1:
                self._note(
                    "During an aborted deployment, some instances may have deployed the new application version. To "
                    "ensure all instances are running the same version, re-deploy the appropriate application version.",
                    "ERROR",
                )
        if self._replaces or self.aborted:
            yield from self._retire(self._added)

    def _retire(self, instances: list[str]) -> Steps:
        """Terminate instances, after they have finished their requests."""
        self._environment.deregister(instances)
        while self._environment.is_draining(instances):
            yield
        self._environment.retire(instances)

    @property
    def _replaces(self) -> bool:
        return self._instances is None and self._policy in ("Immutable", "TrafficSplitting")

    def _plan(self, running: list[str]) -> list[list[str]]:
        """The batches. Starts the instances that the policy adds."""
        size = batch_size(self._environment.configuration, len(running))
        batches = [running[start : start + size] for start in range(0, len(running), size)]
        if self._instances is not None:
            return batches if self._policy in _ROLLING else [running]
        match self._policy:
            case "Rolling":
                return batches
            case "RollingWithAdditionalBatch":
                self._added = self._environment.grow(size)
                return [self._added, *batches]
            case "Immutable" | "TrafficSplitting":
                self._added = self._environment.grow(len(running))
                return [self._added]
            case _:
                return [running]

    def _deploy(self, number: int, batch: list[str], total: int) -> Steps:
        rolling = self._policy in _ROLLING
        environment = self._environment
        if rolling:
            self._note(f"Batch {number}: Starting application deployment on instance(s) [{', '.join(batch)}].")
            self._note(
                f"Batch {number}: De-registering instance(s) from the load balancer and waiting for them to go out of "
                "service."
            )
            environment.deregister(batch)
            while environment.is_draining(batch):
                yield
            self._note(f"Batch {number}: Starting application deployment command execution.")
        environment.record(batch, "In Progress", self.version_label, self.deployment_id)
        results = yield from run_command(environment, batch, "application", self.version_label, self.deployment_id)
        environment.record(results.succeeded, "Deployed", self.version_label, self.deployment_id)
        environment.record(results.unsuccessful, "Failed", self.version_label, self.deployment_id)
        self._done += len(batch)
        self.touched += results.succeeded
        self.failed = results.unsuccessful
        note_results(environment, results)
        if rolling and not self.failed:
            self._note(f"Batch {number}: Completed application deployment command execution.")
        if self._done < total:
            self._note(f"Command execution completed on {self._done} of {total} instances in environment.")
        else:
            self._note(f"Command execution completed on all instances. Summary: {results.summary()}.")
        if self.failed:
            # Failed instances stay out of service, and later batches keep the old version.
            environment.deregister(self.failed)
            environment.register(results.succeeded)
            self._note(
                f"Unsuccessful command execution on instance id(s) {_named(self.failed)}. Aborting the operation.",
                "ERROR",
            )
            return
        if rolling:
            self._note(
                f"Batch {number}: Registering instance(s) with the load balancer and waiting for them to be healthy."
            )
        environment.register(batch)
        if self.aborted:
            return
        yield from self._wait_until_healthy(batch, gradual=rolling or self._replaces)
        if rolling and not self.unhealthy and not self.aborted:
            self._note(f"Batch {number}: Completed application deployment.")

    def _wait_until_healthy(self, batch: list[str], *, gradual: bool) -> Steps:
        """Wait for the batch's health. With IgnoreHealthCheck go on after the wait, whatever the health."""
        environment = self._environment
        checks = CHECKS if gradual and environment.has_enhanced_health else 0
        unhealthy = yield from await_healthy(environment, batch, checks=checks, stop=lambda: self.aborted)
        if unhealthy and not environment.configuration.flag(COMMAND, "IgnoreHealthCheck"):
            self.unhealthy = unhealthy
            self._note(
                f"Instance id(s) {_named(unhealthy)} did not pass health check after command execution. "
                "Aborting the operation.",
                "ERROR",
            )


def note_results(environment: Environment, results: CommandResults) -> None:
    """Add the events of a command that ended on some instances."""
    if results.failed:
        environment.note("Instance deployment failed. For details, see 'eb-engine.log'.", "ERROR")
    elif results.succeeded:
        environment.note("Instance deployment completed successfully.")
    for message in results.failed.values():
        environment.note(message, "ERROR")
    if results.timed_out:
        environment.note(
            "The following instances have not responded in the allowed command timeout time (they might still finish "
            f"eventually on their own): [{', '.join(results.timed_out)}].",
            "WARN",
        )


def _named(instances: Sequence[str]) -> str:
    return ", ".join(f"'{instance}'" for instance in instances)


def batch_size(configuration: Configuration, instances: int) -> int:
    """The number of instances in a batch: a percentage is rounded up, and is at least one."""
    size = configuration.integer(COMMAND, "BatchSize")
    if configuration.value(COMMAND, "BatchSizeType") == "Percentage":
        size = math.ceil(instances * size / 100)
    return max(1, min(size, instances))
