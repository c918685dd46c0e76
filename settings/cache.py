"""The size of a site's cache."""

from __future__ import annotations

from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section

_MOST_NODES = 6


class CacheSettings(Section):
    """A Valkey cache on ElastiCache."""

    engine_version: str
    """The version of Valkey, quoted, such as `"8.1"`."""
    node_type: str
    """The node type, such as `cache.r7g.large`."""
    nodes: int = 2
    """The primary and its replicas, 1 to 6. From 2 on, a replica takes over when the primary fails."""

    def faults(self) -> Iterator[Fault]:
        if not 1 <= self.nodes <= _MOST_NODES:
            yield Fault(path="nodes", got=self.nodes, expected="1 to 6 (a primary and up to five replicas)")
