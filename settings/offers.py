"""What the stack file asks for and its region does not offer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.instance_types import Service, facts, offered, since
from settings.messages import Fault

if TYPE_CHECKING:
    from settings.stack_file import Settings


def faults(settings: Settings) -> Iterator[Fault]:
    """Zones that the region does not have, and types that it does not offer."""
    letters = facts()["zones"].get(settings.region, "")
    for index, zone in enumerate(settings.network.zones):
        if letters and zone not in letters:
            yield Fault(
                path=f"network.zones.{index}",
                got=zone,
                expected=f"one of {', '.join(letters)}, the zones of {settings.region}",
            )
    for service, path, name in _types(settings):
        offers = offered(service, settings.region)
        if offers and name not in offers:
            yield Fault(path=path, got=name, expected=f"a type that {settings.region} offers", fix=since())


def _types(settings: Settings) -> Iterator[tuple[Service, str, str]]:
    site = settings.site
    for fleet, types in (
        ("site.front", site.front.instance_types),
        ("site.back_office", site.back_office.instance_types),
        *((f"satellites.{index}", each.instance_types) for index, each in enumerate(settings.satellites)),
    ):
        yield from ((Service.EC2, f"{fleet}.instance_types.{index}", each) for index, each in enumerate(types))
    for key in ("file_server", "vpn_access", "gateway", "windows", "rundeck", "php_my_admin"):
        if section := getattr(settings, key):
            yield Service.EC2, f"{key}.size.instance_type", section.size.instance_type
    yield Service.RDS, "site.database.instance_class", site.database.instance_class
    if settings.shared_database:
        yield Service.RDS, "shared_database.instance_class", settings.shared_database.instance_class
    yield Service.ELASTICACHE, "site.cache.node_type", site.cache.node_type
    if site.session_cache:
        yield Service.ELASTICACHE, "site.session_cache.node_type", site.session_cache.node_type
    yield Service.OPENSEARCH, "site.search.instance_type", site.search.instance_type
