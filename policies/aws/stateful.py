"""The types of resources that hold data which the program cannot create again."""

from __future__ import annotations

from policies.generated.aws_types import (
    backup,
    ebs,
    ec2,
    elasticache,
    kms,
    opensearch,
    rds,
    route53,
    s3,
    secretsmanager,
)

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
"""A key, because what it encrypted is lost with it; a zone, because the registrar points at its name servers."""

FOUNDATIONS = (ec2.Vpc, ec2.Subnet, rds.SubnetGroup, elasticache.SubnetGroup)
"""What the data stores stand in. AWS moves none of them to another VPC, so a new one means new, empty ones."""
