"""Health of environments and instances: Beanstalk's statuses and colors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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

# Instances get no requests here, so these never change.
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


def instance_status(deployment_status: str) -> str:
    """The health of an instance after its last deployment."""
    return {"Deployed": "Ok", "In Progress": "Info", "Failed": "Degraded"}[deployment_status]


def instance_color(status: str) -> str:
    return _COLORS[status]


def assess(environment_status: str, deployment_statuses: Sequence[str], causes: Sequence[str]) -> EnvironmentHealth:
    """Health of an environment, from its status and the last deployment to each instance.

    It is Severe if half of the instances or more have failed, and Degraded if fewer have.
    """
    instances = Counter(instance_status(status) for status in deployment_statuses)
    failed = instances["Degraded"]
    if environment_status in ("Launching", "Terminating", "Terminated"):
        status = "Pending" if environment_status == "Launching" else "Unknown"
    elif not deployment_statuses:
        status = "NoData"
    elif failed:
        status = "Severe" if 2 * failed >= len(deployment_statuses) else "Degraded"
    elif environment_status == "Updating":
        status = "Info"
    else:
        status = "Warning" if causes else "Ok"
    return EnvironmentHealth(status=status, causes=tuple(causes), instances=instances)
