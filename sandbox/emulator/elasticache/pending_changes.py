"""Changes of replication groups that wait for the maintenance window, and parameter groups of the wrong version.

Source: ElastiCache API reference, "ModifyReplicationGroup", parameter ApplyImmediately.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.emulator import maintenance_window
from sandbox.emulator.elasticache.replication_group_model import ReplicationGroup
from sandbox.emulator.elasticache.state import parameter_group
from sandbox.emulator.errors import AwsError

_WAITING = ("cache_node_type", "release", "cache_parameter_group_name")
"""What waits for the window unless ApplyImmediately is given."""


def postpone(group: ReplicationGroup, changes: dict[str, Any], *, apply_immediately: bool) -> dict[str, Any]:
    """Which of the changes are made now: with ``apply_immediately`` those that have waited too."""
    if apply_immediately:
        changes, group.waiting_changes = {**group.waiting_changes, **changes}, {}
        return changes
    asked = {name: value for name, value in changes.items() if name in _WAITING}
    waiting = {
        name: value for name, value in {**group.waiting_changes, **asked}.items() if value != getattr(group, name)
    }
    if waiting and not group.waiting_changes:
        group.waits_since = maintenance_window.now()
    group.waiting_changes = waiting
    return {name: value for name, value in changes.items() if name not in _WAITING}


def make_due(groups: Iterable[ReplicationGroup]) -> None:
    """Make the changes whose window has begun since they were asked for."""
    for group in groups:
        if not group.waiting_changes:
            continue
        begins = maintenance_window.next_window(group.preferred_maintenance_window, group.waits_since)
        if begins <= maintenance_window.now():
            for name, value in group.waiting_changes.items():
                setattr(group, name, value)
            group.waiting_changes = {}


def check_family(backend: Any, group: ReplicationGroup, changes: dict[str, Any]) -> None:
    """Raise ``AwsError`` if a group would have parameters of another engine version."""
    after = replace(group, **{**group.waiting_changes, **changes})
    found = parameter_group(backend, after.cache_parameter_group_name).family
    if found != after.release.family:
        raise AwsError(
            "InvalidParameterCombination",
            f"Expected a parameter group of family {after.release.family} but found one of family {found}",
        )
