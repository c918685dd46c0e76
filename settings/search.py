"""The size of a site's search engine."""

from __future__ import annotations

from collections.abc import Iterator

from settings.messages import Fault
from settings.section import Section, at_least


class SearchSettings(Section):
    """An OpenSearch domain."""

    engine_version: str
    """The version of OpenSearch, quoted, such as `"3.1"`."""
    instance_type: str
    """The instance type, such as `r7g.large.search`."""
    instances: int
    """The number of instances. They are spread over as many zones, three at most."""
    storage_gib: int
    """The disk of each instance, in GiB."""

    def faults(self) -> Iterator[Fault]:
        yield from at_least("instances", self.instances, 1)
