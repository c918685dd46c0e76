"""A Magento site."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings import magento_versions
from settings.cache import CacheSettings
from settings.database import DatabaseSettings
from settings.fleet import FleetSettings
from settings.messages import Fault
from settings.search import SearchSettings
from settings.section import Section
from settings.text import AbsolutePath

_MOST_HOST_NAMES = 3
"""The back office's listener rule needs two of a rule's five values for its path."""


class SiteSettings(Section):
    """The shop: its versions, host names, instances and data stores."""

    magento_version: str
    """`2.4.8` or `2.4.9`, with or without a patch level. Versions of other software that Magento does not support with
    it are refused."""
    solution_stack: str
    """The Beanstalk platform, such as `64bit Amazon Linux 2023 v4.13.7 running PHP 8.4`. It decides the PHP version."""
    host_names: tuple[str, ...]
    """One to three names that shoppers type. The first is the site's address. Other names later need new
    environments."""
    back_office_path: str = "backend"
    """The path of the back office on each host name, without slashes."""
    health_check_path: AbsolutePath = "/pub/health_check.php"
    """The path that the load balancer and Beanstalk ask of each instance."""
    document_root: AbsolutePath = "/"
    """The directory that the web server serves, inside the release."""
    access_logs: bool = False
    """Whether the load balancer logs every request to the bucket for its logs."""
    front: FleetSettings
    """The instances that serve shoppers."""
    back_office: FleetSettings
    """The instances that serve the back office and run Magento's cron."""
    database: DatabaseSettings
    """The site's database. Only the site's instances reach it."""
    cache: CacheSettings
    """The site's cache and sessions."""
    search: SearchSettings
    """The site's search engine."""

    def faults(self) -> Iterator[Fault]:
        if not 1 <= len(self.host_names) <= _MOST_HOST_NAMES:
            yield Fault(path="host_names", got=self.host_names, expected=f"1 to {_MOST_HOST_NAMES} names")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", self.back_office_path):
            yield Fault(path="back_office_path", got=self.back_office_path, expected="one path segment without slashes")
        yield from magento_versions.faults(
            magento=self.magento_version,
            solution_stack=self.solution_stack,
            mysql=self.database.engine_version,
            valkey=self.cache.engine_version,
            opensearch=self.search.engine_version,
        )
