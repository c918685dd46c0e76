"""A Magento site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from settings import magento_versions
from settings.cache import CacheSettings
from settings.database import DatabaseSettings
from settings.firewall import FirewallSettings
from settings.fleet import BackOfficeSettings, FleetSettings
from settings.messages import Fault
from settings.platform import PhpVersion, SolutionStack, disagreement
from settings.search import SearchSettings
from settings.section import Section
from settings.values import Directory, DomainName, Limit, Text, UrlPath, different, entries, like

_MOST_HOST_NAMES = 3
"""A listener rule has four values, and the path takes one of them."""
_PATHS_OF_THE_SHOP = re.compile("catalog|checkout|customer|errors|graphql|media|pub|rest|setup|sitemap|soap|static")
"""Paths that shoppers need, and that must not lead to the back office's instance."""

SECRET_ARN = like(
    r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}",
    "the ARN of a secret, such as arn:aws:secretsmanager:eu-west-1:123456789012:secret:crypt-key-a1B2c3",
)


class SiteSettings(Section):
    """The shop: its versions, host names, instances and data stores.

    The versions of PHP, MySQL, Valkey and OpenSearch must be ones that Adobe supports with `magento_version`.
    """

    magento_version: Text
    """`2.4.8` or `2.4.9`, with or without a patch level such as `2.4.8-p5`."""
    php: PhpVersion
    """The PHP version. A new environment gets the newest Beanstalk platform with it, and keeps that platform. When a
    newer one is there, each run says so."""
    solution_stack: SolutionStack | None = None
    """The exact Beanstalk platform. Set it to update existing environments, or to have two stacks on one version.
    Without it, an environment keeps the platform that it has."""
    host_names: Annotated[tuple[DomainName, ...], entries(1, _MOST_HOST_NAMES), different("host name")]
    """The names that shoppers type. The first is the site's address. Other names later need new environments."""
    back_office_path: Annotated[
        str,
        like(r"[A-Za-z0-9_-]{1,63}", "one path segment without slashes, such as backend"),
        Limit(
            expected="a word that is no path of the shop's own, such as static or rest",
            holds=lambda path: _PATHS_OF_THE_SHOP.fullmatch(path.lower()) is None,
        ),
    ] = "backend"
    """The path of the back office on each host name. Paths that begin alike go to its instance too: with `backend`, so
    does `/backend-news`. Choose a word that no page of the shop begins with."""
    health_check_path: UrlPath = "/pub/health_check.php"
    """The path that the load balancer and Beanstalk request from each instance."""
    document_root: Directory = "/pub"
    """The directory that the web server serves, inside the release. With nginx it must be Magento's `pub`: above it are
    private files, and no start page."""
    access_logs: bool = False
    """Whether the load balancer logs every request to the bucket for `load-balancer-logs`."""
    firewall: FirewallSettings | None = None
    """A web application firewall before the load balancer. Without this section there is none."""
    front: FleetSettings
    """The instances that serve shoppers."""
    back_office: BackOfficeSettings
    """The instances that serve the back office and run Magento's cron."""
    crypt_key_secret: Annotated[str, SECRET_ARN] | None = None
    """The ARN of a secret in Secrets Manager with the crypt key of a database that comes from elsewhere: a JSON object
    whose `crypt_key` is what `crypt/key` says in the `env.php` of that shop. Without it, the stack makes a key."""
    database: DatabaseSettings
    """The site's MySQL database."""
    cache: CacheSettings
    """The site's cache, on Valkey. Without `session_cache`, it holds the sessions too. When its memory is full, Valkey
    then evicts sessions as well as cached pages: shoppers lose their carts, and users of the back office are logged
    out."""
    session_cache: CacheSettings | None = None
    """A Valkey group for sessions alone, which evicts nothing. When its memory is full, nobody new can log in."""
    search: SearchSettings
    """The site's search engine, OpenSearch."""

    def faults(self) -> Iterator[Fault]:
        yield from disagreement(self.php, self.solution_stack)
        yield from magento_versions.faults(
            magento=self.magento_version,
            php=self.php,
            mysql=self.database.engine_version,
            valkey=self.cache.engine_version,
            opensearch=self.search.engine_version,
            session_valkey=self.session_cache.engine_version if self.session_cache else None,
        )
