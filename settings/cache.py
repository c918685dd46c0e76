"""The size of a site's cache."""

from __future__ import annotations

from typing import Annotated

from settings.instance_types import CacheNodeType, ValkeyVersion
from settings.section import Section
from settings.values import between


class CacheSettings(Section):
    """A Valkey cache on ElastiCache."""

    engine_version: ValkeyVersion
    """The version of Valkey, in quotes, such as `"8.1"`."""
    node_type: CacheNodeType
    """The node type, such as `cache.r7g.large`."""
    nodes: Annotated[int, between(1, 6)] = 2
    """The primary and its replicas. From 2 on, a replica takes over if the primary fails."""
