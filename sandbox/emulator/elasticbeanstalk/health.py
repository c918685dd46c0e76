"""Health of environments and instances: Beanstalk's statuses and colors."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.deployment import InstanceDeployment

_COLORS = {
    "Ok": "Green",
    "Info": "Green",
    "Warning": "Yellow",
    "Degraded": "Red",
    "Severe": "Red",
    "NoData": "Grey",
    "Unknown": "Grey",
    "Pending": "Grey",
}

# Beanstalk's agents count requests and load; nothing does here, so these never change.
APPLICATION_METRICS = {
    "Duration": 10,
    "RequestCount": 0,
    "StatusCodes": {"Status2xx": 0, "Status3xx": 0, "Status4xx": 0, "Status5xx": 0},
    "Latency": {},
}
SYSTEM_METRICS = {
    "CPUUtilization": {
        "User": 0.0,
        "Nice": 0.0,
        "System": 0.0,
        "Idle": 100.0,
        "IOWait": 0.0,
        "IRQ": 0.0,
        "SoftIRQ": 0.0,
    },
    "LoadAverage": [0.0, 0.0, 0.0],
}


@dataclass(frozen=True, kw_only=True)
class InstanceHealth:
    """What DescribeInstancesHealth answers of an instance."""

    status: str
    causes: tuple[str, ...] = ()

    @property
    def color(self) -> str:
        return _COLORS[self.status]


@dataclass(frozen=True, kw_only=True)
class EnvironmentHealth:
    """What DescribeEnvironmentHealth answers."""

    status: str
    causes: tuple[str, ...]
    instances: Counter[str]

    @property
    def color(self) -> str:
        return _COLORS[self.status]

    def instance_counts(self) -> dict[str, int]:
        return {status: self.instances[status] for status in _COLORS}


def instance_health(
    deployment: InstanceDeployment,
    health_checks: Mapping[str, Mapping[str, Any]],
    *,
    expected: tuple[str | None, int] | None,
) -> InstanceHealth:
    """Health of an instance, from its last deployment and what the load balancer's health checks saw.

    ``health_checks`` is by process; it is empty without a fleet. ``expected`` is the version and the deployment that
    the environment expects, or None while it deploys.
    """
    if deployment.status == "In Progress":
        return InstanceHealth(status="Info", causes=("Application deployment in progress.",))
    if deployment.status == "Failed":
        return InstanceHealth(status="Degraded", causes=("Application deployment failed.",))
    sick = tuple(
        f"Process {process} has been unhealthy for {_duration(seen)} ({seen.get('Reason')})."
        for process, seen in health_checks.items()
        if seen["State"] == "unhealthy"
    )
    if sick:
        return InstanceHealth(status="Severe", causes=sick)
    if any(seen["State"] == "initial" for seen in health_checks.values()):
        return InstanceHealth(status="Pending", causes=("Performing initial health checks.",))
    if health_checks and expected and deployment.version_label != expected[0]:
        return InstanceHealth(
            status="Degraded",
            causes=(
                f'Incorrect application version "{deployment.version_label}" (deployment {deployment.deployment_id}). '
                f'Expected version "{expected[0]}" (deployment {expected[1]}).',
            ),
        )
    return InstanceHealth(status="Ok")


def _duration(seen: Mapping[str, Any]) -> str:
    seconds = int(time.monotonic() - seen.get("Since", time.monotonic()))
    return f"{seconds // 60} minutes" if seconds >= 120 else f"{seconds} seconds"


def assess(environment_status: str, instance_statuses: Sequence[str], causes: Sequence[str]) -> EnvironmentHealth:
    """Health of an environment, from its status and the health of each instance.

    It is Severe if half of the instances or more are Degraded or Severe, and Degraded if fewer are.
    """
    instances = Counter(instance_statuses)
    sick = instances["Degraded"] + instances["Severe"]
    if environment_status in ("Launching", "Terminating", "Terminated"):
        status = "Pending" if environment_status == "Launching" else "Unknown"
    elif not instance_statuses:
        status = "NoData"
    elif sick:
        status = "Severe" if 2 * sick >= len(instance_statuses) else "Degraded"
    elif environment_status in ("Updating", "Aborting"):
        status = "Info"
    elif instances["Pending"] == len(instance_statuses):
        status = "Pending"
    else:
        status = "Warning" if causes else "Ok"
    return EnvironmentHealth(status=status, causes=tuple(causes), instances=instances)
