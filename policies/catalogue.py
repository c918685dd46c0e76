"""Every rule of the pack, in the order in which they are listed."""

from __future__ import annotations

from policies.content_delivery import CLOUDFRONT_HTTPS_ONLY
from policies.database import RDS_PRIVATE, RDS_PRIVATE_INGRESS, RDS_PRIVATE_SUBNETS
from policies.rule import Rule
from policies.security_groups import GATEWAY_INGRESS_ALLOW_LISTED

RULES: tuple[Rule, ...] = (
    RDS_PRIVATE,
    RDS_PRIVATE_SUBNETS,
    RDS_PRIVATE_INGRESS,
    GATEWAY_INGRESS_ALLOW_LISTED,
    CLOUDFRONT_HTTPS_ONLY,
)
