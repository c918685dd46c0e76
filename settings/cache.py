"""The size of a site's cache."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from settings.instance_types import CacheNodeType, ValkeyVersion
from settings.section import Section
from settings.values import between


class ApplyCacheChanges(StrEnum):
    """When ElastiCache makes a change that interrupts the cache."""

    IN_WINDOW = "in-window"
    NOW = "now"


class CacheSettings(Section):
    """A Valkey cache on ElastiCache."""

    engine_version: ValkeyVersion
    """The version of Valkey, in quotes, such as `"8.1"`."""
    node_type: CacheNodeType
    """The node type, such as `cache.r7g.large`."""
    nodes: Annotated[int, between(1, 6)] = 2
    """The primary and its replicas. From 2 on, a replica takes over if the primary fails."""
    apply_changes: ApplyCacheChanges = ApplyCacheChanges.IN_WINDOW
    """When ElastiCache makes changes that interrupt the cache, such as another node type. `in-window` waits for the
    maintenance window, Tuesday 04:00 UTC, and until then each preview after a refresh shows the change again. `now`
    makes them during `pulumi up`. An engine version with another first number, such as 9.0 after 8.2, needs `now`."""
