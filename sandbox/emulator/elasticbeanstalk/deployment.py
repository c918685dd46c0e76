"""Putting an application version onto an environment's instances, batch by batch, as its deployment policy says."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.configuration import COMMAND, Configuration


@dataclass(kw_only=True)
class InstanceDeployment:
    """What an instance runs and how it came to; its attributes are those of AWS's Deployment."""

    version_label: str | None
    deployment_id: int
    status: str = "Deployed"  # or "In Progress", "Failed"
    deployment_time: datetime = field(default_factory=utcnow)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A deployment that is to fail on an instance, for rehearsing what people and tools then do."""

    environment_name: str
    instance_id: str | None = None  # None: whichever instance comes first
    message: str = (
        "[Instance: {instance}] Command failed on instance. Return code: 1 "
        "Output: Engine execution has encountered an error."
    )

    def strikes(self, environment_name: str, instance_id: str) -> bool:
        return self.environment_name == environment_name and self.instance_id in (None, instance_id)


class Fleet(Protocol):
    """What a deployment needs of its environment."""

    def note(self, message: str, severity: str = "INFO") -> None:
        """Add an event of the environment."""

    def record(self, instance_ids: Sequence[str], status: str, version_label: str | None, deployment_id: int) -> None:
        """Keep what instances run from now on."""

    def register(self, instance_ids: Sequence[str]) -> None:
        """Put instances into the target groups."""

    def deregister(self, instance_ids: Sequence[str]) -> None:
        """Take instances out of the target groups."""

    def grow(self, by: int) -> list[str]:
        """Start more instances."""

    def retire(self, instance_ids: Sequence[str]) -> None:
        """End instances for good."""

    def take_failure(self, instance_id: str) -> Failure | None:
        """The failure that awaits a deployment to the instance; it happens once."""


class Deployment:
    """One deployment on its way; ``advance`` moves it as far as the time that has passed allows."""

    def __init__(
        self,
        *,
        fleet: Fleet,
        configuration: Configuration,
        instance_ids: Sequence[str],
        version_label: str | None,
        deployment_id: int,
        seconds: float,
    ) -> None:
        """``seconds`` is what one batch takes: its instances work at the same time."""
        self.version_label = version_label
        self.deployment_id = deployment_id
        self.failed: list[str] = []
        self.finished = False
        self._fleet = fleet
        self._seconds = seconds
        self._policy = configuration.value(COMMAND, "DeploymentPolicy")
        self._retired_on_success: list[str] = []
        self._retired_on_failure: list[str] = []
        self._batches = self._plan(configuration, list(instance_ids))
        self._number = 0
        self._current: list[str] | None = None
        self._due = time.monotonic()
        fleet.note("Deploying new version to instance(s).")

    def advance(self) -> None:
        while not self.finished and time.monotonic() >= self._due:
            if self._current is not None:
                self._complete(self._current)
                self._current = None
            elif self._batches:
                self._current = self._begin(self._batches.pop(0))
                self._due += self._seconds
            else:
                self._fleet.retire(self._retired_on_success)
                self._fleet.note("New application version was deployed to running EC2 instances.")
                self.finished = True

    def abort(self) -> None:
        """Complete the batch that is on its way, and leave the others as they are."""
        if self._current is not None:
            self._complete(self._current)
        self._batches = []
        self.finished = True

    def _plan(self, configuration: Configuration, running: list[str]) -> list[list[str]]:
        size = batch_size(configuration, len(running))
        batches = [running[start : start + size] for start in range(0, len(running), size)]
        match self._policy:
            case "Rolling":
                return batches
            case "RollingWithAdditionalBatch":
                self._retired_on_success = self._fleet.grow(size)
                return [self._retired_on_success, *batches]
            case "Immutable" | "TrafficSplitting":
                self._retired_on_failure, self._retired_on_success = self._fleet.grow(len(running)), running
                return [self._retired_on_failure]
            case _:
                return [running]

    @property
    def _takes_out_of_service(self) -> bool:
        return self._policy in ("Rolling", "RollingWithAdditionalBatch")

    def _begin(self, batch: list[str]) -> list[str]:
        self._number += 1
        if self._takes_out_of_service:
            self._fleet.note(f"Batch {self._number}: De-registering {len(batch)} instance(s) from the load balancer.")
            self._fleet.deregister(batch)
        self._fleet.note(f"Batch {self._number}: Starting application deployment on instance(s) [{', '.join(batch)}].")
        self._fleet.record(batch, "In Progress", self.version_label, self.deployment_id)
        return batch

    def _complete(self, batch: list[str]) -> None:
        failures = {instance: failure for instance in batch if (failure := self._fleet.take_failure(instance))}
        done = [instance for instance in batch if instance not in failures]
        self._fleet.record(done, "Deployed", self.version_label, self.deployment_id)
        self._fleet.record(list(failures), "Failed", self.version_label, self.deployment_id)
        self._fleet.deregister(list(failures))
        self._fleet.register(done)
        if failures:
            self._stop(failures)
        else:
            self._fleet.note(f"Batch {self._number}: Completed application deployment.")

    def _stop(self, failures: dict[str, Failure]) -> None:
        """Abort: the failed instances stay, out of service, and the batches to come keep what they run."""
        for instance, failure in failures.items():
            self._fleet.note(failure.message.format(instance=instance), "ERROR")
        names = ", ".join(f"'{instance}'" for instance in failures)
        self._fleet.note(f"Unsuccessful command execution on instance id(s) {names}. Aborting the operation.", "ERROR")
        self._fleet.note("Failed to deploy application.", "ERROR")
        if self._number > 1 or self._batches:
            self._fleet.note(
                "During an aborted deployment, some instances may have deployed the new application version. To ensure "
                "all instances are running the same version, re-deploy the appropriate application version.",
                "ERROR",
            )
        self._fleet.retire(self._retired_on_failure)
        self.failed = list(failures)
        self._batches = []
        self.finished = True


def batch_size(configuration: Configuration, instances: int) -> int:
    """How many instances a batch has, out of so many; a share is rounded up, and never nothing."""
    size = configuration.integer(COMMAND, "BatchSize")
    if configuration.value(COMMAND, "BatchSizeType") == "Percentage":
        size = math.ceil(instances * size / 100)
    return max(1, min(size, instances))
