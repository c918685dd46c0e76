"""Every rule of the pack, by area: one module of ``policies.rules`` each, in the order in which they are listed."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from policies.model.rule import Rule
from policies.rules.access import identity, least_privilege, release_role, secrets
from policies.rules.data import cache, database, database_resilience, database_upkeep, search, storage, volumes
from policies.rules.delivery import certificates_and_dns, content_delivery, content_origins
from policies.rules.network import (
    gateway_sources,
    internet_exposure,
    network,
    prefix_lists,
    security_group_rules,
    subnets,
    tier_isolation,
    vpn,
)
from policies.rules.operations import alarm_coverage, monitoring, pack, stack_wide
from policies.rules.servers import servers
from policies.rules.web import beanstalk, beanstalk_releases, host_routing, listeners, load_balancer

_MODULES: tuple[ModuleType, ...] = (
    network,
    subnets,
    gateway_sources,
    internet_exposure,
    prefix_lists,
    security_group_rules,
    tier_isolation,
    vpn,
    database,
    database_resilience,
    database_upkeep,
    cache,
    search,
    servers,
    volumes,
    load_balancer,
    listeners,
    host_routing,
    beanstalk,
    beanstalk_releases,
    storage,
    content_delivery,
    content_origins,
    certificates_and_dns,
    monitoring,
    alarm_coverage,
    identity,
    least_privilege,
    release_role,
    secrets,
    stack_wide,
    pack,
)


@dataclass(frozen=True, kw_only=True)
class Area:
    """The rules about one part of the platform."""

    name: str
    """Such as ``security group rules``."""
    about: str
    """One sentence: what the rules of the area ask."""
    rules: tuple[Rule, ...]


def _area(module: ModuleType) -> Area:
    about = " ".join((module.__doc__ or "").partition("\n\n")[0].split())
    return Area(name=module.__name__.rpartition(".")[2].replace("_", " "), about=about, rules=tuple(module.RULES))


AREAS = tuple(map(_area, _MODULES))
RULES: tuple[Rule, ...] = tuple(rule for area in AREAS for rule in area.rules)


def area_names() -> dict[str, str]:
    """The name of each rule's area, by the rule's id."""
    return {rule.id: area.name for area in AREAS for rule in area.rules}
