"""Which resources hold data that nothing in the program can bring back."""

from __future__ import annotations

from policies.generated.aws_types import backup, ebs, elasticache, kms, opensearch, rds, route53, s3, secretsmanager

STATEFUL_KEPT = "stateful-kept"
"""The rule that no plan deletes or replaces any of them. The engine shows policies no plan: reports decide it."""

STATEFUL = (
    rds.Instance,
    rds.Cluster,
    ebs.Volume,
    s3.Bucket,
    route53.Zone,
    kms.Key,
    secretsmanager.Secret,
    opensearch.Domain,
    elasticache.ReplicationGroup,
    backup.Vault,
)
"""A key is among them since what it has encrypted goes with it, and a zone since its registrar knows its servers."""
