"""Every rule of the pack, in the order in which they are listed."""

from __future__ import annotations

from policies.rule import Rule
from policies.rules import (
    beanstalk,
    cache,
    certificates_and_dns,
    content_delivery,
    database,
    identity,
    load_balancer,
    monitoring,
    network,
    pack,
    secrets,
    security_groups,
    servers,
    stack_wide,
    storage,
    vpn,
)

RULES: tuple[Rule, ...] = (
    *network.RULES,
    *security_groups.RULES,
    *vpn.RULES,
    *database.RULES,
    *cache.RULES,
    *servers.RULES,
    *load_balancer.RULES,
    *beanstalk.RULES,
    *storage.RULES,
    *content_delivery.RULES,
    *certificates_and_dns.RULES,
    *monitoring.RULES,
    *identity.RULES,
    *secrets.RULES,
    *stack_wide.RULES,
    *pack.RULES,
)
