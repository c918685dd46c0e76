"""Targets: with a fleet, their health is what its load balancers saw, and deregistered ones drain."""

from __future__ import annotations

import time
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup, elbv2_backends

from sandbox.emulator.fleet.registration import FLEET, TIME
from sandbox.emulator.fleet.ticker import TICKER
from sandbox.emulator.patching import patch

_SINCE = "DeregisteredAt"

# What DescribeTargetHealth says of a target, as (state, reason, description). Source: Elastic Load Balancing API
# reference, "TargetHealth".
_REGISTERING = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
_DRAINING = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
_UNASKED = ("unhealthy", "Elb.InternalError", "Health checks failed due to an internal error")


@patch(
    "moto.elbv2.models:FakeTargetGroup.deregister",
    sha256="323deecd104d5b96aeeaec47e3c6dcb7349624334c26c52d0a0232867ccc18a7",
)
def _deregister(original: Any, group: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    """Keep the time: the target drains from then on."""
    original(group, targets)
    for target in targets:
        group.deregistered_targets[target["Id"]][_SINCE] = time.monotonic()


@patch(
    "moto.elbv2.models:FakeTargetGroup.health_for",
    sha256="490dd6d954d4527b3153c577259e25988b9cd5d7cfa6cee62bbea99a5a9b14b6",
)
def _health_for(original: Any, group: FakeTargetGroup, target: dict[str, Any], ec2: Any) -> FakeHealthStatus:
    """What the fleet's health checks saw. Without a fleet every registered target is healthy, as in moto."""
    if not FLEET.is_registered:
        return original(group, target, ec2)
    if target["Id"] not in group.targets:
        found = next((t for t in draining(group) if t["Id"] == target["Id"]), None)
        return _status(group, found, _DRAINING) if found else original(group, target, ec2)
    health = seen(group, target["Id"])
    said = (health["State"], health.get("Reason"), health.get("Description"))
    return _status(group, group.targets[target["Id"]], said)


@patch(
    "moto.elbv2.models:ELBv2Backend.describe_target_health",
    sha256="957222d36ac974ee61c98e7c10f831d6f69f03c1326d0dd8ccf44d466bc25c98",
)
def _describe(
    original: Any, backend: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
) -> list[FakeHealthStatus]:
    """List the draining targets too, unless the request names targets."""
    found: list[FakeHealthStatus] = original(backend, target_group_arn, targets)
    if not targets:
        group = backend.target_groups[target_group_arn]
        found += [_status(group, target, _DRAINING) for target in draining(group)]
    return found


def seen(group: FakeTargetGroup, target_id: str) -> dict[str, Any]:
    """``State``, ``Reason`` and ``Description`` of a registered target, as the fleet's load balancer saw it."""
    if not FLEET.answers:
        return dict(zip(("State", "Reason", "Description"), _UNASKED, strict=True))
    found = FLEET.targets.get(group.arn, {}).get(target_id)
    if found is None or found["State"] == "draining":  # the load balancer has not followed yet
        return dict(zip(("State", "Reason", "Description"), _REGISTERING, strict=True))
    return {"State": "healthy"} if found["State"] == "healthy" else found


def draining(group: FakeTargetGroup) -> list[dict[str, Any]]:
    """The targets whose deregistration delay is not over. There are none without a fleet."""
    if not FLEET.is_registered:
        return []
    delay = TIME.seconds(float(group.attributes["deregistration_delay.timeout_seconds"]))
    now = time.monotonic()
    return [target for target in group.deregistered_targets.values() if now < target.get(_SINCE, 0.0) + delay]


def _end_of_draining() -> bool:
    """Whether a target has stopped draining since the last tick."""
    before = _now_draining.copy()
    _now_draining.clear()
    for regions in list(elbv2_backends.values()):
        for backend in list(regions.values()):
            for group in backend.target_groups.values():
                _now_draining.update((group.arn, target["Id"]) for target in draining(group))
    return bool(before - _now_draining)


_now_draining: set[tuple[str, str]] = set()
TICKER.tasks.append(_end_of_draining)


def _status(
    group: FakeTargetGroup, target: dict[str, Any], health: tuple[str, str | None, str | None]
) -> FakeHealthStatus:
    return FakeHealthStatus(target["Id"], target["Port"], group.health_check_port, *health)
