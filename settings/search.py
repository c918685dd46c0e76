"""The size of a site's search engine."""

from __future__ import annotations

from typing import Annotated

from settings.instance_types import OpenSearchVersion, SearchType
from settings.section import Section
from settings.values import SearchGib, between

_MOST_INSTANCES = 80
"""Of a domain, unless AWS raises it ("Amazon OpenSearch Service quotas")."""


class SearchSettings(Section):
    """An OpenSearch domain."""

    engine_version: OpenSearchVersion
    """The version of OpenSearch, in quotes, such as `"3.1"`."""
    instance_type: SearchType
    """The instance type, such as `r7g.large.search`."""
    instances: Annotated[int, between(1, _MOST_INSTANCES)]
    """The number of instances. They are spread over the zones of the network, three at most. With two zones
    it must be even, or 1."""
    storage_gib: SearchGib
    """The disk of each instance."""
