"""The size of a site's search engine."""

from __future__ import annotations

from typing import Annotated

from settings.section import Section
from settings.values import Gib, Text, at_least


class SearchSettings(Section):
    """An OpenSearch domain."""

    engine_version: Text
    """The version of OpenSearch, in quotes, such as `"3.1"`."""
    instance_type: Text
    """The instance type, such as `r7g.large.search`."""
    instances: Annotated[int, at_least(1)]
    """The number of instances. They are spread over the zones of the network, three at most."""
    storage_gib: Gib
    """The disk of each instance."""
