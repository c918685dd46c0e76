"""The size of a site's search engine."""

from __future__ import annotations

from typing import Annotated

from settings.section import Section
from settings.values import EngineVersion, SearchGib, at_least, like


class SearchSettings(Section):
    """An OpenSearch domain."""

    engine_version: EngineVersion
    """The version of OpenSearch, in quotes, such as `"3.1"`."""
    instance_type: Annotated[str, like(r"[a-z0-9-]+\.[a-z0-9-]+\.search", "a type such as r7g.large.search")]
    """The instance type, such as `r7g.large.search`."""
    instances: Annotated[int, at_least(1)]
    """The number of instances. They are spread over the zones of the network, three at most."""
    storage_gib: SearchGib
    """The disk of each instance."""
