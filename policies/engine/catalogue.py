"""Every rule of the pack, in the order in which they are listed."""

from __future__ import annotations

from policies.model.rule import Rule
from policies.rules.access import grants, identity, secrets
from policies.rules.data import cache, database, database_resilience, database_upkeep, search, storage, volumes
from policies.rules.delivery import certificates_and_dns, content_delivery, content_origins
from policies.rules.network import (
    gateway_ingress,
    internet_ingress,
    network,
    prefix_lists,
    security_group_rules,
    subnets,
    tier_ingress,
    vpn,
)
from policies.rules.operations import alarm_coverage, monitoring, pack, stack_wide
from policies.rules.servers import servers
from policies.rules.web import beanstalk, beanstalk_releases, host_routing, listeners, load_balancer

RULES: tuple[Rule, ...] = (
    *network.RULES,
    *subnets.RULES,
    *gateway_ingress.RULES,
    *internet_ingress.RULES,
    *prefix_lists.RULES,
    *security_group_rules.RULES,
    *tier_ingress.RULES,
    *vpn.RULES,
    *database.RULES,
    *database_resilience.RULES,
    *database_upkeep.RULES,
    *cache.RULES,
    *search.RULES,
    *servers.RULES,
    *volumes.RULES,
    *load_balancer.RULES,
    *listeners.RULES,
    *host_routing.RULES,
    *beanstalk.RULES,
    *beanstalk_releases.RULES,
    *storage.RULES,
    *content_delivery.RULES,
    *content_origins.RULES,
    *certificates_and_dns.RULES,
    *monitoring.RULES,
    *alarm_coverage.RULES,
    *identity.RULES,
    *grants.RULES,
    *secrets.RULES,
    *stack_wide.RULES,
    *pack.RULES,
)
