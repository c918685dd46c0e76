"""The proof of every rule, by area."""

from __future__ import annotations

from tests.policies.proof import Proof
from tests.policies.proofs.access import identity, least_privilege, release_role, secrets
from tests.policies.proofs.data import cache, database, database_resilience, database_upkeep, search, storage, volumes
from tests.policies.proofs.delivery import certificates_and_dns, content_delivery, content_origins
from tests.policies.proofs.network import (
    gateway_sources,
    internet_exposure,
    network,
    prefix_lists,
    security_group_rules,
    subnets,
    tier_isolation,
    vpn,
)
from tests.policies.proofs.operations import alarm_coverage, monitoring, stack_wide
from tests.policies.proofs.servers import servers
from tests.policies.proofs.web import beanstalk, beanstalk_releases, host_routing, listeners, load_balancer

PROOFS: tuple[Proof, ...] = (
    *network.PROOFS,
    *subnets.PROOFS,
    *gateway_sources.PROOFS,
    *internet_exposure.PROOFS,
    *prefix_lists.PROOFS,
    *security_group_rules.PROOFS,
    *tier_isolation.PROOFS,
    *vpn.PROOFS,
    *database.PROOFS,
    *database_resilience.PROOFS,
    *database_upkeep.PROOFS,
    *cache.PROOFS,
    *search.PROOFS,
    *servers.PROOFS,
    *volumes.PROOFS,
    *load_balancer.PROOFS,
    *listeners.PROOFS,
    *host_routing.PROOFS,
    *beanstalk.PROOFS,
    *beanstalk_releases.PROOFS,
    *storage.PROOFS,
    *content_delivery.PROOFS,
    *content_origins.PROOFS,
    *certificates_and_dns.PROOFS,
    *monitoring.PROOFS,
    *alarm_coverage.PROOFS,
    *identity.PROOFS,
    *least_privilege.PROOFS,
    *release_role.PROOFS,
    *secrets.PROOFS,
    *stack_wide.PROOFS,
)
