"""RDS: complete MySQL instances, parameter groups, subnet groups, event subscriptions and maintenance."""

from sandbox.emulator.rds import (
    certificates,
    engines,
    event_subscriptions,
    instances,
    maintenance_actions,
    parameter_groups,
    snapshots,
    subnet_groups,
)

__all__ = [
    "certificates",
    "engines",
    "event_subscriptions",
    "instances",
    "maintenance_actions",
    "parameter_groups",
    "snapshots",
    "subnet_groups",
]
