"""The proof of every rule, by area."""

from __future__ import annotations

from tests.policies.proof import Proof
from tests.policies.proofs import (
    beanstalk,
    cache,
    certificates_and_dns,
    content_delivery,
    database,
    identity,
    load_balancer,
    monitoring,
    network,
    secrets,
    security_groups,
    servers,
    stack_wide,
    storage,
    vpn,
)

PROOFS: tuple[Proof, ...] = (
    *network.PROOFS,
    *security_groups.PROOFS,
    *vpn.PROOFS,
    *database.PROOFS,
    *cache.PROOFS,
    *servers.PROOFS,
    *load_balancer.PROOFS,
    *beanstalk.PROOFS,
    *storage.PROOFS,
    *content_delivery.PROOFS,
    *certificates_and_dns.PROOFS,
    *monitoring.PROOFS,
    *identity.PROOFS,
    *secrets.PROOFS,
    *stack_wide.PROOFS,
)
