"""What surrounds a component that a unit test makes by itself: the stack it is part of and what it shares."""

from __future__ import annotations

from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.shared.context import Context
from components.shared.tags import Tags
from tests.unit.cloud import ACCOUNT

CONTEXT = Context(
    region="eu-west-3",
    account_id=ACCOUNT,
    key_arn=f"arn:aws:kms:eu-west-3:{ACCOUNT}:key/1",
    protect=True,
    tags=Tags(client="client", environment="prod"),
)
SHARED = SharedPlatformOutputs(
    first_zone="eu-west-3a",
    internal_domain="internal-client.url",
    vpc_id="vpc-1",
    public_subnet_ids=["subnet-public-a", "subnet-public-b"],
    private_subnet_ids=["subnet-private-a", "subnet-private-b"],
    zone_count=2,
    network_cidr="10.0.0.0/16",
    public_zone_id="ZPUBLIC",
    internal_zone_id="ZINTERNAL",
    certificate_arn=f"arn:aws:acm:eu-west-3:{ACCOUNT}:certificate/wildcard",
    cloudfront_certificate_arn=f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/wildcard",
    configuration_bucket="client-magento-config",
    releases_bucket="client-magento-releases",
    releases_key_arn=f"arn:aws:kms:eu-west-3:{ACCOUNT}:key/1",
    access_logs_bucket="client-magento-elb-logs",
)
