"""Deployment of an application version to an environment's instances, batch by batch, by its deployment policy."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.configuration import COMMAND, Configuration

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.environments import Environment


@dataclass(kw_only=True)
class InstanceDeployment:
    """The last deployment to an instance: AWS's Deployment."""

    version_label: str | None
    deployment_id: int
    status: str = "Deployed"  # or "In Progress", "Failed"
    deployment_time: datetime = field(default_factory=utcnow)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A deployment that will fail on an instance, to rehearse the failure."""

    environment_name: str
    instance_id: str | None = None  # None: the first instance
    message: str = (
        "[Instance: {instance}] Command failed on instance. Return code: 1 "
        "Output: Engine execution has encountered an error."
    )

    def matches(self, environment_name: str, instance_id: str) -> bool:
        return self.environment_name == environment_name and self.instance_id in (None, instance_id)


class Deployment:
    """A deployment in progress. ``advance`` moves it on by the time that has passed."""

    def __init__(
        self,
        *,
        environment: Environment,
        version_label: str | None,
        deployment_id: int,
        seconds: float,
    ) -> None:
        """``seconds`` is the time for one batch; its instances are updated in parallel."""
        self.version_label = version_label
        self.deployment_id = deployment_id
        self.failed: list[str] = []
        self.finished = False
        self._environment = environment
        self._note = environment.note
        self._seconds = seconds
        self._policy = environment.configuration.value(COMMAND, "DeploymentPolicy")
        self._retired_on_success: list[str] = []
        self._retired_on_failure: list[str] = []
        self._batches = self._plan(environment.instance_ids())
        self._number = 0
        self._current: list[str] | None = None
        self._due = time.monotonic()
        self._note("Deploying new version to instance(s).")

    def advance(self) -> None:
        while not self.finished and time.monotonic() >= self._due:
            if self._current is not None:
                self._complete(self._current)
                self._current = None
            elif self._batches:
                self._current = self._begin(self._batches.pop(0))
                self._due += self._seconds
            else:
                self._environment.retire(self._retired_on_success)
                self._note("New application version was deployed to running EC2 instances.")
                self.finished = True

    def abort(self) -> None:
        """Complete the current batch, and leave the instances of later batches as they are."""
        if self._current is not None:
            self._complete(self._current)
        self._batches = []
        self.finished = True

    def _plan(self, running: list[str]) -> list[list[str]]:
        size = batch_size(self._environment.configuration, len(running))
        batches = [running[start : start + size] for start in range(0, len(running), size)]
        match self._policy:
            case "Rolling":
                return batches
            case "RollingWithAdditionalBatch":
                self._retired_on_success = self._environment.grow(size)
                return [self._retired_on_success, *batches]
            case "Immutable" | "TrafficSplitting":
                self._retired_on_failure, self._retired_on_success = self._environment.grow(len(running)), running
                return [self._retired_on_failure]
            case _:
                return [running]

    @property
    def _takes_out_of_service(self) -> bool:
        return self._policy in ("Rolling", "RollingWithAdditionalBatch")

    def _begin(self, batch: list[str]) -> list[str]:
        self._number += 1
        if self._takes_out_of_service:
            self._note(f"Batch {self._number}: De-registering {len(batch)} instance(s) from the load balancer.")
            self._environment.deregister(batch)
        self._note(f"Batch {self._number}: Starting application deployment on instance(s) [{', '.join(batch)}].")
        self._environment.record(batch, "In Progress", self.version_label, self.deployment_id)
        return batch

    def _complete(self, batch: list[str]) -> None:
        failures = {instance: failure for instance in batch if (failure := self._environment.take_failure(instance))}
        done = [instance for instance in batch if instance not in failures]
        self._environment.record(done, "Deployed", self.version_label, self.deployment_id)
        self._environment.record(list(failures), "Failed", self.version_label, self.deployment_id)
        self._environment.deregister(list(failures))
        self._environment.register(done)
        if failures:
            self._stop(failures)
        else:
            self._note(f"Batch {self._number}: Completed application deployment.")

    def _stop(self, failures: dict[str, Failure]) -> None:
        """End a failed deployment: failed instances stay out of service, later batches keep the old version."""
        for instance, failure in failures.items():
            self._note(failure.message.format(instance=instance), "ERROR")
        names = ", ".join(f"'{instance}'" for instance in failures)
        self._note(f"Unsuccessful command execution on instance id(s) {names}. Aborting the operation.", "ERROR")
        self._note("Failed to deploy application.", "ERROR")
        if self._number > 1 or self._batches:
            self._note(
                "During an aborted deployment, some instances may have deployed the new application version. To ensure "
                "all instances are running the same version, re-deploy the appropriate application version.",
                "ERROR",
            )
        self._environment.retire(self._retired_on_failure)
        self.failed = list(failures)
        self._batches = []
        self.finished = True


def batch_size(configuration: Configuration, instances: int) -> int:
    """The number of instances in a batch: a percentage is rounded up, and is at least one."""
    size = configuration.integer(COMMAND, "BatchSize")
    if configuration.value(COMMAND, "BatchSizeType") == "Percentage":
        size = math.ceil(instances * size / 100)
    return max(1, min(size, instances))
